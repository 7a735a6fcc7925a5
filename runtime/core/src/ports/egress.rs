//! The way out for a connector's requests.

use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::destination::Rate;

/// Sends a connector's requests after checking them. One value serves one connection.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Sends one request when it is its turn, and reads the whole answer. `waiting` is told of the time until its turn.
    async fn send(&self, request: Request, waiting: &dyn Waiting) -> Result<Response, SendError>;

    /// Keeps to the vendor's rates from now on.
    fn keep_to(&self, rates: &[Rate]);

    /// Sends nothing for so long, whoever asks: the vendor said so where only the connector could read it.
    fn pause(&self, wanted: Duration);

    /// Looks for other secrets, because the vendor refused one of those that were sent since `since` where only the connector
    /// could read it. Says whether a request would now carry another one.
    async fn renew(&self, since: Instant) -> bool {
        let _ = since;
        false
    }

    /// Requests that were sent so far.
    fn requests(&self) -> u64;

    /// The text without any secret that this connection uses.
    fn redact(&self, text: &str) -> String;
}

/// Is told while a request waits for the vendor's rates and pauses, which is no time that its sender used.
pub trait Waiting: Send + Sync {
    /// A request begins to wait.
    fn begins(&self);

    /// It waits no longer: it leaves, or was given up.
    fn ends(&self);
}

/// Nobody wants to know.
impl Waiting for () {
    fn begins(&self) {}

    fn ends(&self) {}
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An endpoint of the manifest, and path with query.
    Endpoint(String, String),
    /// A link that the vendor returned.
    Absolute(String),
}

/// Name of a credential slot.
pub type Credential = String;

/// What a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Where to.
    pub target: Target,
    /// As the guest gave them.
    pub headers: Vec<(String, String)>,
    /// Bytes to send.
    pub body: Option<Vec<u8>>,
    /// The slot whose secret is added.
    pub auth: Option<Credential>,
    /// Time for the whole exchange.
    pub timeout: Option<Duration>,
    /// Sent in the manifest's header.
    pub idempotency_key: Option<String>,
    /// Largest body to accept.
    pub max_response_bytes: Option<u32>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers whose values are text.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The manifest or the operator does not allow it.
    DeniedByPolicy,
    /// The request is past a cap.
    TooLarge,
    /// The call has used up what it may send.
    BudgetExhausted,
    /// The vendor's quota is used up as far as it may be.
    QuotaSpent,
    /// Not a request: bad method, header, path.
    InvalidRequest,
    /// No such slot, or not for this endpoint.
    UnknownCredential,
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Refused before anything was sent.
    #[error("{message}")]
    Refused {
        /// The class.
        refusal: Refusal,
        /// Stable code.
        code: &'static str,
        /// What and why.
        message: String,
    },
    /// The name has no address.
    #[error("cannot resolve {0}")]
    Dns(String),
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// No trusted connection.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Reset(String),
}
