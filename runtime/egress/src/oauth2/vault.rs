//! Where refresh tokens are kept: what a vendor replaced is lost for ever when it is lost here.

use std::io;

use secrecy::SecretString;

/// A place on disk for one refresh token and its successors, shared by every connection and process that uses it.
pub trait Vault: Send + Sync {
    /// Holds the place: whoever else asks waits. Blocks.
    ///
    /// # Errors
    /// The I/O error of opening or locking it.
    fn hold(&self) -> io::Result<Box<dyn Entry>>;
}

/// A place that is held until this is dropped.
pub trait Entry: Send {
    /// What is kept there.
    ///
    /// # Errors
    /// The I/O error of reading it, also where it cannot be decrypted.
    fn load(&self) -> io::Result<Option<SecretString>>;

    /// Keeps this in place of what was there. It is on disk when this returns.
    ///
    /// # Errors
    /// The I/O error of writing it.
    fn save(&self, text: &SecretString) -> io::Result<()>;
}
