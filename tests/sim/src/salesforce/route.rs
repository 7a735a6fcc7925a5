//! Which path leads to which call.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::form_urlencoded;

use super::dml::Way;
use super::refusal::Refusal;
use super::{Salesforce, batch, bulk, collections, query, single};
use crate::lock;

/// Versions that are served, all alike but for what a comment says.
const VERSIONS: std::ops::RangeInclusive<u32> = 31..=68;

/// A request below `/services/data/vNN.0`.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) version: u32,
    /// The path up to the version.
    pub(super) base: String,
    segments: Vec<String>,
    query: Vec<(String, String)>,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

impl Ask {
    fn read(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Option<Self> {
        let rest = uri.path().strip_prefix("/services/data/v")?;
        let (version, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let number: u32 = version.strip_suffix(".0")?.parse().ok().filter(|number| VERSIONS.contains(number))?;
        let decode = |text: &str| {
            form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
                .next()
                .map(|(_, text)| text.into_owned())
        };
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        Some(Self {
            method,
            version: number,
            base: format!("/services/data/v{version}"),
            segments: rest.split('/').filter(|part| !part.is_empty()).filter_map(decode).collect(),
            query: form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
            content_type: content_type.to_owned(),
            body,
        })
    }

    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        if !self.content_type.starts_with("application/json") {
            let message = format!("The content type {:?} is not supported", self.content_type);
            return Err(Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        serde_json::from_slice(&self.body).map_err(|_| Refusal::parser("Unexpected character at [line:1, column:1]"))
    }
}

/// The API behind the gate.
pub(super) fn gated(salesforce: Arc<Salesforce>) -> Router {
    Router::new().fallback(handle).with_state(salesforce)
}

/// The list of versions needs no session and counts against nothing.
pub(super) fn versions() -> Router {
    let list = || async {
        let version = |number: u32| json!({"label": format!("v{number}"), "url": format!("/services/data/v{number}.0"), "version": format!("{number}.0")});
        Json(VERSIONS.map(version).collect::<Vec<_>>())
    };
    Router::new().route("/services/data", get(list)).route("/services/data/", get(list))
}

/// Locks of a request, which are given back when it ends, however it ends.
struct Held {
    salesforce: Arc<Salesforce>,
    ids: BTreeSet<String>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut org = lock(&self.salesforce.org);
        org.locked.retain(|id| !self.ids.contains(id));
    }
}

async fn handle(
    State(salesforce): State<Arc<Salesforce>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(ask) = Ask::read(method, &uri, &headers, body) else { return Refusal::not_found().into_response() };
    let mut held = Held { salesforce: Arc::clone(&salesforce), ids: BTreeSet::new() };
    let answer = call(&salesforce, &ask, &mut held.ids);
    // What a request has written stays locked until its transaction ends.
    if !held.ids.is_empty() {
        tokio::time::sleep(salesforce.options.write_takes).await;
    }
    answer.into_response()
}

fn call(salesforce: &Salesforce, ask: &Ask, mine: &mut BTreeSet<String>) -> Result<Response, Refusal> {
    let mut org = lock(&salesforce.org);
    let org = &mut *org;
    bulk::settle(org, salesforce.options.job_takes, Instant::now());
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    let json = |value: Value| Json(value).into_response();
    match (&ask.method, segments.as_slice()) {
        (&Method::GET, []) => {
            Ok(json(json!({"sobjects": format!("{}/sobjects", ask.base), "query": format!("{}/query", ask.base)})))
        }
        (&Method::GET, ["limits"]) => {
            let (used, daily) = lock(&salesforce.meter).used(Instant::now());
            Ok(json(json!({"DailyApiRequests": {"Max": daily, "Remaining": daily.saturating_sub(used)}})))
        }
        (&Method::GET, [way @ ("query" | "queryAll")]) => {
            let soql = ask
                .query("q")
                .ok_or_else(|| Refusal::new(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null"))?;
            query::run(org, &soql, *way == "queryAll", &ask.base).map(json)
        }
        (&Method::GET, ["query" | "queryAll", locator]) => query::more(org, locator, &ask.base).map(json),
        (&Method::GET, ["sobjects"]) => {
            let objects: Vec<Value> = org.objects.iter().map(|object| object.summary(&ask.base)).collect();
            Ok(json(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})))
        }
        (&Method::GET, ["sobjects", object, "describe"]) => {
            let object = org.object_at(object)?;
            Ok(json(object.describe(&org.objects, &ask.base)))
        }
        (&Method::POST, ["sobjects", object]) => single::create(org, object, ask, mine),
        (_, ["sobjects", object, id]) => single::by_id(org, object, id, ask, mine),
        (_, ["sobjects", object, key, value]) => single::by_key(org, object, key, value, ask, mine),
        (&Method::POST, ["composite", "sobjects"]) => collections::save(org, &ask.json()?, Way::Insert, mine).map(json),
        (&Method::PATCH, ["composite", "sobjects"]) => {
            collections::save(org, &ask.json()?, Way::Update, mine).map(json)
        }
        (&Method::DELETE, ["composite", "sobjects"]) => {
            let all = ask.query("allOrNone").as_deref() == Some("true");
            collections::delete(org, &ask.query("ids").unwrap_or_default(), all, mine).map(json)
        }
        (&Method::PATCH, ["composite", "sobjects", object, key]) if ask.version >= 46 => {
            collections::upsert(org, object, key, &ask.json()?, mine).map(json)
        }
        (&Method::POST, ["composite", "batch"]) => batch::run(org, &ask.json()?).map(json),
        (&Method::POST, ["jobs", "ingest"]) => bulk::create(org, ask, salesforce.options.limits.jobs),
        (&Method::GET, ["jobs", "ingest"]) => Ok(json(bulk::list(org))),
        (_, ["jobs", "ingest", id, rest @ ..]) => bulk::one(org, id, rest, ask),
        _ => Err(Refusal::not_found()),
    }
}
