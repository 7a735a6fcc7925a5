//! `/identity/oauth/token`: the token of a custom service, given again while it lasts.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::time::Instant;
use url::form_urlencoded;

use super::answer::Refusal;
use super::{Marketo, Options};
use crate::{ident, lock};

/// A custom service as the instance knows it.
#[derive(Clone, Debug)]
pub struct App {
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: String,
}

/// The token that is good, and those that were.
pub(super) struct Tokens {
    access: String,
    ends: Option<Instant>,
    life: Duration,
    ended: Vec<String>,
    /// Requests whose token was none or had ended.
    pub(super) refused: u64,
}

impl Tokens {
    pub(super) fn new(options: &Options) -> Self {
        Self { access: options.token.clone(), ends: None, life: options.token_life, ended: Vec::new(), refused: 0 }
    }

    pub(super) fn let_in(&mut self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.settle();
        let judged = self.judge(headers);
        self.refused += u64::from(judged.is_err());
        judged
    }

    fn judge(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match token.map(|(_, token)| token.trim()) {
            Some(token) if token == self.access => Ok(()),
            Some(token) if self.ended.iter().any(|ended| ended == token) => {
                Err(Refusal::new("602", "Access token expired"))
            }
            _ => Err(Refusal::new("601", "Access token invalid")),
        }
    }

    pub(super) fn expire(&mut self) {
        let next = ident::uuid();
        self.ended.push(std::mem::replace(&mut self.access, next));
        self.ends = None;
    }

    fn settle(&mut self) {
        if self.ends.is_some_and(|ends| ends <= Instant::now()) {
            self.expire();
        }
    }

    /// The token that lasts, or another, with the seconds that it has left.
    fn issue(&mut self) -> (String, u64) {
        self.settle();
        let ends = *self.ends.get_or_insert_with(|| Instant::now() + self.life);
        (self.access.clone(), ends.saturating_duration_since(Instant::now()).as_secs())
    }
}

pub(super) fn routes(marketo: Arc<Marketo>) -> Router {
    Router::new().route("/identity/oauth/token", get(token).post(token)).with_state(marketo)
}

async fn token(State(marketo): State<Arc<Marketo>>, query: RawQuery) -> Response {
    let query = query.0.unwrap_or_default();
    let given = |name: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let refused = |status: StatusCode, error: &str, description: &str| {
        (status, Json(json!({"error": error, "error_description": description}))).into_response()
    };
    if given("grant_type").as_deref() != Some("client_credentials") {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", "Unsupported grant type");
    }
    let app = marketo.options.app.as_ref().filter(|app| {
        given("client_id").as_deref() == Some(app.client_id.as_str())
            && given("client_secret").as_deref() == Some(app.client_secret.as_str())
    });
    if app.is_none() {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client", "Bad client credentials");
    }
    let (token, seconds) = lock(&marketo.tokens).issue();
    let issued =
        json!({"access_token": token, "token_type": "bearer", "expires_in": seconds, "scope": "ada@example.com"});
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
        (header::CONTENT_TYPE, "application/json;charset=UTF-8"),
    ];
    (headers, issued.to_string()).into_response()
}
