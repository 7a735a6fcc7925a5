//! Writes to HubSpot's CRM objects, their associations and lists by the batch calls of API version 2026-03.

mod archive;
mod association;
mod client;
mod config;
mod member;
mod outcome;
mod read;
mod request;
mod response;
mod schema;
mod target;
mod value;
mod vendor_error;
mod write;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Limits, Lookup, ObjectPage, Operation, Report,
};

use crate::config::Config;
use crate::target::Target;

/// The connector.
#[derive(Debug)]
pub struct HubSpot;

impl Connector for HubSpot {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        schema::account(cx)
    }

    fn objects(cx: &Context<Config>, cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::page(cx, cursor)
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        match Target::parse(object)? {
            Target::Records(object) => schema::fields(cx, object),
            Target::Associations { from, to } => association::fields(cx, from, to),
            Target::Members { of, .. } => member::fields(cx, of),
        }
    }

    fn limits(cx: &Context<Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        let target = Target::parse(object)?;
        target.check(operation)?;
        Ok(cx.config().tier.limits(match target {
            Target::Records(_) => request::INPUTS_MAX,
            Target::Associations { .. } => association::INPUTS_MAX,
            Target::Members { .. } => member::MEMBERS_MAX,
        }))
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        match Target::parse(query.object())? {
            Target::Records(_) => read::current(cx, query),
            Target::Associations { .. } | Target::Members { .. } => Ok(None),
        }
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        let target = Target::parse(batch.object())?;
        target.check(batch.operation())?;
        match target {
            Target::Associations { from, to } => association::write(cx, batch, from, to),
            Target::Members { of, list } => member::write(cx, batch, of, list),
            Target::Records(_) if batch.operation() == Operation::Delete => archive::archive(cx, batch),
            Target::Records(_) => write::write(cx, batch),
        }
    }
}

offtake_sdk::export!(HubSpot);

#[cfg(test)]
mod tests;
