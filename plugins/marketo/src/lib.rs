//! Writes leads, companies, opportunities, salespersons, custom objects and list members to Marketo Engage.

mod body;
mod calls;
mod client;
mod config;
mod find;
mod import;
mod kind;
mod look_up;
mod prepare;
mod refusal;
mod schema;
mod settle;
mod value;
mod write;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Jobs, Limits, Lookup, ObjectPage, Operation,
    Progress, Report,
};

use crate::config::Config;
use crate::kind::Kind;

/// The connector.
#[derive(Debug)]
pub struct Marketo;

impl Connector for Marketo {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        schema::account(cx)
    }

    fn objects(cx: &Context<Config>, cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::objects(cx, cursor.as_deref())
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        schema::fields(cx, &Kind::of(object))
    }

    fn limits(_cx: &Context<Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        config::limits(&Kind::of(object), operation)
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        look_up::current(cx, query)
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        write::by_calls(cx, batch)
    }
}

impl Jobs for Marketo {
    fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
        write::start(cx, batch)
    }

    fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
        import::poll(cx, batch, job)
    }
}

offtake_sdk::export!(Marketo, jobs);

#[cfg(test)]
mod tests;
