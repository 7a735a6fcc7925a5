//! From transport errors and HTTP statuses to the failures of the contract.

use crate::bindings::offtake::destination::http::{Error, Refusal};
use crate::bindings::offtake::destination::types::{CallFailure, Detail, Failure};
use crate::http::Response;
use crate::{clock, retry_after};

/// The host cuts messages at 1 KiB; a body is not carried further than that.
const MESSAGE_BYTES_MAX: usize = 1024;

/// What a connector could read in the vendor's error body. What is left out is filled in from the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorError {
    /// Stable, snake_case.
    pub code: Option<String>,
    /// The vendor's own words.
    pub message: Option<String>,
    /// The destination field to blame.
    pub field: Option<String>,
    /// The quota that ran out.
    pub scope: Option<String>,
    /// How long to wait; the `Retry-After` header is read without this.
    pub retry_after_ms: Option<u64>,
    /// The status to go by, where the vendor's own does not say what it means (403 for a quota: 429).
    pub treat_as: Option<u16>,
}

pub(crate) fn of_transport(error: &Error) -> CallFailure {
    let transient = |code: &str, message: &str| Failure::Transient(Detail::new(code, message));
    match error {
        Error::Dns(message) => transient("dns", message).without_effect(),
        Error::Connect(message) => transient("connect", message).without_effect(),
        Error::Tls(message) => transient("tls", message).without_effect(),
        Error::Timeout => transient("timeout", "the vendor did not answer in time").with_unknown_effect(),
        Error::Reset(message) => transient("reset", message).with_unknown_effect(),
        Error::Cancelled => transient("cancelled", "the host ended the request").with_unknown_effect(),
        Error::Refused(refusal) => of_refusal(*refusal).without_effect(),
    }
}

fn of_refusal(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::DeniedByPolicy => Failure::Misconfigured(Detail::new(
            "denied_by_policy",
            "the host does not allow this request: the manifest does not declare it or the operator did not grant it",
        )),
        Refusal::UnknownCredential => Failure::Misconfigured(Detail::new(
            "unknown_credential",
            "the connection has no credential for the slot that the request names",
        )),
        Refusal::TooLarge => Failure::TooLarge(Detail::new("request_too_large", "the request is too large")),
        Refusal::BudgetExhausted => {
            Failure::TooLarge(Detail::new("request_budget_exhausted", "the call has used up the requests it may make"))
        }
        Refusal::InvalidRequest => {
            Failure::Fatal(Detail::new("invalid_request", "the connector made a request that is not valid HTTP"))
        }
    }
}

pub(crate) fn of_response(response: &Response, vendor: VendorError) -> CallFailure {
    let status = response.status();
    let header = response.header("retry-after").and_then(|at| retry_after::parse(at, clock::now_unix_ms()));
    let asked = vendor.retry_after_ms.or(header);
    let detail = Detail {
        code: vendor.code.unwrap_or_else(|| format!("http_{status}")),
        message: vendor.message.unwrap_or_else(|| words(response)),
        http_status: Some(status),
        field: vendor.field,
    };
    match vendor.treat_as.unwrap_or(status) {
        401 => Failure::Auth(detail).without_effect(),
        403 => Failure::Forbidden(detail).without_effect(),
        404 | 410 => Failure::SchemaChanged(detail).without_effect(),
        // A gateway that got no good answer does not know what the vendor did, and its own hint is none of the vendor's.
        408 | 502 | 504 => Failure::Transient(detail).with_unknown_effect(),
        // RFC 9110 has 503 refuse for the moment, but caches and gateways answer it with `Retry-After` as well when the
        // vendor was reached and its answer was not: the wait is sure, the effect is not.
        500..=599 if asked.is_some() => Failure::rate_limited(asked, vendor.scope, detail).with_unknown_effect(),
        500..=599 => Failure::Transient(detail).with_unknown_effect(),
        413 => Failure::TooLarge(detail).without_effect(),
        429 => Failure::rate_limited(asked, vendor.scope, detail).without_effect(),
        400..=499 => Failure::Unattributed(detail).without_effect(),
        // Redirects are followed by nobody, and a final answer below 200 is not HTTP.
        _ => Failure::Fatal(detail).with_unknown_effect(),
    }
}

