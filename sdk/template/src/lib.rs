//! Writes people to the API of Example: a whole connector, to be changed into yours.

use offtake_sdk::http::{Request, encode};
use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Detail, Field, FieldType, Limits, Object, ObjectPage, Operation,
    OutcomeKind, Report, Response, Row, VendorError,
};
use serde::Deserialize;

/// The connection's configuration: what `[config]` of connector.toml describes.
#[derive(Debug, Deserialize)]
pub struct Config {
    #[serde(default = "main_workspace")]
    workspace: String,
}

fn main_workspace() -> String {
    "main".to_owned()
}

/// The connector.
#[derive(Debug)]
pub struct Destination;

impl Connector for Destination {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        let me: serde_json::Value = request(cx, "GET", "/me").send()?.json()?;
        Ok(Account::new().fact("Account", me["name"].as_str().unwrap_or("unnamed")))
    }

    fn objects(_cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        let operations = [Operation::Insert, Operation::Upsert, Operation::Delete];
        Ok(ObjectPage::all(vec![Object::new("people", "People", &operations).match_key("email")]))
    }

    fn fields(_cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        if object != "people" {
            return Err(CallFailure::schema_changed("unknown_object", format!("there is no object {object:?}")));
        }
        Ok(vec![
            Field::new("email", FieldType::String).label("Email").required().unique(),
            Field::new("name", FieldType::String).label("Name"),
            Field::new("age", FieldType::Integer).label("Age"),
        ])
    }

    fn limits(_cx: &Context<Config>, _object: &str, _operation: Operation) -> Result<Limits, CallFailure> {
        Ok(Limits::rows(50).concurrency(2).rate(600, 60_000))
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        // The row's own fault is rejected and the next one goes on. Anything else ends the call, and the host decides.
        Ok(Report::row_by_row(batch, |row| write_one(cx, batch.operation(), row)))
    }
}

fn write_one(
    cx: &Context<Config>,
    operation: Operation,
    row: &Row,
) -> Result<(OutcomeKind, Option<String>), CallFailure> {
    let Some(email) = row.match_text() else {
        return Err(CallFailure::rejected(Detail::new("no_email", "email is empty").with_field("email")));
    };
    let person = format!("/people/{}", encode(email));
    let request = match operation {
        Operation::Insert => request(cx, "POST", "/people").json(row.fields()),
        Operation::Delete => request(cx, "DELETE", &person),
        _ => request(cx, "PUT", &person).json(row.fields()),
    };
    // The key is the same when the row goes again, so a vendor that knows it does nothing twice.
    let response = request.idempotency_key(row.idempotency_key()).send()?;
    if operation == Operation::Delete {
        return Ok((OutcomeKind::Deleted, None));
    }
    let kind = if response.status() == 201 { OutcomeKind::Created } else { OutcomeKind::Updated };
    let written: serde_json::Value = response.json()?;
    Ok((kind, written["id"].as_str().map(str::to_owned)))
}

fn request<'a>(cx: &'a Context<Config>, method: &str, path: &str) -> Request<'a> {
    let path = format!("/v1/{}{path}", encode(&cx.config().workspace));
    cx.http().explained_by(explain).request(method, "api", path).auth("token")
}

/// Reads `{"code": …, "message": …, "field": …}`; what is missing is filled in from the status.
fn explain(response: &Response) -> VendorError {
    let body: serde_json::Value = response.json().unwrap_or_default();
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    VendorError { code: text("code"), message: text("message"), field: text("field"), ..VendorError::default() }
}

offtake_sdk::export!(Destination);

#[cfg(test)]
mod tests;
