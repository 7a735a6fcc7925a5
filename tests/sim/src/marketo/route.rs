//! Which path leads to which call.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::answer::{Answer, Refusal, envelope};
use super::ask::Ask;
use super::store::Store;
use super::sync::{self, Action, Plan};
use super::{Marketo, import, lead_api, list_api, object_api};
use crate::{clock, lock};

/// The API behind the gate.
pub(super) fn gated(marketo: Arc<Marketo>) -> Router {
    Router::new().fallback(handle).with_state(marketo)
}

async fn handle(
    State(marketo): State<Arc<Marketo>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ask = Ask::read(method, &uri, &headers, body);
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    {
        let mut store = lock(&marketo.store);
        import::settle(&mut store, marketo.options.import_takes, Instant::now());
        if let (&Method::GET, ["bulk", "v1", "leads", "batch", id, part @ ("failures" | "warnings")]) =
            (&ask.method, segments.as_slice())
        {
            return import::file(&store, id, part).unwrap_or_else(IntoResponse::into_response);
        }
    }
    let sync = match (&ask.method, segments.as_slice()) {
        (&Method::POST, ["rest", "v1", "customobjects", name]) if name.ends_with("_c") => Some(*name),
        (&Method::POST, ["rest", "v1", name @ ("leads" | "companies" | "opportunities" | "salespersons")]) => {
            Some(*name)
        }
        _ => None,
    };
    let answer = match sync {
        Some(object) => sync_records(&marketo, object, &ask).await,
        None => call(&marketo, &mut lock(&marketo.store), &segments, &ask),
    };
    answer.map_or_else(IntoResponse::into_response, envelope)
}

/// Looks up at once and writes later: in between others may write.
async fn sync_records(marketo: &Marketo, object: &str, ask: &Ask) -> Answer {
    let body = ask.json()?;
    let plan = {
        let store = lock(&marketo.store);
        let table = store.table(object).ok_or_else(|| Refusal::new("1013", format!("Object '{object}' not found")))?;
        let action = Action::read(&body)?;
        let input = sync::input(&body)?;
        let keys = if object == "leads" {
            let lookup = body.get("lookupField").and_then(Value::as_str).unwrap_or("email");
            if table.field(lookup).is_none() {
                return Err(Refusal::new("1003", format!("Invalid value '{lookup}' for 'lookupField'")));
            }
            vec![lookup.to_owned()]
        } else {
            let keys = object_api::keys(table, &body, "dedupeBy")?;
            object_api::no_duplicates(&keys, input)?;
            keys
        };
        Plan::new(table, action, &keys, input)
    };
    sleep(marketo.options.write_takes).await;
    let mut store = lock(&marketo.store);
    let table = store.table_mut(object).ok_or_else(Refusal::not_found)?;
    let results = plan.apply(table);
    Ok(if object == "leads" { json!({"result": results}) } else { object_api::numbered(results) })
}

fn call(marketo: &Marketo, store: &mut Store, segments: &[&str], ask: &Ask) -> Answer {
    match (&ask.method, segments) {
        (&Method::GET, ["rest", "v1", "leads"]) => lead_api::search(lead_api::leads(store)?, ask),
        (&Method::DELETE, ["rest", "v1", "leads"]) | (&Method::POST, ["rest", "v1", "leads", "delete"]) => {
            lead_api::delete(store, &ask.json()?)
        }
        (&Method::GET, ["rest", "v1", "lead", id]) => lead_api::one(store, id, ask),
        (&Method::GET, ["rest", "v1", "leads", "describe"]) => lead_api::describe(store),
        (&Method::GET, ["rest", "v1", "leads", "describe2"]) => lead_api::describe2(store),
        (&Method::GET, ["rest", "v1", "lists"]) => list_api::all(store, ask),
        (&Method::GET, ["rest", "v1", "list" | "lists", id, "leads"]) => list_api::members(store, id, ask),
        (&Method::POST, ["rest", "v1", "lists", id, "leads"]) => list_api::change(store, id, true, ask),
        (&Method::DELETE, ["rest", "v1", "lists", id, "leads"]) => list_api::change(store, id, false, ask),
        (&Method::GET, ["rest", "asset", "v1", "staticList", "byName"]) => list_api::by_name(store, ask),
        (&Method::POST, ["rest", "asset", "v1", "staticLists"]) => list_api::create(store, ask),
        (&Method::POST, ["rest", "asset", "v1", "staticList", id, "delete"]) => list_api::delete(store, id),
        (&Method::GET, ["rest", "v1", "stats", "usage"]) => {
            let total = lock(&marketo.meter).today(Instant::now());
            let date = clock::now().strftime("%Y-%m-%d").to_string();
            Ok(
                json!({"result": [{"date": date, "total": total, "users": [{"userId": "ada@example.com", "count": total}]}]}),
            )
        }
        (&Method::GET, ["rest", "v1", "customobjects"]) => object_api::list(store),
        (method, ["rest", "v1", "customobjects", name, rest @ ..]) if name.ends_with("_c") => {
            of_object(store, method, name, rest, ask)
        }
        (method, ["rest", "v1", name @ ("companies" | "opportunities" | "salespersons"), rest @ ..]) => {
            of_object(store, method, name, rest, ask)
        }
        (&Method::POST, ["bulk", "v1", "leads"]) => import::start(store, ask),
        (&Method::GET, ["bulk", "v1", "leads", "batch", id]) => import::status(store, id),
        (&Method::PUT | &Method::PATCH, _) => {
            Err(Refusal::new("605", format!("HTTP Method '{}' not supported", ask.method)))
        }
        _ => Err(Refusal::not_found()),
    }
}

fn of_object(store: &mut Store, method: &Method, name: &str, rest: &[&str], ask: &Ask) -> Answer {
    let missing = || Refusal::new("1013", format!("Object '{name}' not found"));
    let table = store.table_mut(name).ok_or_else(missing)?;
    match (method, rest) {
        (&Method::GET, []) => lead_api::search(table, ask),
        (&Method::GET, ["describe"]) => object_api::describe(table),
        (&Method::POST, ["delete"]) => object_api::delete(table, &ask.json()?),
        _ => Err(Refusal::not_found()),
    }
}
