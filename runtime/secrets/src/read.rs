//! Follows a reference to a secret.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use offtake_core::secret::SecretRef;
use secrecy::SecretString;

use crate::command;
use crate::{Error, Store};

/// The longest secret: a private key with its chain has some KiB.
pub(crate) const SECRET_BYTES_MAX: u64 = 64 << 10;

/// Reads secrets by reference.
#[derive(Debug, Clone)]
pub struct Secrets {
    store: Arc<Store>,
}

impl Secrets {
    /// Reads from this store, beside everything that needs none.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// The store.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// What stands there now. Blocks for as long as a file or a program takes, at most half a minute.
    ///
    /// # Errors
    /// OFT-A003 where nothing is found, OFT-A005 where the store cannot be read.
    pub fn read(&self, reference: &SecretRef) -> Result<SecretString, Error> {
        match reference {
            SecretRef::Env(name) => {
                let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
                value.map(SecretString::from).ok_or_else(|| Error::NotSet(name.clone()))
            }
            SecretRef::File(path) => filled(file(path)?, || path.display().to_string()),
            SecretRef::Command(command) => {
                let shown = || format!("what `{}` prints", command::program(command));
                filled(command::output(command)?, shown)
            }
            SecretRef::Stored(name) => self.store.get(name)?.ok_or_else(|| Error::NotKept(name.clone())),
        }
    }
}

fn file(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(SECRET_BYTES_MAX).read_to_string(&mut text)).map_err(unreadable)?;
    Ok(text)
}

fn filled(text: String, place: impl Fn() -> String) -> Result<SecretString, Error> {
    if text.trim().is_empty() { Err(Error::Empty(place())) } else { Ok(SecretString::from(text)) }
}
