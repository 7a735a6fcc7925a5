//! Access tokens of an external client app: `POST /services/oauth2/token`. The answer names no lifetime.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Salesforce;
use super::refusal::Refusal;
use crate::{ident, lock};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// An assertion may not be good for longer.
const ASSERTION_SECONDS_MAX: i64 = 300;
const AUDIENCES: [&str; 2] = ["https://login.salesforce.com", "https://test.salesforce.com"];

/// An external client app as the org knows it.
#[derive(Clone, Debug)]
pub struct App {
    /// Its consumer key.
    pub client_id: String,
    /// Its consumer secret.
    pub client_secret: String,
    /// What the person's consent gave.
    pub refresh_token: String,
    /// The user as whom a JWT may log in.
    pub username: String,
}

/// The token that is good.
pub(super) struct Session {
    token: String,
}

impl Session {
    pub(super) fn new(token: &str) -> Self {
        Self { token: token.to_owned() }
    }

    pub(super) fn let_in(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match given.split_once(' ') {
            Some((scheme, token))
                if (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"))
                    && token.trim() == self.token =>
            {
                Ok(())
            }
            _ => Err(Refusal::expired()),
        }
    }

    pub(super) fn expire(&mut self) {
        self.token = format!("expired-{}", ident::uuid());
    }
}

pub(super) fn routes(salesforce: Arc<Salesforce>) -> Router {
    Router::new().route("/services/oauth2/token", post(token)).with_state(salesforce)
}

async fn token(State(salesforce): State<Arc<Salesforce>>, headers: HeaderMap, body: Bytes) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    match grant(&salesforce, host, &body) {
        Ok(issued) => Json(issued).into_response(),
        Err((error, description)) => {
            let body = json!({"error": error, "error_description": description});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

fn grant(salesforce: &Salesforce, host: &str, body: &[u8]) -> Result<Value, (&'static str, &'static str)> {
    let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
    let given = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let app = salesforce.options.app.as_ref().ok_or(("invalid_client_id", "client identifier invalid"))?;
    let grant = given("grant_type");
    if grant == JWT_BEARER {
        assertion(given("assertion"), app)?;
    } else if given("client_id") != app.client_id {
        return Err(("invalid_client_id", "client identifier invalid"));
    } else if given("client_secret") != app.client_secret {
        return Err(("invalid_client", "invalid client credentials"));
    }
    match grant {
        JWT_BEARER | "client_credentials" => {}
        "refresh_token" if given("refresh_token") == app.refresh_token => {}
        "refresh_token" => return Err(("invalid_grant", "expired access/refresh token")),
        _ => return Err(("unsupported_grant_type", "grant type not supported")),
    }
    let (organization, user) = {
        let org = lock(&salesforce.org);
        (org.organization.clone(), org.user.clone())
    };
    let token = format!("{}!{}", organization.get(..15).unwrap_or_default(), ident::uuid().replace('-', ""));
    lock(&salesforce.session).token.clone_from(&token);
    Ok(json!({
        "access_token": token, "instance_url": format!("http://{host}"),
        "id": format!("https://login.salesforce.com/id/{organization}/{user}"), "token_type": "Bearer",
        "issued_at": Timestamp::now().as_millisecond().to_string(), "signature": ident::uuid(), "scope": "api refresh_token",
    }))
}

/// The claims of an assertion. Its signature is not looked at: the simulator has no key to do so.
fn assertion(jwt: &str, app: &App) -> Result<(), (&'static str, &'static str)> {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return Err(("invalid_grant", "invalid assertion")) };
    let read = |part: &str| -> Option<Value> { serde_json::from_slice(&base64(part)?).ok() };
    let (Some(header), Some(claims)) = (read(header), read(claims)) else {
        return Err(("invalid_grant", "invalid assertion"));
    };
    if text(&header, "alg") != "RS256" || signature.is_empty() {
        return Err(("invalid_grant", "invalid assertion"));
    }
    if text(&claims, "iss") != app.client_id {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let audience = text(&claims, "aud");
    if !AUDIENCES.contains(&audience) && !audience.contains("://127.0.0.1") {
        return Err(("invalid_grant", "audience is invalid"));
    }
    let left = claims.get("exp").and_then(Value::as_i64).unwrap_or_default() - Timestamp::now().as_second();
    if !(0..=ASSERTION_SECONDS_MAX).contains(&left) {
        return Err(("invalid_grant", "assertion expired"));
    }
    if text(&claims, "sub") != app.username {
        return Err(("invalid_grant", "user hasn't approved this consumer"));
    }
    Ok(())
}

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// Base64 with the alphabet of URLs and without padding, as a JWT has it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0_u8);
    for letter in text.bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}
