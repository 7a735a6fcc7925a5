//! Which path leads to which call.
//!
//! Zendesk takes every path with and without `.json`, which a router's patterns cannot say.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::ask::{Answer, Ask, Reply};
use super::desk::Desk;
use super::kind::Kind;
use super::refusal::Refusal;
use super::spec;
use super::table::{Record, Table};
use super::work::Work;
use super::{Zendesk, custom_api, field_api, identity, job_api, standard_api as standard};
use crate::lock;

/// The API behind the gate.
pub(super) fn gated(zendesk: Arc<Zendesk>) -> Router {
    Router::new().fallback(handle).with_state(zendesk)
}

async fn handle(
    State(zendesk): State<Arc<Zendesk>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let answer = match Ask::read(method, &uri, host, body) {
        Some(ask) => call(&zendesk, &ask, &headers),
        None => Err(Refusal::no_endpoint()),
    };
    answer.into_response()
}

fn call(zendesk: &Zendesk, ask: &Ask, headers: &HeaderMap) -> Answer {
    let writes = ask.method == Method::POST || ask.method == Method::PUT;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if writes && !kind.starts_with("application/json") {
        return Err(Refusal::plain(415, "UnsupportedMediaType", "The content type must be application/json"));
    }
    let mut desk = lock(&zendesk.desk);
    desk.settle(ask.now);
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    match (&ask.method, segments.as_slice()) {
        (&Method::GET, ["job_statuses"] | ["job_statuses", "show_many"]) => job_api::list(&desk, ask),
        (&Method::GET, ["job_statuses", id]) => job_api::show(&desk, id, ask),
        (&Method::GET, ["custom_objects"]) => custom_api::list(&desk, ask),
        (&Method::POST, ["custom_objects"]) => custom_api::create(&mut desk, ask),
        (&Method::GET, ["custom_objects", key, "fields"]) => custom_api::fields(&desk, key, ask),
        (&Method::GET, ["custom_objects", key, "records"]) => custom_api::records(&desk, key, ask),
        (&Method::POST, ["custom_objects", key, "jobs"]) => custom_api::job(&mut desk, key, ask),
        (&Method::GET, ["users", "me"]) => Ok(Reply::ok(me(&ask.origin))),
        (&Method::GET, ["users", "search"]) => standard::search_users(&desk, ask),
        (&Method::GET, ["users", id, "identities"]) => identity::list(&desk, number(id)?, ask),
        (&Method::PUT, ["users", user, "identities", id, "make_primary"]) => {
            identity::make_primary(&mut desk, number(user)?, number(id)?, ask)
        }
        (method, [fields]) if Kind::ALL.iter().any(|kind| kind.fields() == *fields) => {
            let kind = Kind::ALL.into_iter().find(|kind| kind.fields() == *fields).unwrap_or(Kind::User);
            match *method {
                Method::GET => field_api::list(&desk, kind, ask),
                Method::POST => field_api::create(&mut desk, kind, ask),
                _ => Err(Refusal::no_endpoint()),
            }
        }
        (_, [plural, rest @ ..]) => match Kind::called(plural) {
            Some(kind) => of_kind(zendesk, &mut desk, kind, rest, ask),
            None => Err(Refusal::no_endpoint()),
        },
        _ => Err(Refusal::no_endpoint()),
    }
}

fn of_kind(zendesk: &Zendesk, desk: &mut Desk, kind: Kind, rest: &[&str], ask: &Ask) -> Answer {
    let bulk = || if kind == Kind::User && !zendesk.options.bulk_users { Err(Refusal::forbidden()) } else { Ok(()) };
    match (&ask.method, rest) {
        (&Method::GET, []) => standard::list(desk, kind, ask),
        (&Method::GET, ["show_many"]) => standard::show_many(desk, kind, ask),
        (&Method::POST, []) => standard::create(desk, kind, ask),
        (&Method::POST, ["create_many"]) => {
            bulk()?;
            standard::write_many(desk, kind, ask, Work::Create)
        }
        (&Method::POST, ["create_or_update"]) if kind != Kind::Ticket => standard::upsert(desk, kind, ask),
        (&Method::POST, ["create_or_update_many"]) if kind == Kind::User => {
            bulk()?;
            standard::write_many(desk, kind, ask, Work::Upsert)
        }
        (&Method::PUT, ["update_many"]) => match ask.list("ids")? {
            Some(ids) => standard::update_all(desk, kind, ids, ask),
            None => standard::write_many(desk, kind, ask, Work::Update),
        },
        (&Method::DELETE, ["destroy_many"]) => standard::destroy_many(desk, kind, ask),
        (&Method::GET, [id]) => standard::read(desk, kind, number(id)?, ask),
        (&Method::PUT, [id]) => {
            let id = number(id)?;
            if kind == Kind::User {
                lock(&zendesk.meter).update_user(id, ask.now)?;
            }
            standard::update(desk, kind, id, ask)
        }
        (&Method::DELETE, [id]) => standard::delete(desk, kind, number(id)?, ask),
        _ => Err(Refusal::no_endpoint()),
    }
}

/// The agent whose token it is, who is no record of the account.
fn me(origin: &str) -> Value {
    let mut values = spec::defaults(spec::USER);
    for (name, value) in [("name", "Agent"), ("email", "agent@example.com"), ("role", "admin")] {
        values.insert(name.to_owned(), Value::from(value));
    }
    let agent = Record { id: "2".to_owned(), active: true, values };
    json!({ "user": Table::show(Kind::User, &agent, origin) })
}

/// An id in a path; anything else leads nowhere.
fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| Refusal::no_endpoint())
}
