//! Signatures of requests by Standard Webhooks 1.0: who receives one knows who sent it, and that nobody changed it.
//!
//! Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Names the message; the same in every attempt.
pub(crate) const ID: HeaderName = HeaderName::from_static("webhook-id");
/// When this attempt was made, in seconds since 1970.
pub(crate) const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// The signatures.
pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Before a secret in its usual form.
const PREFIX: &str = "whsec_";

/// The three headers of a signed request; none where the secret is no signing secret. A message without an id is named after
/// what it says.
pub(crate) fn sign(
    secret: &SecretString,
    id: Option<&str>,
    body: &[u8],
    now: SystemTime,
) -> Option<[(HeaderName, HeaderValue); 3]> {
    let secret = secret.expose_secret();
    let key = STANDARD.decode(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok().filter(|key| !key.is_empty())?;
    let id = match id {
        Some(id) => id.to_owned(),
        None => format!("msg_{:x}", Sha256::digest(body)),
    };
    let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let value = |text: &str| HeaderValue::from_str(text).ok();
    Some([(ID, value(&id)?), (TIMESTAMP, value(&timestamp)?), (SIGNATURE, value(&signature)?)])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let now = UNIX_EPOCH + Duration::from_secs(1_614_265_330);
        let body = br#"{"test": 2432232314}"#;
        let signed = sign(&secret, Some("msg_p5jXN8AQM9LWM0D4loKWxJek"), body, now).unwrap();
        let values = signed.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        assert_eq!(
            values,
            [
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
                "webhook-timestamp: 1614265330",
                "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ]
        );
        assert!(sign(&SecretString::from("whsec_not base64"), None, body, now).is_none());
        assert!(sign(&SecretString::from("whsec_"), None, body, now).is_none());
        let named = |body: &[u8]| sign(&secret, None, body, now).unwrap()[0].1.clone();
        assert_eq!(named(body), named(body));
        assert_ne!(named(body), named(b"{}"));
    }
}
