//! Secrets: read by the host, added to requests by the host, never seen by a guest.

mod kept_back;
mod signature;
mod slots;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use offtake_core::manifest::CredentialSlot;
use secrecy::SecretString;

pub(crate) use self::kept_back::KeptBack;
pub(crate) use self::signature::{ID, TIMESTAMP};
pub(crate) use self::slots::{Slots, Version};
use crate::oauth2::OAuth2;

/// A secret's value, and where to read it again.
#[derive(Clone)]
pub struct Secret {
    value: SecretString,
    again: Option<Arc<Again>>,
}

/// Reads a secret again; an error is a sentence for a person.
type Again = dyn Fn() -> Result<SecretString, String> + Send + Sync;

/// What fills a slot.
pub enum Provided {
    /// The secret as it is.
    Secret(Secret),
    /// An access token that the host gets from the vendor.
    OAuth2(Box<OAuth2>),
}

/// What a connection provides for the slots of a manifest.
pub struct Credentials {
    slots: BTreeMap<String, (CredentialSlot, Provided)>,
}

// === impl Secret ===

impl Secret {
    /// Takes a value, without the line end that files have.
    pub fn new(value: impl Into<SecretString>) -> Self {
        Self { value: trimmed(value.into()), again: None }
    }

    /// Has it read again by `again` when the destination refuses it: it may have been rotated since.
    #[must_use]
    pub fn read_again_by(mut self, again: impl Fn() -> Result<SecretString, String> + Send + Sync + 'static) -> Self {
        self.again = Some(Arc::new(move || again().map(trimmed)));
        self
    }

    /// What stands in its place now. Blocks: a file may lie on a slow disk, and a command takes its time.
    pub(crate) fn now(&self) -> Result<SecretString, String> {
        self.again.as_ref().map_or_else(|| Ok(self.value.clone()), |again| again())
    }
}

fn trimmed(value: SecretString) -> SecretString {
    use secrecy::ExposeSecret;
    match value.expose_secret().trim_end_matches(['\r', '\n']) {
        whole if whole.len() == value.expose_secret().len() => value,
        shorter => SecretString::from(shorter),
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<Secret> for Provided {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<OAuth2> for Provided {
    fn from(oauth2: OAuth2) -> Self {
        Self::OAuth2(Box::new(oauth2))
    }
}

// === impl Credentials ===

impl Credentials {
    /// Joins the slots of a manifest with what a connection provides. Slots without anything stay unusable.
    pub fn new<P: Into<Provided>>(
        declared: &BTreeMap<String, CredentialSlot>,
        mut provided: BTreeMap<String, P>,
    ) -> Self {
        let slots = declared.iter().filter_map(|(name, declared)| {
            let provided = provided.remove(name)?.into();
            Some((name.clone(), (declared.clone(), provided)))
        });
        Self { slots: slots.collect() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.slots.keys()).finish()
    }
}
