//! Access tokens of an OAuth client: `POST /oauth/tokens`. A refresh replaces both tokens, and the old pair is gone.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::{Options, Zendesk};
use crate::{ident, lock};

/// How long an access token lasts, in seconds.
const LIFE: u32 = 7_200;
/// How long a refresh token lasts, in seconds.
const REFRESH_LIFE: u32 = 2_592_000;

/// An OAuth client as Zendesk knows it.
#[derive(Clone, Debug)]
pub struct App {
    /// Its identifier.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What the person's consent gave; the first refresh uses it up.
    pub refresh_token: String,
}

/// The tokens that are good.
pub(super) struct Tokens {
    access: String,
    refresh: Option<String>,
}

impl Tokens {
    pub(super) fn new(options: &Options) -> Self {
        Self { access: options.token.clone(), refresh: options.app.as_ref().map(|app| app.refresh_token.clone()) }
    }

    pub(super) fn let_in(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match given.and_then(|given| given.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                if token.trim() == self.access {
                    Ok(())
                } else {
                    Err(Refusal::invalid_token())
                }
            }
            _ => Err(Refusal::unauthenticated()),
        }
    }

    pub(super) fn expire(&mut self) {
        self.access = format!("expired-{}", ident::uuid());
    }
}

pub(super) fn routes(zendesk: Arc<Zendesk>) -> Router {
    Router::new().route("/oauth/tokens", post(tokens)).with_state(zendesk)
}

async fn tokens(State(zendesk): State<Arc<Zendesk>>, body: Bytes) -> Response {
    match grant(&zendesk, &body) {
        Ok(tokens) => zendesk_json(tokens),
        Err(refusal) => refusal.into_response(),
    }
}

fn zendesk_json(tokens: Value) -> Response {
    Json(tokens).into_response()
}

fn grant(zendesk: &Zendesk, body: &Bytes) -> Result<Value, Refusal> {
    let asked: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Refusal::unreadable())?;
    let given = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let app = zendesk.options.app.as_ref();
    let app = app.filter(|app| given("client_id") == app.client_id && given("client_secret") == app.client_secret);
    if app.is_none() {
        return Err(Refusal::grant("invalid_client", "Client authentication failed"));
    }
    let mut tokens = lock(&zendesk.tokens);
    let refreshes = match given("grant_type") {
        "refresh_token" => {
            if tokens.refresh.as_deref() != Some(given("refresh_token")) {
                let description = "The provided authorization grant is invalid, expired, revoked, does not match the \
                                   redirection URI used in the authorization request, or was issued to another client.";
                return Err(Refusal::grant("invalid_grant", description));
            }
            true
        }
        "client_credentials" => false,
        _ => return Err(Refusal::grant("unsupported_grant_type", "The authorization grant type is not supported")),
    };
    tokens.access = format!("at-{}", ident::uuid());
    let mut issued = json!({
        "access_token": tokens.access, "token_type": "bearer", "scope": "read write", "expires_in": LIFE
    });
    if refreshes {
        let refresh = format!("rt-{}", ident::uuid());
        if let Some(issued) = issued.as_object_mut() {
            issued.insert("refresh_token".to_owned(), json!(refresh));
            issued.insert("refresh_token_expires_in".to_owned(), json!(REFRESH_LIFE));
        }
        tokens.refresh = Some(refresh);
    }
    Ok(issued)
}
