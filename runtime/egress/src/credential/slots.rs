//! The slots of one connection: which value is in each, and when another takes its place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as StdInstant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use offtake_core::manifest::{CredentialKind, CredentialSlot};
use offtake_core::ports::{Refusal, SendError};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{Again, Credentials, KeptBack, Provided, signature};
use crate::oauth2::{Exchange, Token};
use crate::policy::{PolicyError, refused};

/// How often a slot's secret may be replaced by reading it again. Each value that ever was sent has to be redacted from
/// then on, so their number has an end; a secret that rotates every quarter of an hour comes to this in a day.
const ROTATIONS_MAX: u64 = 100;
/// Access tokens before the current one that are still redacted. They expire by themselves.
const TOKENS_KEPT_BACK: usize = 3;
/// After the vendor refused to issue a token it is not asked again for so long, however many calls want one.
const TOKEN_REFUSED_FOR: Duration = Duration::from_secs(10);

/// The slots of one connection.
pub(crate) struct Slots {
    slots: BTreeMap<String, Slot>,
    kept_back: Arc<KeptBack>,
}

struct Slot {
    declared: CredentialSlot,
    source: Source,
    current: Mutex<Option<Current>>,
    /// Whoever holds it replaces the value; the others wait, and see what became of it.
    vain: tokio::sync::Mutex<Vain>,
}

enum Source {
    Fixed(Option<Arc<Again>>),
    OAuth2(Arc<Exchange>),
}

#[derive(Clone)]
struct Current {
    value: SecretString,
    version: Version,
    /// When it took the place of the one before.
    since: StdInstant,
    /// A request that leaves later than this needs another value.
    good_until: Option<Instant>,
}

/// What was tried and came to nothing.
#[derive(Default)]
struct Vain {
    /// The value that was refused and not replaced.
    refused: Option<Version>,
    /// When no token was issued, and why.
    token: Option<(Instant, SendError)>,
}

/// Tells the values of a slot apart.
pub(crate) type Version = u64;

impl Slots {
    /// Takes over what a connection provides; `exchange` makes the way to a vendor's access tokens.
    pub(crate) fn new(
        credentials: Credentials,
        kept_back: Arc<KeptBack>,
        exchange: impl Fn(&str, &CredentialSlot, crate::OAuth2) -> Result<Exchange, PolicyError>,
    ) -> Result<Self, PolicyError> {
        let mut slots = BTreeMap::new();
        for (name, (declared, provided)) in credentials.slots {
            let (source, current) = match provided {
                Provided::Secret(secret) => {
                    kept_back.keep(&name, &secret.value, earlier(&Source::Fixed(None)));
                    let current =
                        Current { value: secret.value, version: 0, since: StdInstant::now(), good_until: None };
                    (Source::Fixed(secret.again), Some(current))
                }
                Provided::OAuth2(oauth2) => (Source::OAuth2(Arc::new(exchange(&name, &declared, *oauth2)?)), None),
            };
            let slot = Slot { declared, source, current: Mutex::new(current), vain: tokio::sync::Mutex::default() };
            slots.insert(name, slot);
        }
        Ok(Self { slots, kept_back })
    }

    /// Whether a slot may be used at an endpoint.
    pub(crate) fn check(&self, name: &str, endpoint: &str) -> Result<(), SendError> {
        self.find(name, endpoint).map(|_| ())
    }

    fn find(&self, name: &str, endpoint: &str) -> Result<&Slot, SendError> {
        let found = self.slots.get(name).ok_or_else(|| {
            unknown(name, "has no secret in this connection, or is not granted (`plugins.ID.slots` of offtake.yml)")
        })?;
        if found.declared.endpoints.iter().any(|allowed| allowed == endpoint) {
            Ok(found)
        } else {
            Err(unknown(name, &format!("is not for endpoint `{endpoint}`")))
        }
    }

    /// Returns when the slot holds a value that can be sent.
    pub(crate) async fn ready(&self, name: &str) -> Result<(), SendError> {
        let Some(slot) = self.slots.get(name) else { return Ok(()) };
        let Source::OAuth2(exchange) = &slot.source else { return Ok(()) };
        if slot.is_good() {
            return Ok(());
        }
        let mut vain = slot.vain.lock().await;
        if slot.is_good() {
            return Ok(());
        }
        self.issue(name, slot, exchange, None, &mut vain).await
    }

    /// The header with a slot's secret for a request to an endpoint, and which value it is.
    pub(crate) fn header(&self, name: &str, endpoint: &str) -> Result<(HeaderName, HeaderValue, Version), SendError> {
        let slot = self.find(name, endpoint)?;
        let header =
            HeaderName::from_bytes(slot.declared.header.as_bytes()).map_err(|_| unknown(name, "names no header"))?;
        let current = slot.current().clone().ok_or_else(|| unknown(name, "has no access token yet"))?;
        if slot.declared.kind == CredentialKind::StandardWebhooks {
            return Err(unknown(name, "signs requests by itself, and is not sent"));
        }
        let value = header_value(slot.declared.kind, &current.value);
        let value = value.ok_or_else(|| unknown(name, "holds a secret that is not header text"))?;
        Ok((header, value, current.version))
    }

