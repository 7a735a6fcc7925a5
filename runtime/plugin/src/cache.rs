//! Compiled components, written and read by this user's hosts alone.
//!
//! Loading machine code is as dangerous as running it, so a file is only used when it carries a MAC under a key that lives
//! beside it, in a folder that is this user's and nobody else's. Whoever can forge that can replace the binary as well. The
//! name holds the component's digest and a hash of everything that the compiler's output depends on; the MAC covers both.

mod private;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wasmtime::Engine;

use crate::compile::Code;
use crate::component::hex;
use crate::limits::{CACHE_BYTES_MAX, CODE_BYTES_MAX};

const KEY_FILE: &str = "key";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;
const EXTENSION: &str = "cwasm";
const TEMPORARY: &str = "tmp";
/// A file that is still being written is younger than this.
const TEMPORARY_AGE: Duration = Duration::from_secs(3_600);

/// A folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
    bytes_max: u64,
}

impl Cache {
    /// Opens or makes the folder and its key.
    ///
    /// A folder that others could write to until now is closed to them and gets another key, so that nothing they may have left
    /// or read counts.
    ///
    /// # Errors
    /// When the folder is a link, or another user's, or cannot be written.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let was_private = private::folder(folder)?;
        let path = folder.join(KEY_FILE);
        if !was_private {
            drop(fs::remove_file(&path));
        }
        let key = match read_key(&path) {
            Ok(key) => key,
            Err(_) => {
                let mut fresh = [0; KEY_BYTES];
                getrandom::fill(&mut fresh).map_err(|error| io::Error::other(error.to_string()))?;
                // Of two hosts that start together, one makes the key and both read it.
                private::write(folder, &path, &[&fresh], private::Existing::KeepIf(&|path| read_key(path).is_ok()))?;
                read_key(&path)?
            }
        };
        Ok(Self { folder: folder.to_owned(), key, bytes_max: CACHE_BYTES_MAX })
    }

    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}-{:016x}.{EXTENSION}", compatibility(engine)))
    }

    /// Of the code and of what it was compiled from and by: another component's file is this process' work as well.
    fn mac(&self, engine: &Engine, digest: &str, code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(digest.as_bytes()).update(&[0]).update(&compatibility(engine).to_le_bytes()).update(code);
        hasher.finalize()
    }

    /// The compiled component, when there is one that a host of this user wrote.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<Code> {
        let bytes = private::read(&self.path(engine, digest), CODE_BYTES_MAX + MAC_BYTES as u64).ok()?;
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        let expected = self.mac(engine, digest, code);
        // blake3's comparison takes the same time wherever they differ.
        if expected != blake3::Hash::from_bytes(mac.try_into().ok()?) {
            tracing::warn!(
                code = "OFT-P019",
                digest,
                "a compiled component does not carry this host's MAC; compiling again"
            );
            return None;
        }
        Some(Code::trusted(code.to_vec()))
    }

    /// Keeps a compiled component. A failure costs the next start its compile time and nothing else.
    pub(crate) fn put(&self, engine: &Engine, digest: &str, code: &Code) {
        let mac = self.mac(engine, digest, code.bytes());
        let path = self.path(engine, digest);
        let parts: [&[u8]; 2] = [mac.as_bytes(), code.bytes()];
        let written = private::write(&self.folder, &path, &parts, private::Existing::Replace);
        if let Err(error) = written.and_then(|()| self.evict(&path)) {
            tracing::debug!(%error, "the compiled component could not be kept");
        }
    }

    /// Removes what was not used for the longest time until the rest fits, and what broken writers left.
    fn evict(&self, newest: &Path) -> io::Result<()> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            // What another host removed meanwhile is no trouble.
            let Ok(file) = fs::symlink_metadata(&path) else { continue };
            let used = file.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|extension| extension.to_str()) {
                Some(EXTENSION) if path != newest => kept.push((used, file.len(), path)),
                Some(EXTENSION) => kept.push((SystemTime::now(), file.len(), path)),
                Some(TEMPORARY) if used.elapsed().is_ok_and(|age| age > TEMPORARY_AGE) => drop(fs::remove_file(&path)),
                _ => {}
            }
        }
        kept.sort();
        let mut bytes: u64 = kept.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in kept.iter().take(kept.len().saturating_sub(1)) {
            if bytes <= self.bytes_max {
                break;
            }
            drop(fs::remove_file(path));
            bytes -= length;
        }
        Ok(())
    }
}

fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

fn read_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let bytes = private::read(path, KEY_BYTES as u64 + 1)?;
    bytes.try_into().map_err(|_| io::Error::other("not a key"))
}

/// A name that nobody else takes.
fn temporary(folder: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(folder.join(format!("{}.{TEMPORARY}", hex(&random))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(path: &Path, age: Duration) {
        fs::File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let opened = Cache::open(&folder.path().join("cache")).unwrap();
        let code = |bytes: usize| Code::trusted(vec![7; bytes - MAC_BYTES]);
        let cache = Cache { bytes_max: 1_000, ..opened };
        for (digest, hours) in [("a", 3), ("b", 2), ("c", 1)] {
            cache.put(&engine, digest, &code(300));
            age(&cache.path(&engine, digest), Duration::from_secs(3_600 * hours));
        }
        let there = || ["a", "b", "c", "d", "e"].map(|digest| cache.path(&engine, digest).exists());
        // It is used, so it is not the oldest any more.
        assert!(cache.get(&engine, "a").is_some());
        cache.put(&engine, "d", &code(300));
        assert_eq!(there(), [true, false, true, true, false]);
        // The newest stays, also where it is too much alone.
        cache.put(&engine, "e", &code(2_000));
        assert_eq!(there(), [false, false, false, false, true]);
    }

    #[test]
    fn what_broken_writers_left_goes_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        let [old, young] = ["old.tmp", "young.tmp"].map(|name| cache.folder.join(name));
        for path in [&old, &young] {
            fs::write(path, "half").unwrap();
        }
        age(&old, 2 * TEMPORARY_AGE);
        cache.put(&Engine::default(), "a", &Code::trusted(Vec::new()));
        assert_eq!((old.exists(), young.exists()), (false, true));
    }
}
