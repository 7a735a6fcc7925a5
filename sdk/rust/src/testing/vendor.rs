//! A vendor that follows a script and remembers what it was asked.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use super::fake;
use crate::bindings::offtake::destination::http as wit;
use crate::bindings::offtake::destination::log::Level;
use crate::http::TransportError;

/// A request as the host would have received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request(pub(crate) wit::Request);

impl Request {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.0.method
    }

    /// The endpoint; none for a link.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        match &self.0.target {
            wit::Target::Endpoint((endpoint, _)) => Some(endpoint),
            wit::Target::Absolute(_) => None,
        }
    }

    /// Path and query, or the whole of a link.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.0.target {
            wit::Target::Endpoint((_, path)) | wit::Target::Absolute(path) => path,
        }
    }

    /// The credential slot.
    #[must_use]
    pub fn auth(&self) -> Option<&str> {
        self.0.auth.as_deref()
    }

    /// The idempotency key.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }

    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; empty when there is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.0.body.as_deref().unwrap_or_default()).into_owned()
    }

    /// The body as JSON; null when there is no body or it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        self.0.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
    }
}

/// What the vendor answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(Result<wit::Response, TransportError>);

impl Reply {
    /// A status without a body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self(Ok(wit::Response { status, headers: Vec::new(), body: Vec::new() }))
    }

    /// A status with a text body.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        Self(Ok(wit::Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }))
            .header("content-type", "text/plain")
    }

    /// A status with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self(Ok(wit::Response { status, headers: Vec::new(), body })).header("content-type", "application/json")
    }

    /// No answer at all.
    #[must_use]
    pub fn failing(error: TransportError) -> Self {
        Self(Err(error))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.0 {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A line that the connector logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The message.
    pub message: String,
    /// The fields, as JSON.
    pub fields_json: Option<String>,
}

impl LogLine {
    pub(crate) fn new(level: Level, message: &str, fields_json: Option<&str>) -> Self {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        Self { level, message: message.to_owned(), fields_json: fields_json.map(str::to_owned) }
    }
}

pub(crate) type Answers = Box<dyn FnMut(&Request) -> Option<Result<wit::Response, TransportError>>>;

/// The vendor of the running test, in the thread that made it, until it is dropped.
///
/// Dropping it fails the test when a scripted reply was never asked for.
#[derive(Debug)]
pub struct Vendor {
    scripted: usize,
}

impl Vendor {
    /// Answers with these replies, one a request, and fails the test at the request after the last.
    #[must_use]
    pub fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        let scripted = replies.len();
        fake::install(Box::new(move |_| replies.pop_front().map(|reply| reply.0)));
        Self { scripted }
    }

    /// Answers each request with what the function returns for it.
    #[must_use]
    pub fn answering(mut answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        fake::install(Box::new(move |request| Some(answer(request).0)));
        Self { scripted: 0 }
    }

    /// Sets the clock; without this it stands at zero, and a call ends a minute later.
    #[must_use]
    pub fn at(self, now_unix_ms: u64) -> Self {
        fake::with(|state| state.now_unix_ms = now_unix_ms);
        self
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        fake::with(|state| state.requests.clone())
    }

    /// The log lines so far.
    #[must_use]
    pub fn log_lines(&self) -> Vec<LogLine> {
        fake::with(|state| state.log_lines.clone())
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        let asked = fake::uninstall();
        if !std::thread::panicking() {
            assert!(
                asked >= self.scripted,
                "{} of {} replies were never asked for",
                self.scripted - asked,
                self.scripted
            );
        }
    }
}
