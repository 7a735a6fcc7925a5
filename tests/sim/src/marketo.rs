//! An in-memory Marketo Engage instance: leads, companies and the like, custom objects, static lists and bulk import, behind a token
//! that lasts an hour. Refusals come with status 200.

mod answer;
mod ask;
mod field;
mod identity;
mod import;
mod lead_api;
mod limits;
mod list_api;
mod multipart;
mod object_api;
mod route;
mod store;
mod sync;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::Instant;

use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, lock};

pub use crate::{Answer, Entry, Fault, Store};
pub use identity::App;
pub use limits::Limits;
pub use store::Record;

/// A running Marketo.
pub type Simulator = Running<Marketo>;

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one access token that is let in, until it ends.
    pub token: String,
    /// A custom service that may get access tokens.
    pub app: Option<App>,
    /// How long a token that was asked for lasts.
    pub token_life: Duration,
    /// The instance's limits.
    pub limits: Limits,
    /// Between a sync's look for its records and their writing: so long another call may write the same.
    pub write_takes: Duration,
    /// How long an import takes.
    pub import_takes: Duration,
    /// Requests with a larger body are refused with 413: 1 MB, and 10 MB of an import.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "marketo-simulated".to_owned(),
            app: None,
            token_life: Duration::from_secs(3_600),
            limits: Limits::default(),
            write_takes: Duration::from_millis(20),
            import_takes: Duration::from_millis(300),
            body_bytes_max: 11 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// "Max 1 MB" of every request but an import.
const REST_BYTES_MAX: usize = 1_048_576;

/// An instance, who may use it and how often.
pub struct Marketo {
    options: Options,
    tokens: Mutex<identity::Tokens>,
    store: Mutex<store::Store>,
    meter: Mutex<limits::Meter>,
}

impl Vendor for Marketo {
    type Options = Options;
    type Record = Record;
    type Pass = limits::Place;

    const BATCHES: &'static [&'static str] = &["input"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, body_bytes_max, journal_entries_max, .. } = options;
        let marketo = Self {
            tokens: Mutex::new(identity::Tokens::new(&options)),
            store: Mutex::new(store::Store::new()),
            meter: Mutex::new(limits::Meter::new(options.limits)),
            options,
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, marketo)
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
        identity::routes(self)
    }

    fn admit(&self, head: &Parts, body: &Bytes) -> Result<limits::Place, Response> {
        if body.len() > REST_BYTES_MAX && !head.uri.path().starts_with("/bulk/") {
            return Err(self.too_large());
        }
        lock(&self.tokens).let_in(&head.headers).map_err(IntoResponse::into_response)?;
        lock(&self.meter).admit(Instant::now()).map_err(IntoResponse::into_response)
    }

    /// Marketo tells nothing of its limits.
    fn describe(&self, _place: limits::Place, _headers: &mut HeaderMap) {}

    fn dress(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
        }
        response
    }

    fn too_large(&self) -> Response {
        (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large").into_response()
    }

    /// Deleted records too, marked so. The members of a list are asked for by its id.
    fn records(&self, object: &str) -> Vec<Record> {
        let mut store = lock(&self.store);
        import::settle(&mut store, self.options.import_takes, Instant::now());
        if let Some(list) = store.list_mut(object) {
            let members = list.members.clone();
            let leads = store.table("leads").map(store::Table::records).unwrap_or_default();
            return leads.iter().filter(|lead| members.contains(&lead.id)).cloned().collect();
        }
        store.table(object).map(|table| table.records().to_vec()).unwrap_or_default()
    }

    fn expire_token(&self) {
        lock(&self.tokens).expire();
    }
}

impl Running<Marketo> {
    /// Adds a field to an object: a name, and a type such as `string`, `integer`, `email` or `datetime`. Says whether there is such
    /// an object and no such field.
    pub fn add_field(&self, object: &str, name: &str, kind: &str) -> bool {
        let mut store = lock(&self.vendor().store);
        match store.table_mut(object).filter(|table| table.field(name).is_none()) {
            Some(table) => {
                table.fields.push(field::Field::new(name, name, kind, false));
                true
            }
            None => false,
        }
    }

    /// Adds a custom object whose name ends with `_c`, with its dedupe fields and further fields with their types.
    pub fn add_custom_object(&self, name: &str, dedupe: &[&str], fields: &[(&str, &str)]) -> bool {
        let keys = dedupe.iter().map(|key| field::Field::new(key, key, "string", false));
        let others = fields.iter().map(|(name, kind)| field::Field::new(name, name, kind, false));
        lock(&self.vendor().store).add_object(name, dedupe, keys.chain(others).collect())
    }

    /// Adds a static list and returns its id.
    pub fn add_list(&self, name: &str) -> u64 {
        lock(&self.vendor().store).add_list(name, json!({"id": 12, "type": "Folder"}))
    }

    /// How many requests came with a token that is none or has ended. Marketo says so in an answer of status 200.
    pub fn tokens_refused(&self) -> u64 {
        lock(&self.vendor().tokens).refused
    }

    /// Reads the files that are still to be imported, without waiting for their time.
    pub fn finish_imports(&self) {
        import::settle(&mut lock(&self.vendor().store), Duration::ZERO, Instant::now());
    }
}
