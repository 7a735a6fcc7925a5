//! A plain HTTP client for a simulator under test.

use std::collections::BTreeMap;
use std::error::Error;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use offtake_sim::hubspot::{Limits, Options, Simulator};
use serde_json::Value;
use tokio::net::TcpStream;

pub(crate) const TOKEN: &str = "pat-na1-test";

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// Null when the body is empty or is not JSON.
    pub(crate) body: Value,
    pub(crate) bytes: usize,
}

pub(crate) fn generous() -> Options {
    Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, search_secondly: 1_000_000, ..Options::default() }
}

pub(crate) async fn start(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// Sends a request with the token and with `body`, unless that is null.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let token = format!("Bearer {TOKEN}");
    send(&simulator.base_url(), method, path, Some(&token), body).await.unwrap()
}

/// Sends a request over a connection of its own; an error when the connection ends without an answer.
pub(crate) async fn send(
    base: &str,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: String,
) -> Result<Reply, Box<dyn Error>> {
    let address = base.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = hyper::Request::builder().method(method).uri(path).header("host", address);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    let response = sender.send_request(request.body(Body::from(body))?).await?;
    let status = response.status().as_u16();
    let header = |(name, value): (&hyper::http::HeaderName, &hyper::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let bytes = response.into_body().collect().await?.to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Reply { status, headers, body, bytes: bytes.len() })
}
