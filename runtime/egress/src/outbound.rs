//! A connection's way out: policy, limiter, credential, wire, caps, redaction, audit, in this order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use offtake_core::destination::Rate;
use offtake_core::manifest::CredentialSlot;
use offtake_core::ports::{Egress, Request, Response, SendError, Target, Waiting};
use reqwest::{Client, redirect};
use url::Url;

use crate::audit::{Audit, Trail};
use crate::credential::{Credentials, KeptBack, Slots, Version};
use crate::limiter::{Bucket, Limiters};
use crate::oauth2::{Exchange, OAuth2};
use crate::policy::{Approved, Policy, PolicyError};
use crate::quota::{Quotas, Spent};
use crate::resolver::{Guarded, Resolver, SystemResolver};
use crate::{retry_after, wire_error};

/// A host that does not take a connection in this time is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What a guest gets when it does not say, and at most.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
const TIMEOUT_MAX: Duration = Duration::from_secs(60);
/// Between two pieces of an answer's body: who sends nothing for so long has gone.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answers are property lists of a few MiB.
const RESPONSE_BYTES_MAX: usize = 16 << 20;
/// A guest reads a handful; the vendor's proxies add some.
const RESPONSE_HEADERS_MAX: usize = 128;

/// In place of an error, where the call ended before the answer came.
const ABANDONED: &str = "abandoned: the call ended before the answer came";

/// What makes a connection's way out.
pub struct Options {
    /// Name of the connection, for the audit.
    pub connection: String,
    /// `id@version` of the connector, for the audit.
    pub connector: String,
    /// What may be sent.
    pub policy: Policy,
    /// Secrets by slot.
    pub credentials: Credentials,
    /// Names the credential whose rate is shared.
    pub bucket: String,
    /// What the vendor says of its quotas.
    pub quotas: Quotas,
    /// Where requests are written down.
    pub audit: Option<Audit>,
}

/// The way out of one connection.
pub struct Outbound {
    policy: Policy,
    slots: Slots,
    kept_back: Arc<KeptBack>,
    bucket: Arc<Bucket>,
    quotas: Quotas,
    trail: Arc<Trail>,
    client: Client,
    requests: AtomicU64,
}

/// Says that a request waits, for as long as this lives: a call that is given up drops it.
struct Told<'a>(&'a dyn Waiting);

impl<'a> Told<'a> {
    fn new(waiting: &'a dyn Waiting) -> Self {
        waiting.begins();
        Self(waiting)
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.ends();
    }
}

impl Outbound {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// [`PolicyError`] (OFT-E310) when no TLS client can be made.
    pub fn new(options: Options, limiters: &Limiters) -> Result<Self, PolicyError> {
        Self::with_resolver(options, limiters, Arc::new(SystemResolver))
    }

