//! Secrets on disk: one file an entry, encrypted to this user's identity.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::read::SECRET_BYTES_MAX;
use crate::{Error, Identity, file};

const EXTENSION: &str = "age";
const NAME_BYTES_MAX: usize = 63;
/// Entries that the host keeps for itself.
const OWN: &str = "oauth2-";

/// A folder of encrypted entries.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    identity: Identity,
}

/// An entry that nobody else can hold, also no other process, until this is dropped.
#[derive(Debug)]
pub struct Held {
    store: Arc<Store>,
    name: String,
    /// The lock lives as long as the file is open.
    _lock: File,
}

impl Store {
    /// The store in this folder; nothing is opened yet.
    pub fn at(folder: impl Into<PathBuf>, identity: Identity) -> Self {
        Self { folder: folder.into(), identity }
    }

    /// The key of the store.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Keeps a person's secret. Says whether a new identity was made for it.
    ///
    /// # Errors
    /// OFT-A007 for a name that is none, OFT-A005 where it cannot be kept.
    pub fn set(&self, name: &str, secret: &SecretString) -> Result<bool, Error> {
        check_name(name)?;
        self.save(name, secret)
    }

    /// A secret that is kept.
    ///
    /// # Errors
    /// OFT-A007 for a name that is none, OFT-A005 where it cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<SecretString>, Error> {
        check_name(name)?;
        self.load(name)
    }

    /// The names of a person's secrets, in their order.
    ///
    /// # Errors
    /// OFT-A005 where the folder cannot be read.
    pub fn list(&self) -> Result<Vec<String>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(entry("", "read", error)),
        };
        let paths = entries.flatten().map(|entry| entry.path());
        let kept = paths.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
        let names = kept.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned));
        let mut names: Vec<String> = names.filter(|name| check_name(name).is_ok()).collect();
        names.sort();
        Ok(names)
    }

    /// Forgets a person's secret. Says whether there was one.
    ///
    /// # Errors
    /// OFT-A007 for a name that is none, OFT-A005 where it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<bool, Error> {
        check_name(name)?;
        let path = self.path(name);
        match fs::remove_file(&path).and_then(|()| file::sync_folder(&path)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(entry(name, "removed", error)),
        }
    }

    /// Holds an entry of the host itself, which `place` names without revealing anything. Blocks while another holds it.
    ///
    /// # Errors
    /// OFT-A005 where it cannot be locked.
    pub fn hold(self: &Arc<Self>, place: &str) -> Result<Held, Error> {
        let name = format!("{OWN}{place}");
        let locked = self.make_folder().and_then(|()| {
            let mut options = OpenOptions::new();
            options.create(true).write(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(self.folder.join(format!("{name}.lock")))?;
            file.lock()?;
            Ok(file)
        });
        let lock = locked.map_err(|error| entry(&name, "kept", error))?;
        Ok(Held { store: self.clone(), name, _lock: lock })
    }

    fn save(&self, name: &str, secret: &SecretString) -> Result<bool, Error> {
        let (identity, made) = self.identity.load_or_make()?;
        let plain = secret.expose_secret().as_bytes();
        if plain.len() as u64 > SECRET_BYTES_MAX {
            return Err(entry(name, "kept", format!("it is longer than {SECRET_BYTES_MAX} bytes")));
        }
        let encrypted = age::encrypt(&identity.to_public(), plain).map_err(|error| entry(name, "kept", error))?;
        let written = self.make_folder().and_then(|()| file::replace(&self.path(name), &encrypted));
        written.map_err(|error| entry(name, "kept", error))?;
        Ok(made)
    }

    fn load(&self, name: &str) -> Result<Option<SecretString>, Error> {
        let encrypted = match fs::read(self.path(name)) {
            Ok(encrypted) => encrypted,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(entry(name, "read", error)),
        };
        let missing = || Error::Identity { path: self.identity.path().to_owned(), why: "there is none".to_owned() };
        let identity = self.identity.load()?.ok_or_else(missing)?;
        let plain = age::decrypt(&identity, &encrypted).map_err(|error| entry(name, "read", error))?;
        let text = String::from_utf8(plain).map_err(|_| entry(name, "read", "it is not text"))?;
        Ok(Some(SecretString::from(text)))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{EXTENSION}"))
    }

    fn make_folder(&self) -> io::Result<()> {
        make_private(&self.folder)
    }
}

impl Held {
    /// What is kept there.
    ///
    /// # Errors
    /// OFT-A005.
    pub fn load(&self) -> Result<Option<SecretString>, Error> {
        self.store.load(&self.name)
    }

    /// Keeps this instead; it is on disk when this returns.
    ///
    /// # Errors
    /// OFT-A005.
    pub fn save(&self, secret: &SecretString) -> Result<(), Error> {
        self.store.save(&self.name, secret).map(|_| ())
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

fn check_name(name: &str) -> Result<(), Error> {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    let goes_on = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte));
    let fits = starts && goes_on && name.len() <= NAME_BYTES_MAX && !name.starts_with(OWN);
    if fits { Ok(()) } else { Err(Error::Name(name.to_owned())) }
}

fn entry(name: &str, verb: &'static str, why: impl ToString) -> Error {
    Error::Entry { name: name.to_owned(), verb, why: why.to_string() }
}
