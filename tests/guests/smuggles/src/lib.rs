//! Hides a second request, or a header of the host, in what it may choose.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Smuggles;

impl Guest for Smuggles {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let http = cx.http();
        let plain = http.post("api", "/v1/things").auth("token").body("text/plain", "x");
        let request = match batch.object() {
            "value-crlf" => plain.header("x-note", "a\r\nauthorization: Bearer forged"),
            "value-lf" => plain.header("x-note", "a\nx-forged: b"),
            "value-cr" => plain.header("x-note", "a\rx-forged: b"),
            "value-nul" => plain.header("x-note", "a\0b"),
            "value-fold" => plain.header("x-note", "a\r\n b"),
            "name-crlf" => plain.header("x-note: a\r\nx-forged", "b"),
            "name-space" => plain.header("content-length ", "0"),
            "name-colon" => plain.header("x:", "b"),
            "name-empty" => plain.header("", "b"),
            "name-upper" => plain.header("AUTHORIZATION", "Bearer forged"),
            "length" => plain.header("content-length", "0"),
            "chunked" => plain.header("transfer-encoding", "chunked"),
            "host" => plain.header("host", "evil.example.net"),
            "method-override" => plain.header("x-http-method-override", "DELETE"),
            "cookie" => plain.header("cookie", "session=1"),
            "forwarded" => plain.header("forwarded", "for=127.0.0.1"),
            "path-crlf" => http.get("api", "/v1/things HTTP/1.1\r\nx-forged: b\r\n\r\nGET /v1/other").auth("token"),
            "method-crlf" => http.request("GET /v1/other HTTP/1.1\r\n\r\nGET", "api", "/v1/things").auth("token"),
            "idempotency-crlf" => plain.idempotency_key("a\r\nx-forged: b"),
            _ => plain.header("x-note", "plain"),
        };
        let mut report = Report::new(batch);
        match request.send() {
            Ok(response) => report.reject_rest(batch, &Detail::new("got_out", response.status().to_string())),
            Err(failure) => report.reject_rest(batch, failure.failure.detail()),
        }
        Ok(report)
    }
}

offtake_sdk::export!(Base<Smuggles>);
