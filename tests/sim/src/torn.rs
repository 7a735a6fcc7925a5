//! A body that breaks off.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// So long hyper gets to send what it has; with the error it drops what is still in its buffer.
const FLUSHED_AFTER: Duration = Duration::from_millis(20);

/// Gives its bytes, and then an error in place of the rest.
pub(crate) struct Torn {
    bytes: Option<Bytes>,
    flushed: Pin<Box<Sleep>>,
}

impl Torn {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes: Some(bytes), flushed: Box::pin(sleep(FLUSHED_AFTER)) }
    }
}

impl Body for Torn {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        self.flushed.as_mut().poll(cx).map(|()| Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}