fn words(response: &Response) -> String {
    let body = String::from_utf8_lossy(response.body());
    let body = body.trim();
    if body.is_empty() {
        return format!("the vendor answered with status {}", response.status());
    }
    let end = (0..=MESSAGE_BYTES_MAX.min(body.len())).rev().find(|end| body.is_char_boundary(*end)).unwrap_or(0);
    body.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::bindings::offtake::destination::types::Effect;
    use crate::http::Http;
    use crate::testing::{Reply, Vendor};

    fn failure(reply: Reply) -> CallFailure {
        let _vendor = Vendor::scripted([reply]).at(784_111_777_000);
        let writes = Cell::new(0);
        Http::new(&writes).post("api", "/").send().unwrap_err()
    }

    #[test]
    fn statuses_become_failures() {
        type Is = fn(&Failure) -> bool;
        let cases: [(u16, Is, Effect); 12] = [
            (302, |f| matches!(f, Failure::Fatal(_)), Effect::Unknown),
            (400, |f| matches!(f, Failure::Unattributed(_)), Effect::None),
            (401, |f| matches!(f, Failure::Auth(_)), Effect::None),
            (403, |f| matches!(f, Failure::Forbidden(_)), Effect::None),
            (404, |f| matches!(f, Failure::SchemaChanged(_)), Effect::None),
            (408, |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
            (409, |f| matches!(f, Failure::Unattributed(_)), Effect::None),
            (413, |f| matches!(f, Failure::TooLarge(_)), Effect::None),
            (422, |f| matches!(f, Failure::Unattributed(_)), Effect::None),
            (429, |f| matches!(f, Failure::RateLimited(_)), Effect::None),
            (500, |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
            (524, |f| matches!(f, Failure::Transient(_)), Effect::Unknown),
        ];
        for (status, is, effect) in cases {
            let failure = failure(Reply::status(status));
            assert!(is(&failure.failure), "{status}: {failure:?}");
            assert_eq!(failure.effect, effect, "{status}");
            assert_eq!(failure.failure.detail().http_status, Some(status));
        }
    }

    #[test]
    fn transport_errors_become_failures() {
        let cases = [
            (Error::Dns("no such host".to_owned()), "dns", Effect::None),
            (Error::Connect("refused".to_owned()), "connect", Effect::None),
            (Error::Tls("expired".to_owned()), "tls", Effect::None),
            (Error::Timeout, "timeout", Effect::Unknown),
            (Error::Reset("by peer".to_owned()), "reset", Effect::Unknown),
            (Error::Refused(Refusal::DeniedByPolicy), "denied_by_policy", Effect::None),
        ];
        for (error, code, effect) in cases {
            let failure = failure(Reply::failing(error));
            assert_eq!((failure.failure.detail().code.as_str(), failure.effect), (code, effect));
        }
    }

    #[test]
    fn a_date_says_how_long_to_wait() {
        let reply = Reply::text(429, "slow down").header("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT");
        let Failure::RateLimited(throttle) = failure(reply).failure else { panic!() };
        assert_eq!(throttle.retry_after_ms, Some(3000));
        assert_eq!(throttle.detail.message, "slow down");
    }

    #[test]
    fn d1_an_answer_that_says_when_to_come_back_is_a_rate_limit() {
        // The status, its header, and the wait where it is a rate limit.
        type Wait = Option<Option<u64>>;
        let cases: [(u16, Option<&str>, Wait, Effect); 15] = [
            (429, Some("2"), Some(Some(2000)), Effect::None),
            (429, Some("-1"), Some(None), Effect::None),
            (429, None, Some(None), Effect::None),
            (503, Some("2"), Some(Some(2000)), Effect::Unknown),
            (503, Some("0"), Some(Some(0)), Effect::Unknown),
            (503, Some("1e9"), Some(Some(1_000_000_000_000)), Effect::Unknown),
            (503, Some("Sun, 06 Nov 1994 08:49:40 GMT"), Some(Some(3000)), Effect::Unknown),
            (503, Some("-1"), None, Effect::Unknown),
            (503, Some("NaN"), None, Effect::Unknown),
            (503, Some("soon"), None, Effect::Unknown),
            (503, None, None, Effect::Unknown),
            (500, Some("2"), Some(Some(2000)), Effect::Unknown),
            (529, Some("2"), Some(Some(2000)), Effect::Unknown),
            (502, Some("2"), None, Effect::Unknown),
            (504, Some("2"), None, Effect::Unknown),
        ];
        for (status, header, expected, effect) in cases {
            let reply = Reply::status(status);
            let failure = failure(match header {
                Some(value) => reply.header("Retry-After", value),
                None => reply,
            });
            let wait = match &failure.failure {
                Failure::RateLimited(throttle) => Some(throttle.retry_after_ms),
                Failure::Transient(_) => None,
                other => panic!("{status} {header:?}: {other:?}"),
            };
            assert_eq!((wait, failure.effect), (expected, effect), "{status} {header:?}");
        }
    }

    #[test]
    fn a_request_that_only_reads_has_no_effect() {
        let _vendor = Vendor::scripted([Reply::status(500)]);
        let writes = Cell::new(0);
        let failure = Http::new(&writes).post("api", "/search").read_only().send().unwrap_err();
        assert_eq!((failure.effect, writes.get()), (Effect::None, 0));
    }

    #[test]
    fn a_refusal_may_come_with_a_status_of_success() {
        let refused = |response: &Response| {
            let is = response.body().starts_with(b"no");
            is.then(|| Failure::Auth(Detail::new("expired", "log in again")).without_effect())
        };
        let _vendor = Vendor::scripted([Reply::text(200, "no"), Reply::text(200, "yes")]);
        let writes = Cell::new(0);
        let http = Http::new(&writes).refused_by(refused);
        let failure = http.post("api", "/").send().unwrap_err();
        assert_eq!((failure.effect, writes.get()), (Effect::None, 0));
        assert_eq!(http.post("api", "/").send().map(|response| response.status()), Ok(200));
        assert_eq!(writes.get(), 1);
    }
}
