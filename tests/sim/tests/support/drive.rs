//! A plain HTTP client for a simulator under test.

use std::collections::BTreeMap;
use std::error::Error;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// A request without a body; the path may have a query.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a body of this type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// With a body of JSON, unless it is null.
    pub(crate) fn json(self, body: &Value) -> Self {
        if body.is_null() { self } else { self.body("application/json", body.to_string()) }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    /// Null when the body is empty or is not JSON.
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: String,
    pub(crate) bytes: usize,
}

/// Sends a request over a connection of its own; an error when the connection ends without an answer.
pub(crate) async fn send(base: &str, ask: &Ask) -> Result<Reply, Box<dyn Error>> {
    let address = base.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = hyper::Request::builder().method(ask.method.as_str()).uri(&ask.path).header("host", address);
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    let response = sender.send_request(request.body(Body::from(ask.body.clone()))?).await?;
    let status = response.status().as_u16();
    let header = |(name, value): (&hyper::http::HeaderName, &hyper::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let bytes = response.into_body().collect().await?.to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Reply { status, headers, body, text: String::from_utf8_lossy(&bytes).into_owned(), bytes: bytes.len() })
}
