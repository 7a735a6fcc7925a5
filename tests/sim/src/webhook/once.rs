//! `Idempotency-Key`: a request that comes again is answered as before and does nothing.
//!
//! Source: <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

use super::answers::{Given, Known, Print};
use super::refusal::Refusal;
use super::{Webhook, request};
use crate::lock;

/// The longest key.
const KEY_MAX: usize = 255;

pub(super) async fn once(State(webhook): State<Arc<Webhook>>, asked: Request, next: Next) -> Response {
    let (head, body) = asked.into_parts();
    let Some(body) = whole(body).await else { return StatusCode::BAD_REQUEST.into_response() };
    let key = request::idempotency_key(&head.headers).filter(|_| head.method != Method::GET).map(str::to_owned);
    let Some(key) = key else { return next.run(Request::from_parts(head, Body::from(body))).await };
    if key.is_empty() || key.len() > KEY_MAX {
        let message = format!("Idempotency-Key has between 1 and {KEY_MAX} characters");
        return Refusal::new(400, "invalid_idempotency_key", message).into_response();
    }
    let known = lock(&webhook.answers).begin(&key, print(&head, &body));
    match known {
        Known::Answered(given) => given.again(),
        Known::Running => {
            Refusal::new(409, "in_progress", "the request with this key is being handled").into_response()
        }
        Known::Other => Refusal::new(422, "key_reused", "another request had this key").into_response(),
        Known::New => {
            let response = next.run(Request::from_parts(head, Body::from(body))).await;
            let (head, body) = response.into_parts();
            let body = whole(body).await.unwrap_or_default();
            let given = Given { status: head.status, headers: head.headers, body };
            lock(&webhook.answers).end(&key, given.clone());
            given.again()
        }
    }
}

async fn whole(body: Body) -> Option<Bytes> {
    body.collect().await.ok().map(http_body_util::Collected::to_bytes)
}

fn print(head: &Parts, body: &Bytes) -> Print {
    let mut digest = Sha256::new();
    for part in [head.method.as_str().as_bytes(), b" ", head.uri.to_string().as_bytes(), b"\n", body] {
        digest.update(part);
    }
    digest.finalize().into()
}