    /// Headers that sign a request to an endpoint, where the connection has a secret for that.
    pub(crate) fn signatures(
        &self,
        endpoint: &str,
        id: Option<&str>,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, SendError> {
        let signing = self.slots.iter().filter(|(_, slot)| {
            slot.declared.kind == CredentialKind::StandardWebhooks
                && slot.declared.endpoints.iter().any(|to| to == endpoint)
        });
        let mut headers = Vec::new();
        for (name, slot) in signing {
            let Some(current) = slot.current().clone() else { continue };
            let signed = signature::sign(&current.value, id, body, now);
            headers.extend(signed.ok_or_else(|| unknown(name, "holds no signing secret: `whsec_` and base64"))?);
        }
        Ok(headers)
    }

    /// Replaces a slot's value after the destination refused this version of it, once for each version. Says whether
    /// there is another one to try.
    pub(crate) async fn refresh(&self, name: &str, refused: Version) -> bool {
        let Some(slot) = self.slots.get(name) else { return false };
        let mut vain = slot.vain.lock().await;
        let Some(current) = slot.current().clone() else { return false };
        if current.version != refused {
            return true;
        }
        if vain.refused == Some(refused) {
            return false;
        }
        match &slot.source {
            Source::Fixed(again) => {
                vain.refused = Some(refused);
                self.read_again(name, slot, again.clone(), &current).await
            }
            Source::OAuth2(exchange) => {
                vain.refused = Some(refused);
                let issued = self.issue(name, slot, exchange, Some(current.value.clone()), &mut vain).await;
                let replaced = slot.current().as_ref().is_some_and(|now| now.version != refused);
                issued.is_ok() && replaced
            }
        }
    }

    /// Replaces the values that may have been sent since then, one of which the destination refused without saying which.
    /// Says whether there is another one to try.
    pub(crate) async fn renew(&self, since: StdInstant) -> bool {
        let mut renewed = false;
        for (name, slot) in &self.slots {
            let Some(current) = slot.current().clone() else { continue };
            renewed |= current.since > since || self.refresh(name, current.version).await;
        }
        renewed
    }

    async fn read_again(&self, name: &str, slot: &Slot, again: Option<Arc<Again>>, current: &Current) -> bool {
        let Some(again) = again.filter(|_| current.version < ROTATIONS_MAX) else { return false };
        // A file may lie on a slow disk.
        let fresh = match tokio::task::spawn_blocking(move || again()).await {
            Ok(Ok(value)) => value,
            Ok(Err(why)) => {
                tracing::warn!(code = "OFT-A003", slot = name, why, "a refused credential could not be read again");
                return false;
            }
            Err(_) => return false,
        };
        let same = fresh.expose_secret() == current.value.expose_secret();
        if same || header_value(slot.declared.kind, &fresh).is_none() {
            return false;
        }
        self.replace(name, slot, fresh, None);
        tracing::info!(slot = name, "a refused credential was replaced by the one that stands in its place now");
        true
    }

    /// Asks the vendor for a token, unless it just refused one.
    async fn issue(
        &self,
        name: &str,
        slot: &Slot,
        exchange: &Arc<Exchange>,
        refused: Option<SecretString>,
        vain: &mut Vain,
    ) -> Result<(), SendError> {
        if let Some((at, error)) = &vain.token
            && at.elapsed() < TOKEN_REFUSED_FOR
        {
            return Err(error.clone());
        }
        match exchange.obtain(refused.clone()).await {
            Ok(Token { access, good_until, .. }) => {
                vain.token = None;
                let same = refused.is_some_and(|refused| refused.expose_secret() == access.expose_secret());
                if !same {
                    self.replace(name, slot, access, good_until);
                }
                Ok(())
            }
            Err(error) => {
                tracing::warn!(slot = name, %error, "no access token was issued");
                vain.token = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn replace(&self, name: &str, slot: &Slot, value: SecretString, good_until: Option<Instant>) {
        // Before it is sent for the first time.
        self.kept_back.keep(name, &value, earlier(&slot.source));
        let mut current = slot.current();
        let version = current.as_ref().map_or(0, |before| before.version + 1);
        *current = Some(Current { value, version, since: StdInstant::now(), good_until });
    }
}

/// Values before the current one that are redacted.
fn earlier(source: &Source) -> usize {
    match source {
        Source::Fixed(_) => usize::try_from(ROTATIONS_MAX).unwrap_or(usize::MAX),
        Source::OAuth2(_) => TOKENS_KEPT_BACK,
    }
}

impl Slot {
    fn current(&self) -> MutexGuard<'_, Option<Current>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self) -> bool {
        let current = self.current();
        current.as_ref().is_some_and(|current| current.good_until.is_none_or(|until| Instant::now() < until))
    }
}

fn unknown(slot: &str, why: &str) -> SendError {
    refused(Refusal::UnknownCredential, "OFT-E306", format!("credential slot `{slot}` {why}"))
}

fn header_value(kind: CredentialKind, secret: &SecretString) -> Option<HeaderValue> {
    let secret = secret.expose_secret();
    let text = match kind {
        CredentialKind::Bearer => format!("Bearer {secret}"),
        CredentialKind::Header | CredentialKind::StandardWebhooks => secret.to_owned(),
        CredentialKind::Basic => format!("Basic {}", STANDARD.encode(secret)),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests;
