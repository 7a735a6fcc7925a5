//! Secrets that must not come back to a guest or into a log, in every spelling.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;
use secrecy::{ExposeSecret, SecretString};

/// Shorter texts occur by chance, and redacting them would damage answers without protecting anything.
const REDACTED_BYTES_MIN: usize = 6;
pub(super) const REDACTED: &str = "[redacted]";

/// Every secret that a connection has used.
#[derive(Default)]
pub(crate) struct KeptBack {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Spellings of the values of a place, the newest last.
    places: BTreeMap<String, VecDeque<Vec<Vec<u8>>>>,
    /// All of them, the longest first.
    all: Arc<Vec<Vec<u8>>>,
}

impl KeptBack {
    /// Redacts this value from now on, beside the `earlier` values of the same place that came before it.
    pub(crate) fn keep(&self, place: &str, secret: &SecretString, earlier: usize) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let values = known.places.entry(place.to_owned()).or_default();
        let spelled = spellings(secret.expose_secret());
        if values.contains(&spelled) {
            return;
        }
        values.push_back(spelled);
        while values.len() > earlier + 1 {
            values.pop_front();
        }
        let all = known.places.values().flatten().flatten().cloned().collect();
        known.all = Arc::new(longest_first(all));
    }

    /// The bytes without any secret.
    pub(crate) fn redact_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner).all.clone();
        for spelling in all.iter() {
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

/// The spellings of a secret that are in use in answers, logs and links.
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
    spellings
}

/// So that no part of one is left where another that it begins with is redacted: secrets of one slot may be alike.
fn longest_first(mut spellings: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
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

    #[test]
    fn echoes_are_redacted_in_every_spelling() {
        let kept_back = KeptBack::default();
        kept_back.keep("token", &SecretString::from("pat-na1-s3cr3t/+"), 0);
        let echoes = [
            "you sent pat-na1-s3cr3t/+ twice: pat-na1-s3cr3t/+".to_owned(),
            format!("basic {}", STANDARD.encode("pat-na1-s3cr3t/+")),
            "?key=pat-na1-s3cr3t%2F%2B".to_owned(),
        ];
        for echo in echoes {
            let clean = kept_back.redact(&echo);
            assert!(clean.contains(REDACTED) && !clean.contains("s3cr3t") && !clean.contains("cGF0"), "{clean}");
        }
        assert_eq!(kept_back.redact("nothing here"), "nothing here");
    }

    #[test]
    fn of_each_place_the_newest_values_are_kept_back() {
        let kept_back = KeptBack::default();
        kept_back.keep("other", &SecretString::from("another-secret"), 0);
        for number in 0..10 {
            kept_back.keep("token", &SecretString::from(format!("secret-number-{number}")), 2);
        }
        for (secret, kept) in
            [("secret-number-6", false), ("secret-number-7", true), ("secret-number-9", true), ("another-secret", true)]
        {
            assert_eq!(kept_back.redact(secret) == REDACTED, kept, "{secret}");
        }
    }
}
