//! Whom HubSpot lets in, and what every reply of it carries.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::{CORRELATION, Refusal};
use super::limits::Class;
use crate::ident;

const AUTH_FAILURE: HeaderName = HeaderName::from_static("x-hubspot-auth-failure");

pub(super) fn authorized(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, given) = given.and_then(|given| given.split_once(' ')).unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer") && given.trim() == token
}

pub(super) fn unauthorized() -> Response {
    let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                   find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", message);
    let mut response = refusal.into_response();
    response.headers_mut().insert(AUTH_FAILURE, HeaderValue::from_static("401 Unauthorized"));
    response
}

pub(super) fn class(path: &str) -> Class {
    if path.starts_with("/crm/") && path.ends_with("/search") && !path.starts_with("/crm/lists/") {
        Class::Search
    } else {
        Class::General
    }
}

/// Adds the headers that every recorded reply has.
pub(super) fn dress(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(CORRELATION)
        && let Ok(value) = HeaderValue::from_str(&ident::uuid())
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
