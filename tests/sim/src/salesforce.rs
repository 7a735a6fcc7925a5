//! An in-memory Salesforce org: standard and custom objects with describes, sObject Collections, single records, SOQL, Bulk API
//! 2.0 ingest jobs, row locks, the daily allocation of requests, and OAuth at My Domain.

mod batch;
mod bulk;
mod collections;
mod dml;
mod draft;
mod field;
mod id;
mod limits;
mod oauth;
mod object;
mod org;
mod query;
mod refusal;
mod route;
mod single;
mod soql;
mod value;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, lock};

pub use crate::{Answer, Entry, Fault, Store};
pub use limits::Limits;
pub use oauth::App;
pub use org::Record;

/// A running Salesforce.
pub type Simulator = Running<Salesforce>;

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one access token that is let in, until an app's is issued.
    pub token: String,
    /// An external client app that may get access tokens.
    pub app: Option<App>,
    /// The org's limits.
    pub limits: Limits,
    /// For how long a request holds the rows that it wrote, and their parents.
    pub write_takes: Duration,
    /// How long an ingest job takes after its upload.
    pub job_takes: Duration,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "salesforce-simulated".to_owned(),
            app: None,
            limits: Limits::default(),
            write_takes: Duration::from_millis(20),
            job_takes: Duration::from_millis(300),
            body_bytes_max: 100 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// An org, who may use it and how often.
pub struct Salesforce {
    options: Options,
    session: Mutex<oauth::Session>,
    org: Mutex<org::Org>,
    meter: Mutex<limits::Meter>,
}

impl Vendor for Salesforce {
    type Options = Options;
    type Record = Record;
    type Pass = Instant;

    const BATCHES: &'static [&'static str] = &["records"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, body_bytes_max, journal_entries_max, .. } = options;
        let salesforce = Self {
            session: Mutex::new(oauth::Session::new(&options.token)),
            org: Mutex::new(org::Org::new()),
            meter: Mutex::new(limits::Meter::new(options.limits)),
            options,
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, salesforce)
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
        oauth::routes(self).merge(route::versions())
    }

    fn admit(&self, head: &Parts, _body: &Bytes) -> Result<Instant, Response> {
        let now = Instant::now();
        lock(&self.session).let_in(&head.headers).map_err(IntoResponse::into_response)?;
        let mut meter = lock(&self.meter);
        if meter.admit(now) {
            return Ok(now);
        }
        let mut response = refusal::Refusal::quota().into_response();
        meter.describe(now, response.headers_mut());
        Err(response)
    }

    fn describe(&self, now: Instant, headers: &mut HeaderMap) {
        lock(&self.meter).describe(now, headers);
    }

    fn dress(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
        }
        response
    }

    fn too_large(&self) -> Response {
        refusal::Refusal::new(413, "REQUEST_ENTITY_TOO_LARGE", "The request is too large").into_response()
    }

    /// Of CSV the first so many lines below the header; a delete's records are ids in its query, and stay.
    fn cut(&self, head: &Parts, body: &Bytes, records: usize) -> Bytes {
        let csv = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv"));
        match std::str::from_utf8(body) {
            Ok(text) if csv && head.method == Method::PUT => {
                Bytes::from(text.split_inclusive('\n').take(records + 1).collect::<String>())
            }
            _ => self.cut_batch(head, body, records),
        }
    }

    /// Deleted records too, marked so.
    fn records(&self, object: &str) -> Vec<Record> {
        let mut org = lock(&self.org);
        bulk::settle(&mut org, self.options.job_takes, Instant::now());
        org.all(object).cloned().collect()
    }

    fn expire_token(&self) {
        lock(&self.session).expire();
    }
}

impl Running<Salesforce> {
    /// Adds a custom object whose name ends with `__c`, and says whether the org took it.
    pub fn add_object(&self, name: &str) -> bool {
        lock(&self.vendor().org).add_object(name)
    }

    /// Adds a custom field to an object as an administrator does: its name, a type such as `string`, `double`, `date` or
    /// `picklist`, and whether it is an external id (which is then unique as well). Says whether the org took it.
    pub fn add_field(&self, object: &str, name: &str, kind: &str, external_id: bool) -> bool {
        let flags = if external_id { "cunEIU" } else { "cun" };
        let length = if matches!(kind, "string" | "email" | "phone" | "url" | "picklist") { 255 } else { 0 };
        let field = field::Field::read(&format!("{name}|{}|{kind}|{length}|{flags}", name.trim_end_matches("__c")));
        field.is_some_and(|field| lock(&self.vendor().org).add_field(object, field))
    }

    /// Runs the jobs that are closed and still to run, without waiting for their time.
    pub fn finish_jobs(&self) {
        bulk::settle(&mut lock(&self.vendor().org), Duration::ZERO, Instant::now());
    }

    /// Adds a lookup to another object: a field whose name ends with `__c`, with the relationship that ends with `__r`.
    pub fn add_lookup(&self, object: &str, name: &str, target: &str) -> bool {
        let plain = name.trim_end_matches("__c");
        let field = field::Field::read(&format!("{name}|{plain}|reference|18|cun|{plain}__r|{target}"));
        field.is_some_and(|field| lock(&self.vendor().org).add_field(object, field))
    }
}
