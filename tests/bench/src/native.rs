//! What the connector of `tests/guests/ok` does, without a sandbox: reads the rows, sends one request, accepts them. And the
//! vendor that takes it.

use std::sync::Arc;

use async_trait::async_trait;
use offtake_core::destination::{
    CallFailure, Detail, Effect, Failure, OutcomeKind, RowResult, WriteLimits, WriteRequest,
};
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::{Destination, Egress, Request, Target};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Outcome;

/// The same connector in the host.
pub(crate) struct Native(pub(crate) Arc<dyn Egress>);

#[async_trait]
impl Destination for Native {
    fn connector(&self) -> String {
        "native@1.0.0".to_owned()
    }

    fn connector_digest(&self) -> String {
        String::new()
    }

    fn requests(&self) -> u64 {
        self.0.requests()
    }

    async fn check(&self) -> Result<String, CallFailure> {
        Ok(String::new())
    }

    async fn objects(&self) -> Result<Vec<Object>, CallFailure> {
        Ok(Vec::new())
    }

    async fn fields(&self, _: &str) -> Result<Vec<Field>, CallFailure> {
        Ok(Vec::new())
    }

    async fn limits(&self, _: &str, _: Operation) -> Result<WriteLimits, CallFailure> {
        Ok(WriteLimits { max_rows: 1_000, max_bytes: 1 << 20, max_concurrency: 4, rates: Vec::new() })
    }

    async fn lookup(&self, _: &str, _: &[String], _: &[String], _: &str) -> Result<Option<Vec<String>>, CallFailure> {
        Ok(None)
    }

    async fn write(&self, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure> {
        let failed = |message: String| CallFailure {
            failure: Failure::Fatal(Detail { code: "native".to_owned(), message, ..Detail::default() }),
            effect: Effect::Unknown,
        };
        let rows: Result<Vec<Map<String, Value>>, _> = request.rows.lines().map(serde_json::from_str).collect();
        let rows = rows.map_err(|error| failed(error.to_string()))?;
        let body = Request {
            method: "POST".to_owned(),
            target: Target::Endpoint("api".to_owned(), "/v1/things".to_owned()),
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: Some(b"rows".to_vec()),
            auth: Some("token".to_owned()),
            timeout: None,
            idempotency_key: None,
            max_response_bytes: None,
        };
        self.0.send(body, &()).await.map_err(|error| failed(error.to_string()))?;
        let accepted = |(row, _)| RowResult { row, outcome: Ok(OutcomeKind::Accepted), remote_id: None };
        Ok((0..).zip(rows).map(accepted).collect())
    }
}

/// Answers every request that fits into one read, until it is killed.
#[expect(clippy::print_stdout, reason = "the other process waits for it")]
pub(crate) async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) {
    let mut buffer = vec![0; 16 << 10];
    while stream.read(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_err() {
            return;
        }
    }
}
