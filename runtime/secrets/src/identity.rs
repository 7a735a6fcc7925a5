//! The key of a store: an age identity in a file of this user.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use age::x25519;
use secrecy::ExposeSecret;

use crate::Error;

/// Where the key is.
#[derive(Debug, Clone)]
pub struct Identity {
    path: PathBuf,
}

impl Identity {
    /// The identity in this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key; none where there is no file.
    pub(crate) fn load(&self) -> Result<Option<x25519::Identity>, Error> {
        let unusable = |why: String| Error::Identity { path: self.path.clone(), why };
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        // The format of `age-keygen`: comments, and one line with the key.
        let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        let key = line.ok_or_else(|| unusable("it holds no key".to_owned()))?;
        key.parse().map(Some).map_err(|why: &str| unusable(why.to_owned()))
    }

    /// The key, which is made where there is none. Says whether it was made.
    pub(crate) fn load_or_make(&self) -> Result<(x25519::Identity, bool), Error> {
        if let Some(key) = self.load()? {
            return Ok((key, false));
        }
        let key = x25519::Identity::generate();
        let text = format!("# public key: {}\n{}\n", key.to_public(), key.to_string().expose_secret());
        match self.write(text.as_bytes()) {
            Ok(()) => Ok((key, true)),
            // Another process was faster: its key counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match self.load()? {
                Some(key) => Ok((key, false)),
                None => Err(Error::Identity { path: self.path.clone(), why: error.to_string() }),
            },
            Err(error) => Err(Error::Identity { path: self.path.clone(), why: error.to_string() }),
        }
    }

    fn write(&self, text: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        file.write_all(text)?;
        file.sync_all()
    }
}
