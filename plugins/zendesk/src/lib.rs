//! Writes to Zendesk Support: users, organizations, tickets and custom objects, by its bulk calls, whose jobs are waited for.

mod answer;
mod client;
mod config;
mod fields;
mod find;
mod job;
mod object;
mod outcome;
mod read;
mod record;
mod schema;
mod single;
mod standard;
mod start;
mod value;
mod vendor_error;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Jobs, Limits, Lookup, ObjectPage, Operation,
    Progress, Report,
};

use crate::config::Config;
use crate::object::Kind;

/// The connector.
#[derive(Debug)]
pub struct Zendesk;

impl Connector for Zendesk {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        schema::account(cx)
    }

    fn objects(cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::objects(cx).map(ObjectPage::all)
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        fields::of(cx, &Kind::called(object)?)
    }

    fn limits(cx: &Context<Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        let kind = Kind::called(object)?;
        kind.allows(operation)?;
        Ok(cx.config().plan.limits(single::is_meant(&kind, operation)))
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        read::current(cx, query)
    }

    /// For hosts that do not wait for jobs: what Zendesk does at once.
    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        let kind = Kind::called(batch.object())?;
        kind.allows(batch.operation())?;
        if single::is_meant(&kind, batch.operation()) {
            return single::upsert(cx, &kind, batch);
        }
        let message = "Zendesk writes this by jobs, and this host does not wait for any";
        Err(CallFailure::misconfigured("needs_jobs", message))
    }
}

impl Jobs for Zendesk {
    fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
        start::start(cx, batch)
    }

    fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
        job::poll(cx, batch, job)
    }
}

offtake_sdk::export!(Zendesk, jobs);

#[cfg(test)]
mod tests;
