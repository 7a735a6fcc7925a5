//! An in-memory Zendesk: users, organizations, tickets and custom objects, with their jobs, behind a Bearer token.
//!
//! A job does its work when its time has come, at the next request that looks: until then nothing of it is stored.

mod ask;
mod custom;
mod custom_api;
mod desk;
mod details;
mod field;
mod field_api;
mod identity;
mod job;
mod job_api;
mod kind;
mod limits;
mod oauth;
mod organization;
mod refusal;
mod route;
mod spec;
mod standard_api;
mod table;
mod ticket;
mod user;
mod work;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answer::crossed;
use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, lock};

pub use crate::{Answer, Entry, Fault, Store};
pub use limits::Limits;
pub use oauth::App;
pub use table::Record;

/// A running Zendesk.
pub type Simulator = Running<Zendesk>;

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one access token that is let in, until an app's is issued.
    pub token: String,
    /// An OAuth client that may get access tokens; each pair takes the place of the one before.
    pub app: Option<App>,
    /// The account's limits.
    pub limits: Limits,
    /// Whether Zendesk has enabled bulk import of users, without which `create_many` and its like answer 403.
    pub bulk_users: bool,
    /// How long a job takes.
    pub job_takes: Duration,
    /// For how long a finished job can be asked for.
    pub job_kept: Duration,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "zendesk-simulated".to_owned(),
            app: None,
            limits: Limits::default(),
            bulk_users: true,
            job_takes: Duration::from_millis(300),
            job_kept: Duration::from_secs(3_600),
            body_bytes_max: 16 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// An account, who may use it and how often.
pub struct Zendesk {
    options: Options,
    tokens: Mutex<oauth::Tokens>,
    desk: Mutex<desk::Desk>,
    meter: Mutex<limits::Meter>,
}

impl Vendor for Zendesk {
    type Options = Options;
    type Record = Record;
    type Pass = Instant;

    const BATCHES: &'static [&'static str] = &["users", "organizations", "tickets"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, body_bytes_max, journal_entries_max, .. } = options;
        let zendesk = Self {
            tokens: Mutex::new(oauth::Tokens::new(&options)),
            desk: Mutex::new(desk::Desk::new(&options)),
            meter: Mutex::new(limits::Meter::new(options.limits)),
            options,
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, zendesk)
    }

    fn commanded(command: Command) -> Options {
        let options = Options::default();
        Options {
            listen: command.listen.unwrap_or(options.listen),
            token: command.token.unwrap_or(options.token),
            limits: if command.generous { Limits::GENEROUS } else { options.limits },
            ..options
        }
    }

    fn routes(self: Arc<Self>) -> Router {
        route::gated(self)
    }

    fn open_routes(self: Arc<Self>) -> Router {
        oauth::routes(self)
    }

    fn admit(&self, head: &Parts, _body: &Bytes) -> Result<Instant, Response> {
        let now = Instant::now();
        lock(&self.tokens).let_in(&head.headers).map_err(IntoResponse::into_response)?;
        let mut meter = lock(&self.meter);
        match meter.admit(now) {
            Ok(()) => Ok(now),
            Err(refusal) => {
                let mut response = refusal.into_response();
                meter.describe(now, response.headers_mut());
                Err(crossed(response))
            }
        }
    }

    fn describe(&self, now: Instant, headers: &mut HeaderMap) {
        lock(&self.meter).describe(now, headers);
    }

    fn dress(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json; charset=UTF-8"));
        }
        headers.insert("x-zendesk-api-version", header::HeaderValue::from_static("v2"));
        response
    }

    fn too_large(&self) -> Response {
        refusal::Refusal::plain(413, "RequestEntityTooLarge", "The request is too large").into_response()
    }

    fn cut(&self, head: &Parts, body: &Bytes, records: usize) -> Bytes {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let items = |mut parsed: Value| {
            parsed.get_mut("job")?.get_mut("items")?.as_array_mut()?.truncate(records);
            Some(Bytes::from(parsed.to_string()))
        };
        parsed.and_then(items).unwrap_or_else(|| self.cut_batch(head, body, records))
    }

    /// Deleted users too, marked as inactive. Custom objects are asked for by their key.
    fn records(&self, object: &str) -> Vec<Record> {
        let mut desk = lock(&self.desk);
        desk.settle(Instant::now());
        desk.records(object)
    }

    fn expire_token(&self) {
        lock(&self.tokens).expire();
    }
}

impl Running<Zendesk> {
    /// Adds a field to users, organizations or tickets as an administrator does, and says whether the account took it: a key
    /// (which tickets have none of), a type such as `text`, `integer`, `date` or `dropdown`, and the values of its options.
    pub fn add_field(&self, object: &str, key: &str, kind: &str, options: &[&str]) -> bool {
        let options: Vec<Value> = options.iter().map(|value| json!({ "name": value, "value": value })).collect();
        let given = json!({ "key": key, "title": key, "type": kind, "custom_field_options": options });
        given.as_object().is_some_and(|given| lock(&self.vendor().desk).add_field(object, given).is_ok())
    }

    /// Adds a custom object with fields of these keys and types.
    pub fn add_custom_object(&self, key: &str, fields: &[(&str, &str)]) -> bool {
        lock(&self.vendor().desk).add_custom_object(key, fields).is_ok()
    }

    /// Runs the jobs that are still to run, without waiting for their time.
    pub fn finish_jobs(&self) {
        lock(&self.vendor().desk).finish_jobs();
    }

    /// Kills the jobs that are still to run: nothing more of them is stored.
    pub fn kill_jobs(&self) {
        lock(&self.vendor().desk).kill_jobs();
    }

    /// Forgets every job, as Zendesk does after an hour; what is still to run is run first.
    pub fn forget_jobs(&self) {
        lock(&self.vendor().desk).forget_jobs();
    }
}
