//! The way out: requests that name an endpoint and a credential slot, and answers that are failures where they fail.

use std::cell::Cell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::offtake::destination::http as wit;
use crate::bindings::offtake::destination::types::{CallFailure, Detail, Failure};
use crate::{host, status};

pub use crate::bindings::offtake::destination::http::{Error as TransportError, Refusal};
pub use crate::status::VendorError;

/// Reads the vendor's error body.
pub type Explain = fn(&Response) -> VendorError;

/// Reads a refusal that comes with a status of success; none where the answer is one of success.
pub type Refused = fn(&Response) -> Option<CallFailure>;

/// Makes requests for one call.
#[derive(Debug, Clone, Copy)]
pub struct Http<'a> {
    writes: &'a Cell<u32>,
    explain: Explain,
    refused: Refused,
}

impl<'a> Http<'a> {
    pub(crate) fn new(writes: &'a Cell<u32>) -> Self {
        Self { writes, explain: |_| VendorError::default(), refused: |_| None }
    }

    /// Has `explain` read the vendor's error bodies.
    #[must_use]
    pub fn explained_by(mut self, explain: Explain) -> Self {
        self.explain = explain;
        self
    }

    /// Has `refused` look for a refusal in answers of 2xx, for vendors that hide errors there. The effect that it names stands:
    /// a request that was refused so does not count as one that wrote.
    #[must_use]
    pub fn refused_by(mut self, refused: Refused) -> Self {
        self.refused = refused;
        self
    }

    /// A request to an endpoint that the manifest names; `path` begins with `/` and may hold a query.
    pub fn request(self, method: &str, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.to(method, wit::Target::Endpoint((endpoint.to_owned(), path.into())))
    }

    /// A GET request.
    pub fn get(self, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.request("GET", endpoint, path)
    }

    /// A POST request.
    pub fn post(self, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.request("POST", endpoint, path)
    }

    /// A PUT request.
    pub fn put(self, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.request("PUT", endpoint, path)
    }

    /// A PATCH request.
    pub fn patch(self, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.request("PATCH", endpoint, path)
    }

    /// A DELETE request.
    pub fn delete(self, endpoint: &str, path: impl Into<String>) -> Request<'a> {
        self.request("DELETE", endpoint, path)
    }

    /// A request to a link that the vendor returned. It passes the same policy.
    pub fn link(self, method: &str, url: impl Into<String>) -> Request<'a> {
        self.to(method, wit::Target::Absolute(url.into()))
    }

    /// Sends all requests, at most `in_flight_max` at once. Answers come in the order of the requests.
    #[must_use]
    pub fn send_all(self, requests: Vec<Request<'_>>, in_flight_max: u16) -> Vec<Result<Response, CallFailure>> {
        // A request whose body cannot be written is answered here, so the others keep their places.
        let mut answers: Vec<Option<Result<Response, CallFailure>>> = Vec::new();
        let (mut sent, mut raw) = (Vec::new(), Vec::new());
        for request in requests {
            match request.body_error.clone() {
                Some(failure) => answers.push(Some(Err(failure))),
                None => {
                    answers.push(None);
                    raw.push(request.raw.clone());
                    sent.push(request);
                }
            }
        }
        let outcomes = host::send_all(raw, in_flight_max);
        let mut settled = sent.into_iter().zip(outcomes).map(|(request, outcome)| request.settle(outcome));
        let nothing = || Err(CallFailure::unreadable("the host answered fewer requests than were sent"));
        answers.into_iter().map(|answer| answer.or_else(|| settled.next()).unwrap_or_else(nothing)).collect()
    }

    fn to(self, method: &str, target: wit::Target) -> Request<'a> {
        let raw = wit::Request {
            method: method.to_owned(),
            target,
            headers: Vec::new(),
            body: None,
            auth: None,
            timeout_ms: None,
            idempotency_key: None,
            max_response_bytes: None,
        };
        Request { http: self, read_only: matches!(method, "GET" | "HEAD"), raw, body_error: None }
    }
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    http: Http<'a>,
    read_only: bool,
    raw: wit::Request,
    body_error: Option<CallFailure>,
}

impl Request<'_> {
    /// Has the host put the credential of this slot where the manifest says.
    pub fn auth(mut self, slot: &str) -> Self {
        self.raw.auth = Some(slot.to_owned());
        self
    }

    /// Adds a header. The host sets `Host`, `Authorization` and the like itself.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.raw.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sends JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                self.raw.body = Some(bytes);
                self.header("content-type", "application/json")
            }
            Err(error) => {
                let detail = Detail::new("unwritable_body", error.to_string());
                self.body_error = Some(Failure::Fatal(detail).without_effect());
                self
            }
        }
    }

    /// Sends bytes of the given type.
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.raw.body = Some(bytes.into());
        self.header("content-type", content_type)
    }

    /// Says that the request changes nothing at the vendor, as a search by POST does. GET and HEAD need no saying.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sent in the header that the manifest names for it.
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.raw.idempotency_key = Some(key.to_owned());
        self
    }

    /// Waits at most so long; the host lowers it to its own cap.
    pub fn timeout_ms(mut self, timeout_ms: u32) -> Self {
        self.raw.timeout_ms = Some(timeout_ms);
        self
    }

    /// Takes at most so large an answer; the host lowers it to its own cap.
    pub fn response_bytes_max(mut self, bytes: u32) -> Self {
        self.raw.max_response_bytes = Some(bytes);
        self
    }

    /// Sends the request. An answer other than 2xx is a failure.
    ///
    /// # Errors
    /// What the transport or the status says, in the words of the vendor where [`Http::explained_by`] finds them.
    pub fn send(self) -> Result<Response, CallFailure> {
        if let Some(failure) = self.body_error {
            return Err(failure);
        }
        let outcome = host::send(self.raw.clone());
        self.settle(outcome)
    }

    fn settle(self, outcome: Result<wit::Response, wit::Error>) -> Result<Response, CallFailure> {
        let answer = match outcome {
            Err(error) => Err(status::of_transport(&error)),
            Ok(raw) => {
                let response = Response { raw, read_only: self.read_only };
                match response.status() {
                    200..=299 => (self.http.refused)(&response).map_or(Ok(response), Err),
                    _ => Err(status::of_response(&response, (self.http.explain)(&response))),
                }
            }
        };
        if self.read_only {
            return answer.map_err(|failure| failure.failure.without_effect());
        }
        if answer.is_ok() {
            self.http.writes.set(self.http.writes.get().saturating_add(1));
        }
        answer
    }
}

/// What the vendor answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    raw: wit::Response,
    read_only: bool,
}

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.raw.status
    }

    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers, in the order of the answer.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.raw.headers
    }

    /// The body as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.raw.body
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// Fatal, when the body is not what the vendor's contract promises.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallFailure> {
        serde_json::from_slice(self.body()).map_err(|error| {
            let detail = Detail::new("unreadable_answer", format!("the answer is not the JSON expected: {error}"))
                .with_status(self.status());
            let failure = Failure::Fatal(detail);
            if self.read_only { failure.without_effect() } else { failure.with_unknown_effect() }
        })
    }
}

/// Percent-encodes text for one path segment or one query value: everything but RFC 3986's unreserved characters.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
