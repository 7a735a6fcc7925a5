//! The calls about users.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Braze;
use super::reply::{self, Answer, Refusal};
use super::track::judge;
use super::workspace::Work;

/// The most ids of a call.
const IDS_MAX: usize = 50;
/// Custom attributes on a page.
const PAGE: usize = 50;

type Shared = State<Arc<Braze>>;

pub(super) async fn track(State(braze): Shared, body: Bytes) -> Answer {
    let (good, answer) = judge(&reply::object(&body)?, braze.options.track_cap)?;
    braze.with(|workspace| good.into_iter().for_each(|(array, object)| workspace.accept(Work::Track(array, object))));
    reply::created(answer)
}

/// Ids in the members of a body, in the form of a track's object.
fn identities(body: &Map<String, Value>) -> Result<Vec<Map<String, Value>>, Refusal> {
    let mut identities = Vec::new();
    for (list, name) in [("external_ids", "external_id"), ("braze_ids", "braze_id"), ("user_aliases", "user_alias")] {
        for value in reply::list(body, list)? {
            let fits = if name == "user_alias" { value.is_object() } else { value.is_string() };
            if !fits {
                return Err(Refusal::bad(&format!("'{list}' is not valid")));
            }
            identities.push(Map::from_iter([(name.to_owned(), value.clone())]));
        }
    }
    for name in ["braze_id", "email_address", "phone"] {
        if let Some(Value::String(value)) = body.get(name) {
            let name = if name == "email_address" { "email" } else { name };
            identities.push(Map::from_iter([(name.to_owned(), json!(value))]));
        }
    }
    Ok(identities)
}

pub(super) async fn delete(State(braze): Shared, body: Bytes) -> Answer {
    let identities = identities(&reply::object(&body)?)?;
    if identities.is_empty() {
        return Err(Refusal::bad("Bad Request"));
    }
    if identities.len() > IDS_MAX {
        return Err(Refusal::bad("The max number of ids per request was exceeded"));
    }
    // Recorded: what counts is how many were asked for, not how many there were.
    let deleted = identities.len();
    braze.with(|workspace| workspace.accept(Work::Delete(identities)));
    reply::created(json!({ "deleted": deleted, "message": "success" }))
}

pub(super) async fn export(State(braze): Shared, body: Bytes) -> Answer {
    let body = reply::object(&body)?;
    let identities = identities(&body)?;
    if identities.is_empty() {
        return Err(Refusal::bad("Bad Request"));
    }
    if identities.len() > IDS_MAX {
        return Err(Refusal::bad("The max number of external_ids and aliases per request was exceeded"));
    }
    let fields: Vec<&str> = reply::list(&body, "fields_to_export")?.iter().filter_map(Value::as_str).collect();
    let (mut users, mut unknown) = (Vec::new(), Vec::new());
    braze.with(|workspace| {
        for identity in &identities {
            match workspace.profiles.find(identity) {
                Some(profile) => users.push(cut(profile.show(), &fields)),
                None => unknown.extend(identity.values().cloned()),
            }
        }
    });
    let mut answer = json!({ "users": users, "message": "success" });
    if !unknown.is_empty()
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("invalid_user_ids".to_owned(), json!(unknown));
    }
    reply::created(answer)
}

fn cut(mut user: Value, fields: &[&str]) -> Value {
    if let Some(user) = user.as_object_mut().filter(|_| !fields.is_empty()) {
        user.retain(|name, _| fields.contains(&name.as_str()));
    }
    user
}

fn objects(body: &Map<String, Value>, name: &str, wanted: &[&str]) -> Result<Vec<Map<String, Value>>, Refusal> {
    let list = reply::list(body, name)?;
    if list.is_empty() || list.len() > IDS_MAX {
        return Err(Refusal::bad(&format!("'{name}' must have between 1 and 50 objects")));
    }
    let fits = |object: &&Map<String, Value>| wanted.iter().all(|name| object.contains_key(*name));
    let object = |value: &Value| value.as_object().filter(fits).cloned();
    list.iter().map(object).collect::<Option<_>>().ok_or_else(|| Refusal::bad(&format!("'{name}' is not valid")))
}

pub(super) async fn alias(State(braze): Shared, body: Bytes) -> Answer {
    let aliases = objects(&reply::object(&body)?, "user_aliases", &["alias_name", "alias_label"])?;
    let count = aliases.len();
    braze.with(|workspace| workspace.accept(Work::Alias(aliases)));
    reply::created(json!({ "aliases_processed": count, "message": "success" }))
}

pub(super) async fn identify(State(braze): Shared, body: Bytes) -> Answer {
    let pairs = objects(&reply::object(&body)?, "aliases_to_identify", &["external_id", "user_alias"])?;
    let count = pairs.len();
    braze.with(|workspace| workspace.accept(Work::Identify(pairs)));
    reply::created(json!({ "aliases_processed": count, "message": "success" }))
}

#[derive(Deserialize)]
pub(super) struct Page {
    cursor: Option<usize>,
}

/// Fifty a page; the next one is in the `Link` header.
pub(super) async fn custom_attributes(
    State(braze): Shared,
    headers: axum::http::HeaderMap,
    page: Query<Page>,
) -> Response {
    let from = page.cursor.unwrap_or_default();
    let all = braze.with(|workspace| workspace.custom_attributes());
    let shown: Vec<Value> = all
        .iter()
        .skip(from)
        .take(PAGE)
        .map(|(name, data_type)| {
            json!({ "array_length": null, "data_type": data_type, "description": null, "name": name,
                "status": "Active", "tag_names": [] })
        })
        .collect();
    let mut response = Json(json!({ "attributes": shown, "message": "success" })).into_response();
    if all.len() > from + PAGE {
        let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let link = format!("<http://{host}/custom_attributes?cursor={}>; rel=\"next\"", from + PAGE);
        if let Ok(link) = HeaderValue::from_str(&link) {
            response.headers_mut().insert("link", link);
        }
    }
    response
}
