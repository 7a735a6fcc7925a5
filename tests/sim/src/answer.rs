//! Answers that the gate gives or marks.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;

use crate::server::Hangup;
use crate::torn::Torn;

/// Put into a response's extensions, it says that one of the vendor's limits has refused the request.
#[derive(Clone, Copy)]
pub(crate) struct Crossed;

/// Marks a refusal by one of the vendor's limits, so that it is counted.
pub(crate) fn crossed(mut refusal: Response) -> Response {
    refusal.extensions_mut().insert(Crossed);
    refusal
}

/// No answer at all: the connection is closed.
pub(crate) fn hangup() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Hangup);
    response
}

/// The same head, which promises the whole body, and half of it.
pub(crate) async fn torn(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(whole) = body.collect().await else { return hangup() };
    let whole = whole.to_bytes();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, Body::new(Torn::new(whole.slice(..whole.len() / 2))))
}

/// An answer as scripted, JSON unless its headers say otherwise.
pub(crate) fn reply(status: u16, headers: &BTreeMap<String, String>, body: String) -> Response {
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
