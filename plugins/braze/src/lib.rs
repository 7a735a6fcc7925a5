//! Writes to Braze: users, events and purchases by `/users/track`, and items of catalogs.

mod attribute;
mod catalog;
mod client;
mod config;
mod delete;
mod identity;
mod object;
mod read;
mod record;
mod schema;
mod track;
mod vendor_error;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Limits, Lookup, ObjectPage, Operation, Report,
};

use crate::config::Config;
use crate::object::Kind;

/// The connector.
#[derive(Debug)]
pub struct Braze;

impl Connector for Braze {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        schema::account(cx)
    }

    fn objects(cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::objects(cx).map(ObjectPage::all)
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        schema::fields(cx, &Kind::called(object)?)
    }

    fn limits(cx: &Context<Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        let kind = Kind::called(object)?;
        kind.allows(operation)?;
        Ok(cx.config().limits(&kind, operation))
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        read::current(cx, query)
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        let kind = Kind::called(batch.object())?;
        kind.allows(batch.operation())?;
        match (&kind, batch.operation()) {
            (Kind::Items(name), _) => catalog::write(cx, name, batch),
            (Kind::Users, Operation::Delete) => delete::delete(cx, batch),
            _ => track::write(cx, &kind, batch),
        }
    }
}

offtake_sdk::export!(Braze);

#[cfg(test)]
mod tests;
