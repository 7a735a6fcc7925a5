//! Secrets: read by the host, added to requests by the host, never seen by a guest.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue};
use memchr::memmem;
use offtake_core::manifest::{CredentialKind, CredentialSlot};
use offtake_core::ports::{Refusal, SendError};
use secrecy::{ExposeSecret, SecretString};

use crate::policy::refused;

/// Shorter texts occur by chance, and redacting them would damage answers without protecting anything.
const REDACTED_BYTES_MIN: usize = 6;
const REDACTED: &str = "[redacted]";
/// How often a slot's secret may be replaced. Each value that ever was sent has to be redacted from then on, so their
/// number has an end; a secret that rotates every quarter of an hour comes to this in a day.
const ROTATIONS_MAX: u64 = 100;

/// A secret's value, and where to read it again.
pub struct Secret {
    value: SecretString,
    again: Option<Arc<Again>>,
}

/// Reads a secret again; an error is a sentence for a person.
type Again = dyn Fn() -> Result<String, String> + Send + Sync;

/// The secrets of one connection by slot.
pub struct Credentials {
    slots: BTreeMap<String, Slot>,
    /// Every spelling of every secret that must not come back to a guest or into a log, the longest first.
    spellings: Mutex<Arc<Vec<Vec<u8>>>>,
}

struct Slot {
    declared: CredentialSlot,
    again: Option<Arc<Again>>,
    current: Mutex<Current>,
    /// The value that was refused and read again without finding another. Whoever holds it reads; the others wait, and
    /// see what became of it.
    in_vain: tokio::sync::Mutex<Option<Version>>,
}

struct Current {
    value: SecretString,
    version: Version,
}

/// Tells the values of a slot apart.
pub(crate) type Version = u64;

// === impl Secret ===

impl Secret {
    /// Takes a value, without the line end that files have.
    pub fn new(value: String) -> Self {
        Self { value: value.trim_end_matches(['\r', '\n']).to_owned().into(), again: None }
    }

    /// Has it read again by `again` when the destination refuses it: it may have been rotated since.
    #[must_use]
    pub fn read_again_by(mut self, again: impl Fn() -> Result<String, String> + Send + Sync + 'static) -> Self {
        self.again = Some(Arc::new(again));
        self
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
        let bound = slots.iter().filter_map(|(name, declared)| {
            let Secret { value, again } = secrets.remove(name)?;
            let current = Mutex::new(Current { value, version: 0 });
            Some((name.clone(), Slot { declared: declared.clone(), again, current, in_vain: Default::default() }))
        });
        let credentials = Self { slots: bound.collect(), spellings: Mutex::default() };
        for slot in credentials.slots.values() {
            credentials.keep_back(&slot.current().value);
        }
        credentials
    }

    /// The header with a slot's secret for a request to an endpoint, and which value it is.
    pub(crate) fn header(&self, slot: &str, endpoint: &str) -> Result<(HeaderName, HeaderValue, Version), SendError> {
        let unknown =
            |why: &str| refused(Refusal::UnknownCredential, "OFT-E306", format!("credential slot `{slot}` {why}"));
        let found = self.slots.get(slot).ok_or_else(|| unknown("has no secret in this connection"))?;
        if !found.declared.endpoints.iter().any(|allowed| allowed == endpoint) {
            return Err(unknown(&format!("is not for endpoint `{endpoint}`")));
        }
        let name = HeaderName::from_bytes(found.declared.header.as_bytes()).map_err(|_| unknown("names no header"))?;
        let current = found.current();
        let value = header_value(found.declared.kind, &current.value);
        let value = value.ok_or_else(|| unknown("holds a secret that is not header text"))?;
        Ok((name, value, current.version))
    }

    /// Reads a slot's secret again after the destination refused this value of it, once for each value. Says whether
    /// there is another one to try.
    pub(crate) async fn refresh(&self, name: &str, refused: Version) -> bool {
        let Some(slot) = self.slots.get(name) else { return false };
        let Some(again) = slot.again.clone() else { return false };
        let mut in_vain = slot.in_vain.lock().await;
        if slot.current().version != refused {
            return true;
        }
        if *in_vain == Some(refused) || refused >= ROTATIONS_MAX {
            return false;
        }
        // A file may lie on a slow disk.
        let read = tokio::task::spawn_blocking(move || again()).await;
        *in_vain = Some(refused);
        let fresh = match read {
            Ok(Ok(value)) => Secret::new(value).value,
            Ok(Err(why)) => {
                tracing::warn!(code = "OFT-A003", slot = name, why, "a refused credential could not be read again");
                return false;
            }
            Err(_) => return false,
        };
        let same = fresh.expose_secret() == slot.current().value.expose_secret();
        if same || header_value(slot.declared.kind, &fresh).is_none() {
            return false;
        }
        // Before it is sent for the first time.
        self.keep_back(&fresh);
        *slot.current() = Current { value: fresh, version: refused + 1 };
        tracing::info!(slot = name, "a refused credential was replaced by the one that stands in its place now");
        true
    }

