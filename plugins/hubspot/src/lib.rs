//! Writes to HubSpot's CRM objects by the batch calls of API version 2026-03.

mod archive;
mod client;
mod config;
mod outcome;
mod read;
mod request;
mod response;
mod schema;
mod value;
mod vendor_error;
mod write;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Found, Limits, Lookup, ObjectPage, Operation, Report,
    operation_name,
};

use crate::config::Config;

/// The connector.
#[derive(Debug)]
pub struct HubSpot;

impl Connector for HubSpot {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        schema::account(cx)
    }

    fn objects(cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        schema::objects(cx).map(ObjectPage::all)
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        schema::fields(cx, object)
    }

    fn limits(cx: &Context<Config>, _object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        if schema::OPERATIONS.contains(&operation) {
            Ok(cx.config().tier.limits())
        } else {
            Err(unsupported(operation))
        }
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        read::current(cx, query)
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        match batch.operation() {
            Operation::Insert | Operation::Update | Operation::Upsert => write::write(cx, batch),
            Operation::Delete => archive::archive(cx, batch),
            operation @ (Operation::Append | Operation::MemberAdd | Operation::MemberRemove) => {
                Err(unsupported(operation))
            }
        }
    }
}

fn unsupported(operation: Operation) -> CallFailure {
    let message = format!("HubSpot's objects cannot take `{}`", operation_name(operation));
    CallFailure::misconfigured("operation_unsupported", message)
}

offtake_sdk::export!(HubSpot);

#[cfg(test)]
mod tests;
