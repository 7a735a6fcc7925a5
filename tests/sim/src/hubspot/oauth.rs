//! Access tokens for an app that a person has installed: `POST /oauth/2026-03/token`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::HubSpot;
use crate::{ident, lock};

/// How long an access token lasts, in seconds.
const LIFE: u32 = 1_800;

/// An app as HubSpot knows it.
#[derive(Clone, Debug)]
pub struct App {
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: String,
    /// What the person's consent gave. HubSpot does not replace it.
    pub refresh_token: String,
}

pub(super) async fn token(State(shared): State<Arc<HubSpot>>, body: Bytes) -> Response {
    let asked: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let is = |key: &str, expected: &str| asked.iter().any(|(name, value)| name == key && value == expected);
    let known = shared.options.app.as_ref().filter(|app| {
        is("grant_type", "refresh_token")
            && is("client_id", &app.client_id)
            && is("client_secret", &app.client_secret)
            && is("refresh_token", &app.refresh_token)
    });
    let Some(app) = known else {
        let refusal = json!({
            "status": "BAD_AUTH_CODE", "message": "missing or invalid refresh token", "correlationId": ident::uuid(),
            "error": "invalid_grant", "error_description": "missing or invalid refresh token"
        });
        return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
    };
    let access = format!("CNiMarked-{}", ident::uuid());
    access.clone_into(&mut lock(&shared.token));
    Json(json!({
        "access_token": access, "refresh_token": app.refresh_token, "expires_in": LIFE, "token_type": "bearer",
        "hub_id": shared.options.portal_id
    }))
    .into_response()
}
