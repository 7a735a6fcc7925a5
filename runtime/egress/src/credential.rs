//! Secrets: read by the host, added to requests by the host, never seen by a guest.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;
use offtake_core::manifest::{CredentialKind, CredentialSlot};
use offtake_core::ports::{Refusal, SendError};
use secrecy::{ExposeSecret, SecretString};

use crate::policy::refused;

/// Shorter texts occur by chance, and redacting them would damage answers without protecting anything.
const REDACTED_BYTES_MIN: usize = 6;
const REDACTED: &str = "[redacted]";

/// A secret's value.
pub struct Secret(SecretString);

/// The secrets of one connection by slot.
pub struct Credentials {
    slots: BTreeMap<String, (CredentialSlot, Secret)>,
    /// Every spelling of every secret that must not come back to a guest or into a log.
    spellings: Vec<Vec<u8>>,
}

// === impl Secret ===

impl Secret {
    /// Takes a value, without the line end that files have.
    pub fn new(value: String) -> Self {
        Self(value.trim_end_matches(['\r', '\n']).to_owned().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

// === impl Credentials ===

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.slots.keys()).finish()
    }
}

impl Credentials {
    /// Binds secrets to the slots of a manifest. Slots without a secret stay unusable.
    pub fn new(slots: &BTreeMap<String, CredentialSlot>, mut secrets: BTreeMap<String, Secret>) -> Self {
        let bound = slots.iter().filter_map(|(name, slot)| {
            let secret = secrets.remove(name)?;
            Some((name.clone(), (slot.clone(), secret)))
        });
        let slots: BTreeMap<_, _> = bound.collect();
        let spellings = slots.values().flat_map(|(_, secret)| spellings(secret.0.expose_secret())).collect();
        Self { slots, spellings }
    }

    /// Adds a slot's secret to a request that is otherwise finished.
    pub(crate) fn add(&self, slot: &str, endpoint: &str, headers: &mut HeaderMap) -> Result<(), SendError> {
        let unknown =
            |why: &str| refused(Refusal::UnknownCredential, "OFT-E306", format!("credential slot `{slot}` {why}"));
        let (declared, secret) = self.slots.get(slot).ok_or_else(|| unknown("has no secret in this connection"))?;
        if !declared.endpoints.iter().any(|allowed| allowed == endpoint) {
            return Err(unknown(&format!("is not for endpoint `{endpoint}`")));
        }
        let secret = secret.0.expose_secret();
        let text = match declared.kind {
            CredentialKind::Bearer => format!("Bearer {secret}"),
            CredentialKind::Header => secret.to_owned(),
            CredentialKind::Basic => format!("Basic {}", STANDARD.encode(secret)),
        };
        let name = HeaderName::from_bytes(declared.header.as_bytes()).map_err(|_| unknown("names no header"))?;
        let mut value = HeaderValue::from_str(&text).map_err(|_| unknown("holds a secret that is not header text"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    }

    /// The bytes without any secret.
    pub(crate) fn redact_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for spelling in &self.spellings {
            let finder = memmem::Finder::new(spelling);
            if finder.find(&bytes).is_none() {
                continue;
            }
            let mut clean = Vec::with_capacity(bytes.len());
            let mut rest = bytes.as_slice();
            while let Some((before, after)) = finder.find(rest).and_then(|at| rest.split_at_checked(at)) {
                clean.extend_from_slice(before);
                clean.extend_from_slice(REDACTED.as_bytes());
                rest = after.get(spelling.len()..).unwrap_or_default();
            }
            clean.extend_from_slice(rest);
            bytes = clean;
        }
        bytes
    }

    /// The text without any secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redact_bytes(text.as_bytes().to_vec())).into_owned()
    }
}

/// A secret as it is, in base64 and percent-encoded, longest first so that no part of one is left.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut spellings: Vec<Vec<u8>> = [
        secret.to_owned(),
        percent,
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
    .map(String::into_bytes)
    .into_iter()
    .filter(|spelling| spelling.len() >= REDACTED_BYTES_MIN)
    .collect();
    spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    spellings.dedup();
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        let slot = CredentialSlot {
            kind: CredentialKind::Bearer,
            header: "Authorization".into(),
            endpoints: vec!["api".into()],
            description: String::new(),
        };
        let slots = BTreeMap::from([("token".to_owned(), slot)]);
        Credentials::new(&slots, BTreeMap::from([("token".to_owned(), Secret::new("pat-na1-s3cr3t/+\n".into()))]))
    }

    #[test]
    fn a_secret_goes_to_its_endpoints_only() {
        let mut headers = HeaderMap::new();
        credentials().add("token", "api", &mut headers).unwrap();
        let value = headers.get("authorization").unwrap();
        assert_eq!(value, "Bearer pat-na1-s3cr3t/+");
        assert!(value.is_sensitive());
        for (slot, endpoint) in [("token", "other"), ("none", "api")] {
            let refused = credentials().add(slot, endpoint, &mut HeaderMap::new());
            assert!(matches!(refused, Err(SendError::Refused { refusal: Refusal::UnknownCredential, .. })));
        }
    }

    #[test]
    fn echoes_are_redacted_in_every_spelling() {
        let credentials = credentials();
        let echoes = [
            "you sent pat-na1-s3cr3t/+ twice: pat-na1-s3cr3t/+".to_owned(),
            format!("basic {}", STANDARD.encode("pat-na1-s3cr3t/+")),
            "?key=pat-na1-s3cr3t%2F%2B".to_owned(),
        ];
        for echo in echoes {
            let clean = credentials.redact(&echo);
            assert!(clean.contains(REDACTED) && !clean.contains("s3cr3t") && !clean.contains("cGF0"), "{clean}");
        }
        assert_eq!(credentials.redact("nothing here"), "nothing here");
    }

    #[test]
    fn secrets_have_no_debug_text() {
        assert!(!format!("{:?} {:?}", credentials(), Secret::new("x".into())).contains("s3cr3t"));
    }
}
