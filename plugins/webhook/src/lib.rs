//! Writes to any JSON API, by configuration alone.

mod answer;
mod config;
mod path;
mod request;
mod schema;
mod status;
mod write;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, Limits, ObjectPage, Operation, Report, Response,
};

use crate::config::Config;

/// The connector.
#[derive(Debug)]
pub struct Webhook;

impl Connector for Webhook {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        let config = cx.config();
        let Some(check) = &config.check else {
            return Ok(Account::new().fact("Check", "none is configured, and nothing was sent"));
        };
        let explain = |response: &Response| answer::explain(&config.answer, response);
        let refused = |response: &Response| answer::refused(&config.answer, response);
        let http = cx.http().explained_with(&explain).refused_with(&refused);
        let none = std::collections::BTreeMap::new();
        let response = request::to(config, http, &check.method, check.path.as_str(), &none).read_only().send()?;
        Ok(Account::new().fact("Check", format!("{} answers {}", check.path, response.status())))
    }

    fn objects(cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        Ok(ObjectPage::all(schema::objects(cx.config())))
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        schema::object(cx.config(), object).map(schema::fields)
    }

    fn limits(cx: &Context<Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        writing(cx.config(), object, operation).map(|write| schema::limits(cx.config(), write))
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        write::write(cx, batch, writing(cx.config(), batch.object(), batch.operation())?)
    }
}

/// The request that is configured for an operation.
fn writing<'a>(config: &'a Config, object: &str, operation: Operation) -> Result<&'a config::Write, CallFailure> {
    let write = schema::object(config, object)?.operations.get(&operation.into());
    write.ok_or_else(|| write::unsupported(object, operation))
}

offtake_sdk::export!(Webhook);

#[cfg(test)]
mod tests;
