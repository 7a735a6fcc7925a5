//! What every request passes on its way in and out: journal, faults, the vendor's token and limits, its headers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::json;

use crate::answer::{self, Crossed};
use crate::fault::{Answer, Fault, Script, Store};
use crate::journal::Journal;
use crate::lock;
use crate::server::Hangup;
use crate::vendor::{Setup, Vendor};

/// A vendor, and what is kept about the requests to it.
pub(crate) struct Gate<V> {
    pub(crate) vendor: Arc<V>,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) faults: Mutex<Script>,
    crossed: AtomicU64,
    body_bytes_max: usize,
}

impl<V: Vendor> Gate<V> {
    pub(crate) fn new(vendor: V, setup: Setup) -> Self {
        Self {
            vendor: Arc::new(vendor),
            journal: Mutex::new(Journal::new(setup.journal_entries_max)),
            faults: Mutex::default(),
            crossed: AtomicU64::new(0),
            body_bytes_max: setup.body_bytes_max,
        }
    }

    pub(crate) fn crossed(&self) -> u64 {
        self.crossed.load(Ordering::Relaxed)
    }

    /// Handles a request as the fault wants it.
    async fn attend(&self, head: Parts, body: Bytes, next: Next, fault: Option<Fault>) -> Response {
        let Some(fault) = fault else {
            return self.handle(head, body, next).await;
        };
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        let honest = match fault.store {
            Store::All => Some(self.handle(head, body, next).await),
            Store::First(records) => {
                let body = self.vendor.cut(&head, &body, records);
                Some(self.handle(head, body, next).await)
            }
            Store::Nothing => None,
        };
        match fault.answer {
            Answer::Honest => honest.unwrap_or_else(answer::hangup),
            Answer::Hangup => answer::hangup(),
            Answer::Torn => match honest {
                Some(honest) => answer::torn(honest).await,
                None => answer::hangup(),
            },
            Answer::Reply { status, headers, body } => self.vendor.dress(answer::reply(status, &headers, body)),
            Answer::Huge { bytes } => self.vendor.dress(Json(json!({ "padding": "x".repeat(bytes) })).into_response()),
        }
    }

    async fn handle(&self, head: Parts, body: Bytes, next: Next) -> Response {
        let response = match self.vendor.admit(&head, &body) {
            Ok(pass) => {
                let mut response = next.run(Request::from_parts(head, Body::from(body))).await;
                self.vendor.describe(pass, response.headers_mut());
                response
            }
            Err(refusal) => refusal,
        };
        if response.extensions().get::<Crossed>().is_some() {
            self.crossed.fetch_add(1, Ordering::Relaxed);
        }
        self.vendor.dress(response)
    }
}

pub(crate) async fn guard<V: Vendor>(State(gate): State<Arc<Gate<V>>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = receive(body, gate.body_bytes_max).await;
    let number = lock(&gate.journal).note(&head, body.clone().unwrap_or_default());
    let response = match body {
        Some(body) => {
            let fault = lock(&gate.faults).strike(&head.method, head.uri.path());
            gate.attend(head, body, next, fault).await
        }
        None => gate.vendor.dress(gate.vendor.too_large()),
    };
    if response.extensions().get::<Hangup>().is_none() {
        lock(&gate.journal).settle(number, response.status().as_u16());
    }
    response
}

/// Reads a body, or nothing when it is too large or breaks off.
///
/// What is too much is read and thrown away, because a client that is still sending would not see the refusal.
async fn receive(mut body: Body, bytes_max: usize) -> Option<Bytes> {
    let (mut kept, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        length += data.len();
        if length <= bytes_max {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
        }
    }
    (length <= bytes_max).then(|| Bytes::from(kept))
}
