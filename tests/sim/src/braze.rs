//! An in-memory Braze: user profiles, their events and purchases, and catalogs, behind a REST API key.
//!
//! What is accepted is applied a little later: an export in between shows what was there before.

mod catalog;
mod catalog_api;
mod limits;
mod object;
mod profile;
mod profiles;
mod reply;
mod track;
mod users_api;
mod workspace;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use tokio::time::Instant;

use crate::answer::crossed;
use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, ident, lock};

use self::reply::Refusal;

pub use crate::{Answer, Entry, Fault, Store};
pub use limits::Limits;
pub use workspace::Record;

/// A running Braze.
pub type Simulator = Running<Braze>;

/// How many objects a `/users/track` takes: that depends on the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackCap {
    /// So many attributes, events and purchases together.
    Combined(usize),
    /// So many of each.
    Each(usize),
}

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one API key that is let in.
    pub token: String,
    /// The workspace's request limits.
    pub limits: Limits,
    /// How many objects a `/users/track` takes.
    pub track_cap: TrackCap,
    /// How long it takes until what was accepted is applied.
    pub lag: Duration,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "braze-simulated".to_owned(),
            limits: Limits::default(),
            track_cap: TrackCap::Combined(50),
            lag: Duration::from_millis(200),
            body_bytes_max: 4 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// A workspace, who may use it and how often.
pub struct Braze {
    options: Options,
    token: Mutex<String>,
    workspace: Mutex<workspace::Workspace>,
    meter: Mutex<limits::Meter>,
}

impl Braze {
    /// The workspace with all applied that is due.
    fn with<T>(&self, look: impl FnOnce(&mut workspace::Workspace) -> T) -> T {
        let mut workspace = lock(&self.workspace);
        workspace.settle(Instant::now());
        look(&mut workspace)
    }
}

impl Vendor for Braze {
    type Options = Options;
    type Record = Record;
    type Pass = limits::Shown;

    const BATCHES: &'static [&'static str] =
        &["attributes", "events", "purchases", "items", "external_ids", "braze_ids", "user_aliases"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, body_bytes_max, journal_entries_max, .. } = options;
        let braze = Self {
            token: Mutex::new(options.token.clone()),
            workspace: Mutex::new(workspace::Workspace::new(options.lag)),
            meter: Mutex::new(limits::Meter::new(options.limits)),
            options,
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, braze)
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
        Router::new()
            .route("/users/track", post(users_api::track))
            .route("/users/delete", post(users_api::delete))
            .route("/users/export/ids", post(users_api::export))
            .route("/users/alias/new", post(users_api::alias))
            .route("/users/identify", post(users_api::identify))
            .route("/custom_attributes", get(users_api::custom_attributes))
            .route("/catalogs", get(catalog_api::list).post(catalog_api::create))
            .route(
                "/catalogs/{name}/items",
                post(catalog_api::add)
                    .put(catalog_api::replace)
                    .patch(catalog_api::edit)
                    .delete(catalog_api::remove)
                    .get(catalog_api::items),
            )
            .route("/catalogs/{name}/items/{id}", get(catalog_api::item))
            .route("/catalogs/{name}", delete(catalog_api::drop_catalog))
            .fallback(async || Refusal::not_found("Not Found"))
            .method_not_allowed_fallback(async || Refusal::not_found("Not Found"))
            .with_state(self)
    }

    fn admit(&self, head: &Parts, _body: &Bytes) -> Result<limits::Shown, Response> {
        let given = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let known = given
            .and_then(|given| given.split_once(' '))
            .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token.trim() == *lock(&self.token));
        if !known {
            return Err(Refusal::new(401, "Invalid API key").into_response());
        }
        let class = limits::Class::of(&head.method, head.uri.path());
        lock(&self.meter).admit(class).map_err(|shown| {
            let mut response = Refusal::new(429, "Rate limit exceeded").into_response();
            shown.write(response.headers_mut());
            crossed(response)
        })
    }

    fn describe(&self, shown: limits::Shown, headers: &mut HeaderMap) {
        shown.write(headers);
    }

    fn too_large(&self) -> Response {
        Refusal::new(413, "Payload too large").into_response()
    }

    /// `users`, `events`, `purchases`, or the items of the catalog of that name.
    fn records(&self, object: &str) -> Vec<Record> {
        self.with(|workspace| workspace.records(object))
    }

    fn expire_token(&self) {
        *lock(&self.token) = format!("expired-{}", ident::uuid());
    }
}

impl Running<Braze> {
    /// Lets in another key from now on, and the one before no more.
    pub fn rotate_token(&self, token: &str) {
        token.clone_into(&mut lock(&self.vendor().token));
    }

    /// Applies what was accepted, without waiting for its time.
    pub fn apply(&self) {
        let later = Instant::now() + self.vendor().options.lag;
        lock(&self.vendor().workspace).settle(later);
    }

    /// Adds a catalog with fields of these names and types (`string`, `number`, `boolean`, `time`, `object`, `array`), beside
    /// the `id` that each has, and says whether there was none of that name.
    pub fn add_catalog(&self, name: &str, fields: &[(&str, &str)]) -> bool {
        let catalog = catalog::Catalog::new(name, fields);
        self.vendor().with(|workspace| workspace.add_catalog(catalog))
    }
}
