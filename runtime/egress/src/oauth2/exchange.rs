//! Gets access tokens from a vendor. What a vendor issued is kept on disk before it is used, where losing it would lock
//! the connection out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use offtake_core::manifest::OAuth2Slot;
use offtake_core::ports::{Refusal, SendError};
use offtake_core::run::cut;
use reqwest::Client as HttpClient;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::Url;

use super::request::{self, Client, Issued, TokenRequest};
use super::{Entry, OAuth2, Token, TokenGrant, Vault};
use crate::audit::{TokenRequestSent, Trail};
use crate::credential::KeptBack;
use crate::policy::refused;
use crate::wire_error;

/// An answer of a token endpoint has a few hundred bytes; signed tokens take some KiB.
const ANSWER_BYTES_MAX: usize = 64 << 10;
const TIMEOUT: Duration = Duration::from_secs(30);
/// A token that is about to expire would do so on its way.
const MARGIN: Duration = Duration::from_secs(60);
/// Of the vendor's words, in a message.
const REFUSAL_BYTES_MAX: usize = 300;
/// Refresh tokens before the current one that are redacted: the vendor has replaced them.
const REFRESH_KEPT_BACK: usize = 3;

/// The way to the access tokens of one slot.
pub(crate) struct Exchange {
    pub(crate) slot: String,
    pub(crate) declared: OAuth2Slot,
    pub(crate) url: Url,
    pub(crate) settings: OAuth2,
    pub(crate) client: HttpClient,
    pub(crate) kept_back: Arc<KeptBack>,
    pub(crate) trail: Arc<Trail>,
    /// A pair that was issued and could not be kept: it must not be lost, nor used before it is kept.
    pub(crate) unkept: Mutex<Option<Pair>>,
}

/// What is kept of a refresh token that a vendor replaces.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// Of the refresh token that the operator provided: with another one this pair counts no more.
    initial_sha256: String,
    refresh_token: String,
    access_token: String,
    /// Unix milliseconds; none where the vendor does not say.
    good_until_ms: Option<u64>,
}

impl Exchange {
    /// A token that can be sent; not `refused`, where the vendor has another one.
    pub(crate) async fn obtain(self: &Arc<Self>, refused: Option<SecretString>) -> Result<Token, SendError> {
        let this = self.clone();
        // A task of its own: when the call that needs the token is given up, a pair that was issued is still kept.
        let task = tokio::spawn(async move {
            match &this.settings.grant {
                TokenGrant::RefreshToken { initial, vault } => {
                    let initial = this.read(initial.clone(), REFRESH_KEPT_BACK).await?;
                    this.rotate(&initial, vault.clone(), refused).await
                }
                TokenGrant::ClientCredentials => this.ask(&[("grant_type", "client_credentials")]).await,
                TokenGrant::JwtBearer(assertion) => {
                    let key = this.read(assertion.key.clone(), 0).await?;
                    let signed = assertion.sign(&key, SystemTime::now()).map_err(|why| this.unusable(&why))?;
                    this.kept_back.keep(&this.place("assertion"), &signed, 0);
                    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                    this.ask(&[("grant_type", grant_type), ("assertion", signed.expose_secret())]).await
                }
            }
        });
        task.await.map_err(|_| SendError::Connect("the request for an access token broke off".to_owned()))?
    }

    /// Uses the refresh token that is kept, or the first one, and keeps what comes back.
    async fn rotate(
        &self,
        initial: &SecretString,
        vault: Arc<dyn Vault>,
        refused: Option<SecretString>,
    ) -> Result<Token, SendError> {
        let fingerprint = format!("{:x}", Sha256::digest(initial.expose_secret()));
        // Held over the whole exchange: with two at once, the second would use a token that the first has replaced.
        let entry = blocking(move || vault.hold()).await.map_err(|why| self.vault_failed(&why))?;
        let (entry, loaded) = blocking(move || entry.load().map(|loaded| (entry, loaded)))
            .await
            .map_err(|why| self.vault_failed(&why))?;
        let unkept = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (pair, is_kept) = match unkept {
            Some(pair) => (Some(pair), false),
            None => (loaded.and_then(|text| serde_json::from_str::<Pair>(text.expose_secret()).ok()), true),
        };
        let pair = pair.filter(|pair| pair.initial_sha256 == fingerprint);
        let mut entry = entry;
        if let Some(pair) = &pair {
            self.keep_back(pair);
            if !is_kept {
                entry = self.keep(entry, pair.clone()).await?;
            }
            if let Some(token) = pair.token(refused.as_ref()) {
                return Ok(token);
            }
        }
        let used = pair.map_or_else(|| initial.clone(), |pair| SecretString::from(pair.refresh_token));
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", used.expose_secret())];
        let token = self.ask(&parameters).await?;
        let pair = Pair::new(fingerprint, &token, &used);
        self.keep_back(&pair);
        self.keep(entry, pair).await?;
        Ok(token)
    }

    async fn keep(&self, entry: Box<dyn Entry>, pair: Pair) -> Result<Box<dyn Entry>, SendError> {
        let text = serde_json::to_string(&pair).map(SecretString::from);
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = Some(pair);
        let text = text.map_err(|error| self.vault_failed(&error.to_string()))?;
        let kept = blocking(move || entry.save(&text).map(|()| entry)).await;
        let entry = kept.map_err(|why| self.vault_failed(&why))?;
        *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(entry)
    }

    fn keep_back(&self, pair: &Pair) {
        let refresh = SecretString::from(pair.refresh_token.as_str());
        self.kept_back.keep(&self.place("refresh"), &refresh, REFRESH_KEPT_BACK);
        let access = SecretString::from(pair.access_token.as_str());
        self.kept_back.keep(&self.place("access"), &access, REFRESH_KEPT_BACK);
    }

