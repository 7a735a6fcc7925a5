//! An in-memory JSON API of no vendor: people and events, as the webhook connector's README has them for an example.

mod answers;
mod event;
mod event_api;
mod limits;
mod once;
mod people_api;
mod person;
mod refusal;
mod request;
mod secret;
mod store;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::json;
use tokio::time::Instant;

use crate::answer::crossed;
use crate::vendor::{Command, Setup, Vendor};
use crate::{Running, clock, ident, lock};

use self::refusal::Refusal;

pub use crate::{Answer, Entry, Fault, Store};
pub use limits::Limits;
pub use secret::Secret;
pub use store::Record;

/// A running API.
pub type Simulator = Running<Webhook>;

/// The header that the token stands in.
pub(crate) const TOKEN: &str = "x-acme-token";

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one token that is let in, in `X-Acme-Token`.
    pub token: String,
    /// With a secret every request must be signed with it.
    pub secret: Option<Secret>,
    /// How many requests are taken.
    pub limits: Limits,
    /// The most people of a batch, and events of a request.
    pub batch_max: usize,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "webhook-simulated".to_owned(),
            secret: None,
            limits: Limits::default(),
            batch_max: 500,
            body_bytes_max: 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// An account, who may use it and how often.
pub struct Webhook {
    token: Mutex<String>,
    secret: Option<Secret>,
    batch_max: usize,
    meter: Mutex<limits::Meter>,
    answers: Mutex<answers::Answers>,
    store: Mutex<store::Account>,
}

impl Vendor for Webhook {
    type Options = Options;
    type Record = Record;
    type Pass = ();

    const BATCHES: &'static [&'static str] = &["people"];

    fn new(options: Options) -> (Setup, Self) {
        let Options { listen, token, secret, limits, batch_max, body_bytes_max, journal_entries_max } = options;
        let webhook = Self {
            token: Mutex::new(token),
            secret,
            batch_max,
            meter: Mutex::new(limits::Meter::new(limits)),
            answers: Mutex::default(),
            store: Mutex::default(),
        };
        (Setup { listen, body_bytes_max, journal_entries_max }, webhook)
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
            .route("/v1/me", get(async || Json(json!({ "account": "acme" }))))
            .route("/v1/people/batch", post(people_api::batch))
            .route("/v1/people/{email}", put(people_api::put).delete(people_api::delete))
            .route("/v1/events", post(event_api::take))
            .fallback(async || Refusal::new(404, "not_found", "there is nothing at this path"))
            .method_not_allowed_fallback(async || Refusal::new(405, "method_not_allowed", "not with this method"))
            .layer(from_fn_with_state(Arc::clone(&self), once::once))
            .with_state(self)
    }

    fn admit(&self, head: &Parts, body: &Bytes) -> Result<(), Response> {
        let given = head.headers.get(TOKEN).and_then(|value| value.to_str().ok());
        if given != Some(lock(&self.token).as_str()) {
            return Err(Refusal::new(401, "unauthorized", "the token is not valid").into_response());
        }
        let is_signed = |secret: &Secret| secret.signed(&head.headers, body, clock::now());
        if self.secret.as_ref().is_some_and(|secret| !is_signed(secret)) {
            return Err(Refusal::new(401, "invalid_signature", "the signature is not valid").into_response());
        }
        lock(&self.meter).admit(Instant::now()).map_err(|wait| {
            let mut response = Refusal::new(429, "rate_limited", "too many requests").into_response();
            response.headers_mut().insert("retry-after", wait.into());
            crossed(response)
        })
    }

    fn describe(&self, (): (), _headers: &mut HeaderMap) {}

    fn too_large(&self) -> Response {
        Refusal::new(413, "body_too_large", "the body is too large").into_response()
    }

    /// Who broke off in the middle has no answer that could be given again.
    fn cut(&self, head: &Parts, body: &Bytes, records: usize) -> Bytes {
        let kept = match request::is_ndjson(&head.headers) {
            true => event::first(body, records),
            false => self.cut_batch(head, body, records),
        };
        if let Some(key) = request::idempotency_key(&head.headers).filter(|_| kept != *body) {
            lock(&self.answers).forgo(key);
        }
        kept
    }

    /// `people` or `events`.
    fn records(&self, object: &str) -> Vec<Record> {
        lock(&self.store).records(object)
    }

    fn expire_token(&self) {
        *lock(&self.token) = format!("expired-{}", ident::uuid());
    }
}

impl Running<Webhook> {
    /// Lets in another token from now on, and the one before no more.
    pub fn rotate_token(&self, token: &str) {
        token.clone_into(&mut lock(&self.vendor().token));
    }
}
