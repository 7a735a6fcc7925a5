//! The files of installed connectors: the current one under its name, and every version that can be gone back to under
//! its digest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Lock, Pin, Signature};

/// Beside the connectors, and hidden from whoever lists them.
const STORE: &str = ".store";
const SIGNATURE_EXTENSION: &str = "minisig";

/// The connectors of a project on disk.
#[derive(Debug, Clone)]
pub struct Installed {
    project: PathBuf,
}

impl Installed {
    /// Of the project in this folder.
    pub fn of(project: impl Into<PathBuf>) -> Self {
        Self { project: project.into() }
    }

    /// Keeps a component, with its signature, under its digest. Returns its file.
    ///
    /// # Errors
    /// OFT-P037.
    pub fn keep(&self, file: &Path, component: &[u8], signature: Option<&Signature>) -> Result<PathBuf, Error> {
        let kept = self.kept(file, &digest(component));
        write(&kept, component)?;
        if let Some(signature) = signature {
            write(&signature_of(&kept), signature.text().as_bytes())?;
        }
        Ok(kept)
    }

    /// Where a component of this digest is kept for a file of the project.
    pub fn kept(&self, file: &Path, sha256: &str) -> PathBuf {
        let folder = self.project.join(file).parent().map(Path::to_owned).unwrap_or_default();
        folder.join(STORE).join(format!("{sha256}.wasm"))
    }

    /// Puts the pinned component under its name.
    ///
    /// # Errors
    /// OFT-P037.
    pub fn activate(&self, pin: &Pin) -> Result<(), Error> {
        let kept = self.kept(&pin.file, &pin.sha256);
        let path = self.project.join(&pin.file);
        // The signature first: with it alone, the old component is refused and nothing unsigned runs.
        match fs::read(signature_of(&kept)) {
            Ok(signature) => write(&signature_of(&path), &signature)?,
            Err(_) => remove(&signature_of(&path))?,
        }
        let component = fs::read(&kept).map_err(|source| Error::File { path: kept, source })?;
        write(&path, &component)
    }

    /// Finishes what a process that died between lock and file has begun. Says whether there was something.
    ///
    /// # Errors
    /// OFT-P037.
    pub fn finish(&self, pin: &Pin, found: &str) -> Result<bool, Error> {
        let was_replaced = pin.previous.iter().any(|previous| previous.sha256 == found);
        let is_kept = self.kept(&pin.file, &pin.sha256).is_file();
        if was_replaced && is_kept {
            self.activate(pin)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Removes versions that no pin names any more.
    ///
    /// # Errors
    /// OFT-P037.
    pub fn sweep(&self, lock: &Lock, file: &Path) -> Result<(), Error> {
        let named: Vec<&str> = lock
            .pins()
            .flat_map(|pin| pin.previous.iter().map(|previous| previous.sha256.as_str()).chain([pin.sha256.as_str()]))
            .collect();
        let folder = self.kept(file, "");
        let entries = folder.parent().map(fs::read_dir).into_iter().flatten().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let digest = name.split('.').next().unwrap_or_default();
            if !named.contains(&digest) {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

impl Signature {
    /// The signature that lies beside a component; none where there is none.
    ///
    /// # Errors
    /// OFT-P037 where it cannot be read, OFT-P045 where it is none.
    pub fn beside(component: &Path) -> Result<Option<Self>, Error> {
        let path = signature_of(component);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    /// Puts the signature beside a component. Returns its file.
    ///
    /// # Errors
    /// OFT-P037.
    pub fn put_beside(&self, component: &Path) -> Result<PathBuf, Error> {
        let path = signature_of(component);
        write(&path, self.text().as_bytes())?;
        Ok(path)
    }
}

/// `NAME.wasm.minisig`, as minisign has it.
fn signature_of(component: &Path) -> PathBuf {
    let mut name = component.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(SIGNATURE_EXTENSION);
    component.with_file_name(name)
}

/// SHA-256 in hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, bytes).map_err(|source| Error::File { path: path.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::File { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

/// Puts `bytes` in place of the file's content, whole or not at all, and on disk when this returns.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let fresh = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use offtake_core::grant::Ask;

    use super::*;
    use crate::{Origin, Previous};

    fn pin(component: &[u8], previous: Option<&[u8]>) -> Pin {
        let previous = previous.map(|component| Previous {
            version: "0".to_owned(),
            sha256: digest(component),
            origin: Origin::File(PathBuf::new()),
            signer: None,
            approved: Ask::default(),
        });
        Pin {
            id: "crm".to_owned(),
            version: "1".to_owned(),
            file: PathBuf::from("plugins/crm.wasm"),
            sha256: digest(component),
            wit: String::new(),
            origin: Origin::File(PathBuf::new()),
            signer: None,
            approved: Ask::default(),
            previous: previous.into_iter().collect(),
        }
    }

    #[test]
    fn an_installation_that_broke_off_is_finished_and_a_strange_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let installed = Installed::of(folder.path());
        let file = Path::new("plugins/crm.wasm");
        let path = folder.path().join(file);
        for component in [&b"old"[..], b"new"] {
            installed.keep(file, component, None).unwrap();
        }
        installed.activate(&pin(b"old", None)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let new = pin(b"new", Some(b"old"));
        assert!(!installed.finish(&new, &digest(b"strange")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(installed.finish(&new, &digest(b"old")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn versions_that_nothing_names_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let installed = Installed::of(folder.path());
        let file = Path::new("plugins/crm.wasm");
        let kept: Vec<PathBuf> = [&b"old"[..], b"new", b"older"]
            .into_iter()
            .map(|component| installed.keep(file, component, None).unwrap())
            .collect();
        let mut lock = Lock::default();
        lock.put(pin(b"old", None));
        lock.put(pin(b"new", None));
        installed.sweep(&lock, file).unwrap();
        assert_eq!(kept.iter().map(|path| path.is_file()).collect::<Vec<_>>(), [true, true, false]);
    }
}
