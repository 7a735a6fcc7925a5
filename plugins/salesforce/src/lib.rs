//! Writes standard and custom objects to Salesforce, by sObject Collections and by Bulk API 2.0.

mod account;
mod bulk;
mod chunk;
mod client;
mod collections;
mod config;
mod find;
mod judge;
mod look_up;
mod path;
mod prepare;
mod record;
mod schema;
mod soql;
mod value;
mod vendor_error;
mod write;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Jobs, Limits, Lookup, ObjectPage, Operation,
    Progress, Report,
};

use crate::config::Config;

/// The connector.
#[derive(Debug)]
pub struct Salesforce;

impl Connector for Salesforce {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        account::account(cx)
    }

    fn objects(cx: &Context<Config>, cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::objects(cx, cursor.as_deref())
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        schema::fields(cx, object)
    }

    fn limits(_cx: &Context<Config>, _object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        config::limits(operation)
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        look_up::current(cx, query).map(Some)
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        write::by_collections(cx, batch)
    }
}

impl Jobs for Salesforce {
    fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
        write::start(cx, batch)
    }

    fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
        bulk::poll(cx, batch, job)
    }
}

offtake_sdk::export!(Salesforce, jobs);

#[cfg(test)]
mod tests;
