//! The `Retry-After` header: seconds or a date.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};

/// What a refusal costs that names no time: the vendors' windows are one or ten seconds.
const WAIT_DEFAULT: Duration = Duration::from_secs(1);

/// How long everybody who uses the credential has to wait after this answer.
pub(crate) fn asked(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let header = headers.get(RETRY_AFTER);
    match status {
        StatusCode::TOO_MANY_REQUESTS => Some(wait(header, now)),
        // Without the header it is an outage, which is for the engine to wait out.
        StatusCode::SERVICE_UNAVAILABLE => header.map(|header| wait(Some(header), now)),
        _ => None,
    }
}

/// How long the header says (RFC 9110 §10.2.3). What cannot be read, or is in the past, is a second.
fn wait(header: Option<&HeaderValue>, now: SystemTime) -> Duration {
    header.and_then(|value| value.to_str().ok()).and_then(|value| parse(value.trim(), now)).unwrap_or(WAIT_DEFAULT)
}

fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        // Infinite, negative and no number at all are refused here.
        return Duration::try_from_secs_f64(seconds).ok();
    }
    httpdate::parse_http_date(value).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_answers_ask_to_wait() {
        let cases = [
            (429, Some("5"), Some(5)),
            (429, None, Some(1)),
            (429, Some("soon"), Some(1)),
            (503, Some("5"), Some(5)),
            (503, Some("soon"), Some(1)),
            (503, None, None),
            (500, Some("5"), None),
            (301, Some("5"), None),
            (200, Some("5"), None),
        ];
        for (status, header, expected) in cases {
            let headers = header.map(|value| (RETRY_AFTER, HeaderValue::from_static(value)));
            let headers: HeaderMap = headers.into_iter().collect();
            let asked = asked(StatusCode::from_u16(status).unwrap(), &headers, SystemTime::UNIX_EPOCH);
            assert_eq!(asked, expected.map(Duration::from_secs), "{status} {header:?}");
        }
    }

    #[test]
    fn d1_every_spelling_of_a_wait_is_read_or_is_a_second() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("0", 0.0),
            ("120", 120.0),
            (" 120 ", 120.0),
            ("1.5", 1.5),
            ("1e9", 1e9),
            ("Sun, 06 Nov 1994 08:49:40 GMT", 3.0),
            ("Sunday, 06-Nov-94 08:49:40 GMT", 3.0),
            ("Sun Nov  6 08:49:40 1994", 3.0),
            ("Sun, 06 Nov 1994 08:49:30 GMT", 1.0),
            ("-1", 1.0),
            ("-1e300", 1.0),
            ("1e300", 1.0),
            ("NaN", 1.0),
            ("inf", 1.0),
            ("", 1.0),
            ("soon", 1.0),
            ("Sun, 99 Nov 1994 08:49:37 GMT", 1.0),
            ("12 parsecs", 1.0),
            ("\u{e9}", 1.0),
        ];
        for (value, expected) in cases {
            let header = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            assert_eq!(wait(Some(&header), now), Duration::from_secs_f64(expected), "{value:?}");
        }
        assert_eq!(wait(None, now), Duration::from_secs(1));
    }
}
