//! Secrets: read by the host, added to requests by the host, never seen by a guest.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
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

/// The spellings of a secret that are in use in answers, logs and links, longest first so that no part of one is left.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let (percent, whole) = (percent(secret, unreserved), percent(secret, |_| false));
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"').to_owned();
    let mut spellings = vec![secret.to_owned(), json.replace('/', "\\/"), json, hex.to_ascii_uppercase(), hex];
    for encoded in [form, percent, whole] {
        spellings.push(lower_escapes(&encoded));
        spellings.push(encoded);
    }
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        spellings.extend((0..3).filter_map(|offset| base64_inside(engine, secret, offset)));
        spellings.push(engine.encode(secret));
    }
    spellings.push(STANDARD.encode(secret));
    let mut spellings: Vec<Vec<u8>> = spellings.into_iter().map(String::into_bytes).collect();
    spellings.retain(|spelling| spelling.len() >= REDACTED_BYTES_MIN);
    spellings.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    spellings.dedup();
    spellings
}

fn percent(secret: &str, keep: impl Fn(u8) -> bool) -> String {
    let one = |byte: u8| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    secret.bytes().map(one).collect()
}

/// `%2F` as `%2f`; the letters of the secret itself stay as they are.
fn lower_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.extend(["%", &escape.to_ascii_lowercase(), rest]);
    }
    lower
}

/// The digits of a base64 text that are the secret's alone, wherever it stands in what was encoded ("Bearer …", "user:…").
fn base64_inside(engine: &GeneralPurpose, secret: &str, offset: usize) -> Option<String> {
    let around = [vec![0; offset], secret.as_bytes().to_vec()].concat();
    let digits = engine.encode(&around);
    digits.get((offset * 8).div_ceil(6)..around.len() * 8 / 6).map(str::to_owned)
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
