//! `composite/batch`: up to 25 requests in one that counts once. Describes and queries are served; other requests in it are not.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::org::Org;
use super::query;
use super::refusal::Refusal;

const REQUESTS_MAX: usize = 25;

/// Answers each request in its place.
pub(super) fn run(org: &mut Org, body: &Value) -> Result<Value, Refusal> {
    let requests = body.get("batchRequests").and_then(Value::as_array).filter(|requests| !requests.is_empty());
    let requests =
        requests.ok_or_else(|| Refusal::parser("The request must have batchRequests at [line:1, column:1]"))?;
    if requests.len() > REQUESTS_MAX {
        return Err(Refusal::new(400, "LIMIT_EXCEEDED", "a batch has at most 25 requests"));
    }
    let text = |request: &Value, name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut results = Vec::new();
    for request in requests {
        let answer = match text(request, "method").as_str() {
            "GET" => get(org, &text(request, "url")),
            other => Err(Refusal::method(other)),
        };
        results.push(match answer {
            Ok(result) => json!({"statusCode": 200, "result": result}),
            Err(refusal) => json!({"statusCode": refusal.status(), "result": [refusal.json()]}),
        });
    }
    let failed = results.iter().any(|result| result.get("statusCode") != Some(&json!(200)));
    Ok(json!({"hasErrors": failed, "results": results}))
}

/// A URL as a batch has it: from the version on.
fn get(org: &mut Org, url: &str) -> Result<Value, Refusal> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let segments: Vec<&str> = path.trim_start_matches("/services/data/").split('/').collect();
    let base = format!("/services/data/{}", segments.first().copied().unwrap_or_default());
    match segments.as_slice() {
        [_, "sobjects", object, "describe"] => {
            let object = org.object_at(object)?;
            Ok(object.describe(&org.objects, &base))
        }
        [_, "query"] => {
            let soql = form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == "q")
                .map(|(_, soql)| soql.into_owned());
            query::run(org, &soql.unwrap_or_default(), false, &base)
        }
        _ => Err(Refusal::not_found()),
    }
}
