//! The one request that writes a batch, and its answer.

use offtake_sdk::{Batch, CallFailure, Context, clock};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Config, does, trace};

/// A time at which the component may have been built.
const BUILT_UNIX_MS: u64 = 1_700_000_000_000;

/// What the vendor says of one row.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) id: Option<String>,
    pub(crate) error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answers {
    results: Vec<Answer>,
}

/// Sends the batch.
pub(crate) fn send(cx: &Context<Config>, batch: &Batch) -> Result<Vec<Answer>, CallFailure> {
    let first = exchange(cx, batch);
    match first {
        Err(_) if does(cx, "retries") => exchange(cx, batch),
        answer => answer,
    }
}

fn exchange(cx: &Context<Config>, batch: &Batch) -> Result<Vec<Answer>, CallFailure> {
    let rows: Vec<Value> = batch.rows().iter().map(|row| Value::Object(fields(cx, row.fields()))).collect();
    let body =
        if does(cx, "never-the-same") { json!({"rows": rows, "nonce": trace(cx)}) } else { json!({"rows": rows}) };
    let now = if does(cx, "stops-the-clock") { BUILT_UNIX_MS } else { clock::now_unix_ms() };
    let key = if does(cx, "mints-keys") { trace(cx) } else { batch.id().to_owned() };
    let mut request = cx.http().post("api", "/v1/things").json(&body).idempotency_key(&key);
    request = request.header("X-Trace", trace(cx)).header("X-Sent", now.to_string());
    if !does(cx, "sends-no-secret") {
        request = request.auth("token");
    }
    let response = request.send()?;
    if does(cx, "reads-no-answer") {
        return Ok(batch.rows().iter().map(|_| Answer { id: None, error: None }).collect());
    }
    Ok(response.json::<Answers>()?.results)
}

fn fields(cx: &Context<Config>, fields: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = fields.clone();
    if does(cx, "drops-nulls") {
        fields.retain(|_, value| !value.is_null());
    }
    if does(cx, "speaks-ascii") {
        for value in fields.values_mut() {
            if let Value::String(text) = value {
                text.retain(|char| char.is_ascii());
            }
        }
    }
    fields
}
