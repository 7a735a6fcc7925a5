//! Accepts connections and hands requests to the router.
//!
//! `axum::serve` cannot close a connection without answering, and a client must be tested against just that,
//! so the connections are driven by hyper directly.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Put into a response's extensions, it closes the connection instead of sending the response.
#[derive(Clone, Copy)]
pub(crate) struct Hangup;

pub(crate) async fn serve(listener: TcpListener, router: Router) {
    // Dropping the set, which happens when this task is aborted, ends every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An error belongs to the one connection that could not be accepted.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, router: Router) {
    // Small answers must not wait for the client's delayed acknowledgement.
    drop(stream.set_nodelay(true));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let answer = router.call(request.map(axum::body::Body::new) as Request);
        async move {
            let Ok(response): Result<Response, Infallible> = answer.await;
            match response.extensions().get::<Hangup>() {
                Some(Hangup) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
                None => Ok(response),
            }
        }
    });
    // Both a client that goes away and a hang-up that was asked for end here.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}