    /// Opens nothing yet; names are looked up by `resolver`.
    ///
    /// # Errors
    /// [`PolicyError`] (OFT-E310) when no TLS client can be made.
    pub fn with_resolver(
        options: Options,
        limiters: &Limiters,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, PolicyError> {
        let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| PolicyError(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Arc::new(Guarded::new(options.policy.grant().clone(), resolver)))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("offtake/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| PolicyError(error.to_string()))?;
        let kept_back = Arc::new(KeptBack::default());
        let trail = Arc::new(Trail::new(options.connection, options.connector, options.audit, kept_back.clone()));
        let policy = options.policy;
        let exchange = |slot: &str, declared: &CredentialSlot, settings: OAuth2| {
            let declared = declared.oauth2.clone();
            let declared =
                declared.ok_or_else(|| PolicyError(format!("credential slot `{slot}` is not filled by OAuth2")))?;
            Ok(Exchange {
                url: policy.token_url(&declared.endpoint, &declared.path)?,
                slot: slot.to_owned(),
                declared,
                settings,
                client: client.clone(),
                kept_back: kept_back.clone(),
                trail: trail.clone(),
                unkept: Mutex::default(),
            })
        };
        Ok(Self {
            slots: Slots::new(options.credentials, kept_back.clone(), exchange)?,
            bucket: limiters.bucket(&options.bucket),
            quotas: options.quotas,
            policy,
            kept_back,
            trail,
            client,
            requests: AtomicU64::new(0),
        })
    }

    /// Sends the request, and once more where its secret was refused and another one stands in its place by now: with
    /// status 401 the destination has done nothing.
    async fn exchange(
        &self,
        request: &Request,
        approved: &Approved,
        waiting: &dyn Waiting,
    ) -> Result<Response, SendError> {
        let (response, secret) = self.attempt(request, approved, waiting).await?;
        if let (Some(slot), Some(version)) = (&request.auth, secret)
            && response.status == StatusCode::UNAUTHORIZED
            && self.slots.refresh(slot, version).await
        {
            return self.attempt(request, approved, waiting).await.map(|(response, _)| response);
        }
        Ok(response)
    }

    /// Sends the request when it is its turn. With the answer comes which value of the secret was sent.
    async fn attempt(
        &self,
        request: &Request,
        approved: &Approved,
        waiting: &dyn Waiting,
    ) -> Result<(Response, Option<Version>), SendError> {
        let url = without_query(&approved.url);
        let (left, secret) = match self.ready(request, approved, waiting).await {
            Ok(ready) => ready,
            Err(error) => return Err(self.refuse(request, &url, error)),
        };
        let mut headers = approved.headers.clone();
        let (id, body) = (request.idempotency_key.as_deref(), request.body.as_deref().unwrap_or_default());
        match self.slots.signatures(&approved.endpoint, id, body, SystemTime::now()) {
            Ok(signatures) => headers.extend(signatures),
            Err(error) => return Err(self.refuse(request, &url, error)),
        }
        let version = secret.map(|(name, value, version)| {
            headers.insert(name, value);
            version
        });
        let under_way = UnderWay { outbound: self, request, url: &url, started: Instant::now(), ended: false };
        let result = self.dispatch(request, approved, headers, left).await;
        under_way.end(result).map(|response| (response, version))
    }

    /// Returns when the request may leave, with its secret.
    async fn ready(
        &self,
        request: &Request,
        approved: &Approved,
        waiting: &dyn Waiting,
    ) -> Result<(tokio::time::Instant, Option<(HeaderName, HeaderValue, Version)>), SendError> {
        let Some(slot) = request.auth.as_deref() else {
            return Ok((self.turn(waiting).await?, None));
        };
        // What is refused does not wait.
        self.slots.check(slot, &approved.endpoint)?;
        self.slots.ready(slot).await?;
        let left = self.turn(waiting).await?;
        // What waited takes the secret after it: it may have been replaced meanwhile, or have expired.
        self.slots.ready(slot).await?;
        Ok((left, Some(self.slots.header(slot, &approved.endpoint)?)))
    }

    async fn turn(&self, waiting: &dyn Waiting) -> Result<tokio::time::Instant, SendError> {
        self.bucket.check()?;
        let _told = Told::new(waiting);
        let left = self.bucket.ready().await;
        // Whoever went before may have found out meanwhile.
        self.bucket.check().map(|()| left)
    }

    /// What happens from the moment at which a request leaves.
    async fn dispatch(
        &self,
        request: &Request,
        approved: &Approved,
        headers: HeaderMap,
        left: tokio::time::Instant,
    ) -> Result<Response, SendError> {
        let cap = request.max_response_bytes.map_or(RESPONSE_BYTES_MAX, |asked| RESPONSE_BYTES_MAX.min(asked as usize));
        let timeout = request.timeout.unwrap_or(TIMEOUT_DEFAULT).min(TIMEOUT_MAX);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sending = self.client.request(approved.method.clone(), approved.url.clone());
        let mut sending = sending.headers(headers).timeout(timeout);
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        let mut answer = sending.send().await.map_err(|error| wire_error::of(&error, &self.kept_back))?;
        if let Some(asked) = retry_after::asked(answer.status(), answer.headers(), SystemTime::now()) {
            self.pause(asked);
        }
        match self.quotas.read(answer.headers(), SystemTime::now()) {
            Some(Spent::For(wait)) => self.pause(wait),
            Some(Spent::UpToReserve { quota, message }) => {
                tracing::warn!(code = Bucket::SPENT, connection = self.trail.connection(), quota, message);
                self.bucket.spend(message);
            }
            None => {}
        }
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            self.bucket.slow_down(left);
        }
        let status = answer.status().as_u16();
        let encoding = answer.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(SendError::Reset("the answer is compressed, which was not asked for (OFT-E113)".to_owned()));
        }
        let headers = answer.headers().iter().take(RESPONSE_HEADERS_MAX).filter_map(|(name, value)| {
            let value = self.kept_back.redact(value.to_str().ok()?);
            (name != header::SET_COOKIE).then(|| (name.as_str().to_owned(), value))
        });
        let headers = headers.collect();
        let mut body = Vec::new();
        loop {
            let chunk = tokio::time::timeout(IDLE_TIMEOUT, answer.chunk()).await.map_err(|_| SendError::Timeout)?;
            let Some(chunk) = chunk.map_err(|error| wire_error::of(&error, &self.kept_back))? else { break };
            if body.len() + chunk.len() > cap {
                // The request was sent: unlike a refusal, nobody knows what it did.
                return Err(SendError::Reset(format!("the answer is larger than {cap} bytes (OFT-E112)")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body: self.kept_back.redact_bytes(body) })
    }

    /// A refused target for the audit: without query, cut, and without secrets.
    fn shown(&self, target: &Target) -> String {
        let text = match target {
            Target::Endpoint(name, path) => format!("{name}:{path}"),
            Target::Absolute(url) => url.clone(),
        };
        let address = text.split(['?', '#']).next().unwrap_or_default();
        let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
        self.kept_back.redact(address)
    }

    /// Writes down that a request was not sent, and tells the operator.
    fn refuse(&self, request: &Request, url: &str, error: SendError) -> SendError {
        self.trail.request(request, url, Instant::now(), Err(error.to_string()));
        self.warn(&error);
        error
    }

    fn warn(&self, error: &SendError) {
        if let SendError::Refused { code, .. } = error {
            tracing::warn!(code, connection = self.trail.connection(), %error, "a request of the connector was refused");
        }
    }
}

/// A request that has left and is to be written down whatever becomes of it: also when its call is given up and nobody
/// reads the answer any more.
struct UnderWay<'a> {
    outbound: &'a Outbound,
    request: &'a Request,
    url: &'a str,
    started: Instant,
    ended: bool,
}

impl UnderWay<'_> {
    fn end(mut self, result: Result<Response, SendError>) -> Result<Response, SendError> {
        self.ended = true;
        let told = result.as_ref().map_err(ToString::to_string);
        self.outbound.trail.request(self.request, self.url, self.started, told);
        if let Err(error) = &result {
            self.outbound.warn(error);
        }
        result
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.outbound.trail.request(self.request, self.url, self.started, Err(ABANDONED.to_owned()));
        }
    }
}

fn without_query(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

#[async_trait]
impl Egress for Outbound {
    async fn send(&self, request: Request, waiting: &dyn Waiting) -> Result<Response, SendError> {
        match self.policy.approve(&request) {
            Ok(approved) => self.exchange(&request, &approved, waiting).await,
            Err(error) => Err(self.refuse(&request, &self.shown(&request.target), error)),
        }
    }

    fn keep_to(&self, rates: &[Rate]) {
        self.bucket.keep_to(rates);
    }

    fn pause(&self, wanted: Duration) {
        tracing::info!(
            connection = self.trail.connection(),
            seconds = wanted.as_secs(),
            "the destination asks to wait"
        );
        self.bucket.pause(wanted);
    }

    async fn renew(&self, since: Instant) -> bool {
        self.slots.renew(since).await
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn redact(&self, text: &str) -> String {
        self.kept_back.redact(text)
    }
}
