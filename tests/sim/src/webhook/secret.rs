//! Signatures by Standard Webhooks 1.0, as a receiver checks them.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// Before a secret in its usual form.
const PREFIX: &str = "whsec_";
/// So many seconds a signature may be older or newer than now.
const TOLERANCE: i64 = 300;

/// A signing secret: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = text.strip_prefix(PREFIX).and_then(|key| STANDARD.decode(key).ok());
        let key = key.filter(|key| (24..=64).contains(&key.len()));
        key.map(Self).ok_or("a signing secret is whsec_ and 24 to 64 bytes in base64")
    }
}

impl Secret {
    /// Whether one of the signatures in the headers is of this secret and body, and of these minutes.
    pub(super) fn signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signatures)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return false;
        };
        let timely = timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(now.as_second()) <= TOLERANCE.unsigned_abs());
        // Several stand there while a secret is replaced, and those of other versions are not ours to judge.
        let mut signatures = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        timely && !id.is_empty() && signatures.any(|signature| self.made(signature, &[id, timestamp], body))
    }

    fn made(&self, signature: &str, before: &[&str], body: &[u8]) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return false };
        for part in before {
            mac.update(part.as_bytes());
            mac.update(b".");
        }
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_614_265_330;

    /// The example of the specification.
    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", AT.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn the_example_is_accepted_for_five_minutes() {
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let rotated = format!(
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== v1,AAAA {good}"
        );
        let other = good.replace("g0h", "g0H");
        let v2 = good.replace("v1", "v2");
        for (signature, body, late, fits) in [
            (good, r#"{"test": 2432232314}"#, 0, true),
            (rotated.as_str(), r#"{"test": 2432232314}"#, 0, true),
            (good, r#"{"test": 2432232314}"#, 300, true),
            (good, r#"{"test": 2432232314}"#, -300, true),
            (good, r#"{"test": 2432232314}"#, 301, false),
            (good, r#"{"test": 2432232314}"#, -301, false),
            (good, r#"{"test":2432232314}"#, 0, false),
            (other.as_str(), r#"{"test": 2432232314}"#, 0, false),
            (v2.as_str(), r#"{"test": 2432232314}"#, 0, false),
            ("", r#"{"test": 2432232314}"#, 0, false),
        ] {
            let now = Timestamp::from_second(AT + late).unwrap();
            assert_eq!(secret.signed(&headers(signature), body.as_bytes(), now), fits, "{signature} {body} {late}");
        }
    }

    #[test]
    fn a_secret_has_its_form() {
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA", "whsec_not base64"] {
            assert!(wrong.parse::<Secret>().is_err(), "{wrong}");
        }
        assert!(!format!("{:?}", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse::<Secret>()).contains("MfKQ"));
    }
}