    /// Redacts this secret from now on, beside those before it.
    fn keep_back(&self, secret: &SecretString) {
        let mut known = self.spellings.lock().unwrap_or_else(PoisonError::into_inner);
        let all = known.iter().cloned().chain(spellings(secret.expose_secret()));
        *known = Arc::new(longest_first(all.collect()));
    }

    /// The bytes without any secret.
    pub(crate) fn redact_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let spellings = self.spellings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for spelling in spellings.iter() {
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

impl Slot {
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn header_value(kind: CredentialKind, secret: &SecretString) -> Option<HeaderValue> {
    let secret = secret.expose_secret();
    let text = match kind {
        CredentialKind::Bearer => format!("Bearer {secret}"),
        CredentialKind::Header => secret.to_owned(),
        CredentialKind::Basic => format!("Basic {}", STANDARD.encode(secret)),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn credentials() -> Credentials {
        bound(Secret::new("pat-na1-s3cr3t/+\n".into()))
    }

    fn bound(secret: Secret) -> Credentials {
        let slot = CredentialSlot {
            kind: CredentialKind::Bearer,
            header: "Authorization".into(),
            endpoints: vec!["api".into()],
            description: String::new(),
        };
        let slots = BTreeMap::from([("token".to_owned(), slot)]);
        Credentials::new(&slots, BTreeMap::from([("token".to_owned(), secret)]))
    }

    fn sent(credentials: &Credentials) -> (String, Version) {
        let (_, value, version) = credentials.header("token", "api").unwrap();
        (value.to_str().unwrap().to_owned(), version)
    }

    #[tokio::test]
    async fn a_refused_secret_is_read_again_once_and_replaced_where_it_is_another() {
        // What is found in its place, and whether there is then something to try.
        let cases = [
            (Ok("the-new-secret\n"), true),
            (Ok("the-old-secret"), false),
            (Ok("the-old-secret\n"), false),
            (Ok("no header\ntext"), false),
            (Err("the file is gone"), false),
        ];
        for (found, replaced) in cases {
            let reads = Arc::new(AtomicUsize::new(0));
            let counted = reads.clone();
            let secret = Secret::new("the-old-secret".into()).read_again_by(move || {
                counted.fetch_add(1, Ordering::SeqCst);
                found.map(str::to_owned).map_err(str::to_owned)
            });
            let credentials = bound(secret);
            let (_, refused) = sent(&credentials);
            let together = futures::future::join_all((0..5).map(|_| credentials.refresh("token", refused))).await;
            assert_eq!(together, [replaced; 5], "{found:?}");
            assert_eq!(credentials.refresh("token", refused).await, replaced, "a late 401 of the same value");
            assert_eq!(reads.load(Ordering::SeqCst), 1, "{found:?}");
            let now = if replaced { "Bearer the-new-secret" } else { "Bearer the-old-secret" };
            assert_eq!(sent(&credentials).0, now, "{found:?}");
            assert_eq!(credentials.redact("the-old-secret"), REDACTED);
            assert_eq!(credentials.redact("the-new-secret") == REDACTED, replaced, "{found:?}");
            assert!(!credentials.refresh("other", refused).await);
        }
        assert!(!credentials().refresh("token", 0).await, "there is no way to read it again");
    }

    #[tokio::test]
    async fn rotations_have_an_end_and_no_value_is_forgotten() {
        let next = AtomicUsize::new(1);
        // Each begins with the one before.
        let secret = |number: usize| format!("secret{}", "x".repeat(number));
        let credentials =
            bound(Secret::new(secret(0)).read_again_by(move || Ok(secret(next.fetch_add(1, Ordering::SeqCst)))));
        let mut rotations = 0;
        while credentials.refresh("token", sent(&credentials).1).await {
            rotations += 1;
        }
        assert_eq!(rotations, ROTATIONS_MAX);
        for number in 0..=100 {
            assert_eq!(credentials.redact(&secret(number)), REDACTED, "{number}");
        }
    }

    #[test]
    fn a_secret_goes_to_its_endpoints_only() {
        let (name, value, _) = credentials().header("token", "api").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("authorization", "Bearer pat-na1-s3cr3t/+"));
        assert!(value.is_sensitive());
        for (slot, endpoint) in [("token", "other"), ("none", "api")] {
            let refused = credentials().header(slot, endpoint);
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
