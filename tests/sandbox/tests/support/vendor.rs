//! A vendor on loopback that counts what arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// What the vendor makes of a request's headers and body.
pub(crate) type Answer = fn(&HeaderMap, &str) -> (String, String);

/// Where `/v1/redirect` leads.
pub(crate) const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// A running vendor. It answers `/slow` after half a minute, `/v1/redirect` with a redirect and everything else at once.
pub(crate) struct Vendor {
    /// Its origin.
    pub(crate) base: String,
    arrived: Arc<AtomicU64>,
}

impl Vendor {
    /// Starts a vendor whose answers are the header `x-echo` and a body.
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let arrived = Arc::new(AtomicU64::new(0));
        let router = Router::new().fallback(reply).with_state((arrived.clone(), answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, arrived }
    }

    /// Starts a vendor that closes each connection after its answer, so that the next request has to dial.
    pub(crate) async fn closing() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let arrived = Arc::new(AtomicU64::new(0));
        let counted = arrived.clone();
        let answer = move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            ([("connection", "close")], "")
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, arrived }
    }

    /// Requests that arrived.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::SeqCst)
    }
}

async fn reply(
    State((arrived, answer)): State<(Arc<AtomicU64>, Answer)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    arrived.fetch_add(1, Ordering::SeqCst);
    if uri.path() == "/v1/redirect" {
        return (StatusCode::FOUND, [("location", METADATA)]).into_response();
    }
    if uri.path() == "/slow" {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    let (header, body) = answer(&headers, &String::from_utf8_lossy(&body));
    ([("x-echo", header)], body).into_response()
}
