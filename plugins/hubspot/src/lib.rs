//! Writes to HubSpot's CRM objects by the batch calls of API version 2026-03.

mod archive;
mod client;
mod config;
mod outcome;
mod request;
mod response;
mod schema;
mod value;
mod vendor_error;
mod write;

use offtake_sdk::{Account, Batch, CallFailure, Connector, Context, Field, Limits, ObjectPage, Operation, Report};

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

    fn limits(cx: &Context<Config>, _object: &str, _operation: Operation) -> Result<Limits, CallFailure> {
        Ok(cx.config().tier.limits())
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        match batch.operation() {
            Operation::Insert | Operation::Update | Operation::Upsert => write::write(cx, batch),
            Operation::Delete => archive::archive(cx, batch),
            Operation::Append | Operation::MemberAdd | Operation::MemberRemove => {
                Err(CallFailure::misconfigured("operation_unsupported", "HubSpot's objects take no such operation"))
            }
        }
    }
}

offtake_sdk::export!(HubSpot);

#[cfg(test)]
mod tests;
