//! What every request passes on its way in and out: journal, faults, token, limits, headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::{CORRELATION, Refusal};
use super::fault::{Answer, Fault, Store};
use super::limits::Class;
use super::server::Hangup;
use super::torn::Torn;
use super::{Shared, ident, lock};

const AUTH_FAILURE: HeaderName = HeaderName::from_static("x-hubspot-auth-failure");

pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = receive(body, shared.options.body_bytes_max).await;
    let number = lock(&shared.journal).note(&parts, body.clone().unwrap_or_default());
    let response = match body {
        Some(body) => {
            let fault = lock(&shared.faults).strike(&parts.method, parts.uri.path());
            attend(&shared, parts, body, next, fault).await
        }
        None => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            dress(Refusal::new(status, "VALIDATION_ERROR", "Request body is too large").into_response())
        }
    };
    if response.extensions().get::<Hangup>().is_none() {
        lock(&shared.journal).settle(number, response.status().as_u16());
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

/// Handles a request as the fault wants it.
async fn attend(shared: &Shared, parts: Parts, body: Bytes, next: Next, fault: Option<Fault>) -> Response {
    let Some(fault) = fault else {
        return handle(shared, parts, body, next).await;
    };
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    let honest = match fault.store {
        Store::All => Some(handle(shared, parts, body, next).await),
        Store::First(inputs) => Some(handle(shared, parts, cut(&body, inputs), next).await),
        Store::Nothing => None,
    };
    match fault.answer {
        Answer::Honest => honest.unwrap_or_else(hangup),
        Answer::Hangup => hangup(),
        Answer::Torn => match honest {
            Some(answer) => torn(answer).await,
            None => hangup(),
        },
        Answer::Reply { status, headers, body } => dress(reply(status, &headers, body)),
        Answer::Huge { bytes } => dress(Json(json!({ "padding": "x".repeat(bytes) })).into_response()),
    }
}

async fn handle(shared: &Shared, parts: Parts, body: Bytes, next: Next) -> Response {
    if !authorized(&parts.headers, &lock(&shared.token)) {
        return dress(unauthorized());
    }
    let class = class(parts.uri.path());
    let now = Instant::now();
    let admitted = lock(&shared.meter).admit(class, now);
    let mut response = match admitted {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(refusal) => refusal.into_response(),
    };
    lock(&shared.meter).describe(class, now, response.headers_mut());
    dress(response)
}

fn authorized(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, given) = given.and_then(|given| given.split_once(' ')).unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer") && given.trim() == token
}

fn unauthorized() -> Response {
    let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                   find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", message);
    let mut response = refusal.into_response();
    response.headers_mut().insert(AUTH_FAILURE, HeaderValue::from_static("401 Unauthorized"));
    response
}

fn class(path: &str) -> Class {
    if path.starts_with("/crm/") && path.ends_with("/search") { Class::Search } else { Class::General }
}

/// Keeps the first so many inputs of a batch; any other body stays as it is.
fn cut(body: &Bytes, inputs: usize) -> Bytes {
    let Ok(mut parsed) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    match parsed.get_mut("inputs").and_then(Value::as_array_mut) {
        Some(list) => list.truncate(inputs),
        None => return body.clone(),
    }
    Bytes::from(parsed.to_string())
}

fn hangup() -> Response {
    let mut response = StatusCode::OK.into_response();
    response.extensions_mut().insert(Hangup);
    response
}

/// The same head, which promises the whole body, and half of it.
async fn torn(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(whole) = body.collect().await else { return hangup() };
    let whole = whole.to_bytes();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, Body::new(Torn::new(whole.slice(..whole.len() / 2))))
}

fn reply(status: u16, headers: &std::collections::BTreeMap<String, String>, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Adds the headers that every recorded reply has.
fn dress(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(CORRELATION)
        && let Ok(value) = HeaderValue::from_str(&ident::correlation_id())
    {
        headers.insert(CORRELATION, value);
    }
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        let kind = HeaderValue::from_static("application/json;charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("false"));
    response
}