    /// Asks the vendor for a token.
    async fn ask(&self, parameters: &[(&str, &str)]) -> Result<Token, SendError> {
        let secret = match &self.settings.client_secret {
            Some(secret) => Some(self.read(secret.clone(), 0).await?),
            None => None,
        };
        let scopes = self.settings.scopes.as_ref().unwrap_or(&self.declared.scopes).join(" ");
        let mut parameters = parameters.to_vec();
        if !scopes.is_empty() {
            parameters.push(("scope", &scopes));
        }
        let client = Client { id: &self.settings.client_id, secret: secret.as_ref(), auth: self.declared.client_auth };
        let request = request::write(self.declared.request, &self.url, &client, &parameters);
        let asked = Instant::now();
        let (status, body) = self.send(request.map_err(|why| self.unusable(&why))?).await?;
        if !status.is_success() {
            return Err(self.not_issued(status, &body));
        }
        let issued = request::read(&body).map_err(|why| self.unusable(&why))?;
        Ok(self.token(issued, asked))
    }

    fn token(&self, issued: Issued, asked: Instant) -> Token {
        self.kept_back.keep(&self.place("access"), &issued.access, REFRESH_KEPT_BACK);
        if let Some(refresh) = &issued.refresh {
            self.kept_back.keep(&self.place("refresh"), refresh, REFRESH_KEPT_BACK);
        }
        let good_for = issued.expires_in.map(|seconds| {
            let life = Duration::from_secs(seconds);
            life.saturating_sub(MARGIN.min(life / 4))
        });
        let good_until = good_for.and_then(|good_for| asked.checked_add(good_for));
        Token { access: issued.access, refresh: issued.refresh, good_until }
    }

    async fn send(&self, request: TokenRequest) -> Result<(StatusCode, Vec<u8>), SendError> {
        let (started, method) = (StdInstant::now(), request.method.clone());
        let bytes = request.body.as_ref().map_or(0, Vec::len);
        let sent = TokenRequestSent { method: method.as_str(), url: &self.url, slot: &self.slot, bytes, started };
        let result = self.dispatch(request).await;
        let told = result.as_ref().map(|(status, body)| (status.as_u16(), body.len())).map_err(ToString::to_string);
        self.trail.token_request(&sent, told);
        result
    }

    async fn dispatch(&self, request: TokenRequest) -> Result<(StatusCode, Vec<u8>), SendError> {
        let failed = |error: &reqwest::Error| {
            // Whatever became of it, the vendor's records were not touched.
            match wire_error::of(error, &self.kept_back) {
                refused @ SendError::Refused { .. } => refused,
                other => SendError::Connect(format!("no access token from {}: {other}", host(&self.url))),
            }
        };
        let mut sending = self.client.request(request.method, request.url).headers(request.headers).timeout(TIMEOUT);
        if let Some(body) = request.body {
            sending = sending.body(body);
        }
        let mut answer = sending.send().await.map_err(|error| failed(&error))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(self.unusable(&format!("its answer is larger than {ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }

    /// Reads one of the operator's secrets as it stands now.
    async fn read(&self, secret: crate::Secret, earlier: usize) -> Result<SecretString, SendError> {
        let read = tokio::task::spawn_blocking(move || secret.now()).await;
        let value = read.map_err(|_| "reading it broke off".to_owned()).and_then(|read| read);
        let value = value.map_err(|why| self.refusal("OFT-A003", why))?;
        self.kept_back.keep(&self.place("provided"), &value, earlier + REFRESH_KEPT_BACK);
        Ok(value)
    }

    fn place(&self, what: &str) -> String {
        format!("{} {what}", self.slot)
    }

    fn not_issued(&self, status: StatusCode, body: &[u8]) -> SendError {
        let said = self.kept_back.redact(&request::refusal(body));
        let plain: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let said = format!("{} answers {status}: {}", host(&self.url), cut(&plain, REFUSAL_BYTES_MAX));
        // An outage and a quota pass; the rest needs a person.
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return SendError::Connect(format!("no access token: {said}"));
        }
        self.refusal("OFT-A004", said)
    }

    fn unusable(&self, why: &str) -> SendError {
        self.refusal("OFT-A004", format!("{}: {why}", host(&self.url)))
    }

    fn vault_failed(&self, why: &str) -> SendError {
        self.refusal("OFT-A006", format!("a refresh token cannot be kept: {why}"))
    }

    fn refusal(&self, code: &'static str, why: String) -> SendError {
        refused(Refusal::UnknownCredential, code, format!("credential slot `{}`: {why}", self.slot))
    }
}

impl Pair {
    fn new(initial_sha256: String, token: &Token, used: &SecretString) -> Self {
        let refresh = token.refresh.as_ref().unwrap_or(used);
        let left = token.good_until.map(|until| until.saturating_duration_since(Instant::now()));
        Self {
            initial_sha256,
            refresh_token: refresh.expose_secret().to_owned(),
            access_token: token.access.expose_secret().to_owned(),
            good_until_ms: left.map(|left| unix_ms().saturating_add(millis(left))),
        }
    }

    /// The access token, while it is good and was not refused.
    fn token(&self, refused: Option<&SecretString>) -> Option<Token> {
        let left = self.good_until_ms.map(|until| until.saturating_sub(unix_ms()));
        let spent = left == Some(0) || refused.is_some_and(|refused| refused.expose_secret() == self.access_token);
        let good_until = left.and_then(|left| Instant::now().checked_add(Duration::from_millis(left)));
        let access = SecretString::from(self.access_token.as_str());
        (!spent).then_some(Token { access, refresh: None, good_until })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| "it broke off".to_owned())?.map_err(|error| error.to_string())
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the token endpoint")
}

fn unix_ms() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
