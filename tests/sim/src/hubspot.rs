//! An in-memory HubSpot: CRM objects, associations, lists, properties, schemas and account details behind a Bearer token.
//!
//! One connection is one task; the portal itself sits behind one lock, so that a batch is stored whole or
//! not at all, as far as a reader can see.

mod account;
mod association;
mod association_api;
mod batch;
mod batch_read;
mod error;
mod gate;
mod limits;
mod list;
mod list_api;
mod oauth;
mod object;
mod portal;
mod property;
mod property_api;
mod request;
mod routes;
mod schema_api;
mod search;
mod single;
mod standard;
mod store;
mod validate;
mod view;
mod write;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::crossed;
use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, ident, lock};

pub use crate::{Answer, Entry, Fault, Store};
pub use association::Association;
pub use limits::Limits;
pub use oauth::App;
pub use store::Record;

/// A running HubSpot.
pub type Simulator = Running<HubSpot>;

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one Bearer token that is let in, until an app's is issued.
    pub token: String,
    /// An app that may get access tokens; each takes the place of the one before.
    pub app: Option<App>,
    /// The request limits of the portal.
    pub limits: Limits,
    /// Searches a second, which HubSpot counts apart from all other requests.
    pub search_secondly: u32,
    /// The portal (account) number; custom objects carry it in their names.
    pub portal_id: u64,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "pat-na1-simulated".to_owned(),
            app: None,
            limits: Limits::default(),
            search_secondly: 5,
            portal_id: 62_515,
            body_bytes_max: 16 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// A portal, who may use it and how often.
pub struct HubSpot {
    options: Options,
    /// The options' token, or the one that has replaced it.
    token: Mutex<String>,
    portal: Mutex<portal::Portal>,
    meter: Mutex<limits::Meter>,
}

impl Vendor for HubSpot {
    type Options = Options;
    type Record = Record;
    type Pass = (limits::Class, Instant);

    const BATCHES: &'static [&'static str] = &["inputs"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, body_bytes_max, journal_entries_max, .. } = options;
        let hubspot = Self {
            portal: Mutex::new(portal::Portal::new(options.portal_id)),
            token: Mutex::new(options.token.clone()),
            meter: Mutex::new(limits::Meter::new(options.limits, options.search_secondly)),
            options,
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, hubspot)
    }

    fn commanded(command: Command) -> Options {
        let options = Options::default();
        Options {
            listen: command.listen.unwrap_or(options.listen),
            token: command.token.unwrap_or(options.token),
            limits: if command.generous { Limits::GENEROUS } else { options.limits },
            search_secondly: if command.generous { Limits::GENEROUS.secondly } else { options.search_secondly },
            ..options
        }
    }

    fn routes(self: Arc<Self>) -> Router {
        routes::gated(self)
    }

    fn open_routes(self: Arc<Self>) -> Router {
        routes::open(self)
    }

    fn admit(&self, head: &Parts, _body: &Bytes) -> Result<Self::Pass, Response> {
        if !gate::authorized(&head.headers, &lock(&self.token)) {
            return Err(gate::unauthorized());
        }
        let (class, now) = (gate::class(head.uri.path()), Instant::now());
        let mut meter = lock(&self.meter);
        match meter.admit(class, now) {
            Ok(()) => Ok((class, now)),
            Err(refusal) => {
                let mut response = refusal.into_response();
                meter.describe(class, now, response.headers_mut());
                Err(crossed(response))
            }
        }
    }

    fn describe(&self, (class, now): Self::Pass, headers: &mut HeaderMap) {
        lock(&self.meter).describe(class, now, headers);
    }

    fn dress(&self, response: Response) -> Response {
        gate::dress(response)
    }

    fn too_large(&self) -> Response {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        error::Refusal::new(status, "VALIDATION_ERROR", "Request body is too large").into_response()
    }

    /// Archived records too.
    fn records(&self, object: &str) -> Vec<Record> {
        lock(&self.portal).records(object)
    }

    fn expire_token(&self) {
        *lock(&self.token) = format!("expired-{}", ident::uuid());
    }
}

impl Running<HubSpot> {
    /// Lets in another token from now on, and the one before no more.
    pub fn rotate_token(&self, token: &str) {
        token.clone_into(&mut lock(&self.vendor().token));
    }

    /// All associations, from every record to every other.
    pub fn associations(&self) -> Vec<Association> {
        lock(&self.vendor().portal).associations.all().cloned().collect()
    }

    /// Ids of the records on a list; none when there is no such list.
    pub fn members(&self, list: &str) -> Vec<String> {
        let portal = lock(&self.vendor().portal);
        let list = portal.lists.iter().find(|known| known.id.to_string() == list);
        list.into_iter().flat_map(|list| &list.members).map(u64::to_string).collect()
    }

    /// Adds a property to an object as its administrator does, from the body that the endpoint takes, and says whether the
    /// portal took it.
    pub fn add_property(&self, object: &str, definition: &Value) -> bool {
        let definition = definition.as_object();
        definition.is_some_and(|definition| property_api::add(self.vendor(), object, definition).is_ok())
    }
}
