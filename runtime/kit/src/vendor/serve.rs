//! The server: one connection a task, one request a call.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{ELSEWHERE, Exchange, Fault, Said, Shared};
use crate::script::{Answer, Asked};

/// The way out sends at most 16 MiB.
const REQUEST_BYTES_MAX: usize = 17 << 20;
/// A MiB more than the way out takes.
const HUGE_BYTES: usize = 17 << 20;
/// Longer than any request waits.
const SILENCE: Duration = Duration::from_secs(120);

/// Says to hyper that the connection is to end here.
#[derive(Debug, thiserror::Error)]
#[error("the vendor hangs up")]
struct HangUp;

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, HangUp>;

pub(super) async fn forever(listener: TcpListener, endpoint: String, shared: Arc<Shared>) {
    let endpoint: Arc<str> = endpoint.into();
    let base: Arc<str> = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default().into();
    while let Ok((stream, _)) = listener.accept().await {
        let (endpoint, base, shared) = (endpoint.clone(), base.clone(), shared.clone());
        let service = service_fn(move |request| {
            let (endpoint, base, shared) = (endpoint.clone(), base.clone(), shared.clone());
            async move { reply(request, &endpoint, &base, &shared).await }
        });
        // How a connection ended is nothing to the vendor.
        tokio::spawn(async move {
            let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn reply(
    request: Request<Incoming>,
    endpoint: &str,
    base: &str,
    shared: &Shared,
) -> Result<Response<Body>, HangUp> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES_MAX).collect().await.map_err(|_| HangUp)?.to_bytes();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let asked = Asked { endpoint, method: head.method.as_str(), path: &path, headers: &headers, body: &body };
    let only_reads = shared.script.only_reads(&asked);
    let fault = shared.fault(only_reads);
    let said = match &fault {
        Some(_) => Said::Fault,
        None => shared.answer(&asked, base).await.map_or_else(Said::Nothing, Said::Answer),
    };
    let answer = match (&said, fault) {
        (_, Some(fault)) => fail(&fault, &asked),
        (Said::Answer(answer), None) => Reply::Now(whole(answer)),
        (Said::Nothing(why), None) => Reply::Now(unknown(why)),
        (Said::Fault, None) => Reply::Never,
    };
    let method = asked.method.to_owned();
    let body = body.to_vec();
    let exchange = Exchange { endpoint: endpoint.to_owned(), method, path, headers, body, only_reads, said };
    shared.seen().push(exchange);
    match answer {
        Reply::Now(response) => Ok(response),
        Reply::HangUp => Err(HangUp),
        Reply::Never => {
            tokio::time::sleep(SILENCE).await;
            Err(HangUp)
        }
    }
}

enum Reply {
    Now(Response<Body>),
    HangUp,
    Never,
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn response(status: u16, headers: &[(String, String)], body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let pair = (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = pair {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn whole(answer: &Answer) -> Response<Body> {
    response(answer.status, &answer.headers, full(answer.body.clone()))
}

/// A request that the script does not know is one that the vendor does not know.
fn unknown(why: &str) -> Response<Body> {
    tracing::debug!(why, "the vendor has no answer");
    let json = [("content-type".to_owned(), "application/json".to_owned())];
    response(404, &json, full(serde_json::json!({"code": "not_found", "message": "no such resource"}).to_string()))
}

fn fail(fault: &Fault, asked: &Asked<'_>) -> Reply {
    let typed = |kind: &str| vec![("content-type".to_owned(), kind.to_owned())];
    Reply::Now(match fault {
        Fault::Status(status, header) => {
            let mut headers = typed("application/json");
            headers.extend(header.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            if (300..400).contains(status) {
                headers.push(("location".to_owned(), format!("{ELSEWHERE}/")));
            }
            let body = serde_json::json!({"code": "kit_fault", "message": format!("status {status} by the kit")});
            response(*status, &headers, full(body.to_string()))
        }
        Fault::Body(kind, body) => response(200, &typed(kind), full(Bytes::from_static(body))),
        Fault::Huge => response(200, &typed("application/json"), full(vec![b' '; HUGE_BYTES])),
        Fault::Truncated => {
            let begun = Ok(Frame::data(Bytes::from_static(b"{\"results\": [{\"id\": \"1\"")));
            let pieces = stream::iter([begun, Err(HangUp)]).then(async |piece| {
                // Without a pause the first piece may never leave.
                tokio::time::sleep(Duration::from_millis(20)).await;
                piece
            });
            response(200, &typed("application/json"), StreamBody::new(Box::pin(pieces)).boxed_unsync())
        }
        Fault::Echo => {
            let said = serde_json::json!({"code": "echo", "message": echo(asked)});
            response(400, &typed("application/json"), full(said.to_string()))
        }
        Fault::Reset | Fault::Down => return Reply::HangUp,
        Fault::Silence => return Reply::Never,
    })
}

/// The request in the words of a vendor that quotes it.
fn echo(asked: &Asked<'_>) -> String {
    let headers: String = asked.headers.iter().map(|(name, value)| format!("{name}: {value}; ")).collect();
    format!("{} {} {headers}{}", asked.method, asked.path, String::from_utf8_lossy(asked.body))
}
