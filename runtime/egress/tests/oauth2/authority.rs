//! A vendor that issues tokens as RFC 6749 and RFC 7523 say, replaces refresh tokens with every use, and takes no other
//! access token than the newest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{CLIENT_SECRET, EC_PUBLIC, FIRST_REFRESH, RSA_PUBLIC};

type Parameters = BTreeMap<String, String>;

#[derive(Default)]
pub(crate) struct Inner {
    base: Mutex<String>,
    pub(crate) expires_in: AtomicU64,
    pub(crate) slow: AtomicBool,
    pub(crate) down: AtomicBool,
    pub(crate) refusals: AtomicU64,
    asked: Mutex<Vec<Parameters>>,
    issued: AtomicU64,
    used: AtomicU64,
    access: Mutex<Option<String>>,
    refresh: Mutex<BTreeSet<String>>,
}

pub(crate) struct Authority(Arc<Inner>);

impl std::ops::Deref for Authority {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Authority {
    pub(crate) async fn start() -> Self {
        let inner = Arc::new(Inner { expires_in: AtomicU64::new(1_800), ..Inner::default() });
        inner.accept(FIRST_REFRESH);
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *inner.base.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(inner)
    }
}

impl Inner {
    pub(crate) fn base(&self) -> String {
        self.base.lock().unwrap().clone()
    }

    /// Token requests so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn last_asked(&self) -> Parameters {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    /// Tokens issued so far.
    pub(crate) fn issued(&self) -> u64 {
        self.issued.load(Ordering::SeqCst)
    }

    /// Requests that came with an access token.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::SeqCst)
    }

    /// Takes this refresh token, once.
    pub(crate) fn accept(&self, refresh: &str) {
        self.refresh.lock().unwrap().insert(refresh.to_owned());
    }

    /// No access token counts any more.
    pub(crate) fn revoke(&self) {
        *self.access.lock().unwrap() = None;
    }

    fn issue(&self, asked: &Parameters) -> Result<Value, &'static str> {
        match asked.get("grant_type").map(String::as_str) {
            Some("client_credentials") => self.client(asked)?,
            Some("refresh_token") => {
                self.client(asked)?;
                let used = asked.get("refresh_token").ok_or("invalid_request")?;
                if !self.refresh.lock().unwrap().remove(used) {
                    return Err("invalid_grant");
                }
            }
            Some("urn:ietf:params:oauth:grant-type:jwt-bearer") => vouched(asked)?,
            _ => return Err("unsupported_grant_type"),
        }
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        let access = format!("access-{number}-marked");
        *self.access.lock().unwrap() = Some(access.clone());
        let mut answer = json!({
            "access_token": access, "token_type": "bearer", "expires_in": self.expires_in.load(Ordering::SeqCst)
        });
        if asked.contains_key("refresh_token") {
            let refresh = format!("refresh-{number}-marked");
            self.accept(&refresh);
            answer.as_object_mut().unwrap().insert("refresh_token".to_owned(), refresh.into());
        }
        Ok(answer)
    }

    fn client(&self, asked: &Parameters) -> Result<(), &'static str> {
        let is = |key: &str, value: &str| asked.get(key).is_some_and(|given| given == value);
        if is("client_id", "the-client") && is("client_secret", CLIENT_SECRET) { Ok(()) } else { Err("invalid_client") }
    }
}

fn vouched(asked: &Parameters) -> Result<(), &'static str> {
    let assertion = asked.get("assertion").ok_or("invalid_request")?;
    let header = decode_header(assertion).map_err(|_| "invalid_grant")?;
    let key = match header.alg {
        Algorithm::RS256 => DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()),
        Algorithm::ES256 => DecodingKey::from_ec_pem(EC_PUBLIC.as_bytes()),
        _ => return Err("invalid_grant"),
    };
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["https://login.example.com"]);
    validation.set_issuer(&["the-client"]);
    let claims = decode::<Value>(assertion, &key.unwrap(), &validation).map_err(|_| "invalid_grant")?.claims;
    let life = claims.get("exp").unwrap().as_u64().unwrap() - claims.get("iat").unwrap().as_u64().unwrap();
    let good = header.kid.as_deref() == Some("k1") && claims.get("sub").unwrap() == "robot@example.com" && life <= 300;
    if good { Ok(()) } else { Err("invalid_grant") }
}

async fn answer(State(authority): State<Arc<Inner>>, request: Request) -> Response {
    if request.uri().path() == "/oauth/token" {
        return token(&authority, request).await;
    }
    let sent = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
    authority.used.fetch_add(1, Ordering::SeqCst);
    let current = authority.access.lock().unwrap().clone();
    let good = current.is_some_and(|access| sent == format!("Bearer {access}"));
    if !good || request.uri().path() == "/crm/forbidden" {
        authority.refusals.fetch_add(1, Ordering::SeqCst);
        return (StatusCode::UNAUTHORIZED, format!("{sent} has expired")).into_response();
    }
    format!("you sent {sent}").into_response()
}

async fn token(authority: &Inner, request: Request) -> Response {
    if authority.down.load(Ordering::SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect::<Parameters>();
    let mut asked = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let (parts, body) = request.into_parts();
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (authorization, kind) = (header("authorization"), header("content-type"));
    let body = to_bytes(body, 1 << 20).await.unwrap();
    match kind.as_deref() {
        Some("application/json") => asked.extend(serde_json::from_slice::<Parameters>(&body).unwrap()),
        Some("application/x-www-form-urlencoded") => asked.extend(pairs(&body)),
        _ => {}
    }
    if let Some(basic) = authorization.as_deref().and_then(|text| text.strip_prefix("Basic ")) {
        let plain = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
        let (id, secret) = plain.split_once(':').unwrap();
        asked.insert("client_id".to_owned(), id.to_owned());
        asked.insert("client_secret".to_owned(), secret.to_owned());
    }
    authority.asked.lock().unwrap().push(asked.clone());
    let answer = authority.issue(&asked);
    if authority.slow.swap(false, Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    match answer {
        Ok(issued) => axum::Json(issued).into_response(),
        Err(error) => {
            let echoed = format!("you sent {}", asked.get("client_secret").map_or("", String::as_str));
            let refusal = json!({"error": error, "error_description": echoed});
            (StatusCode::BAD_REQUEST, axum::Json(refusal)).into_response()
        }
    }
}
