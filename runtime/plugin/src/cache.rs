//! Compiled components, written and read by this user's hosts alone.
//!
//! Loading machine code is as dangerous as running it, so a file is only used when it carries a MAC under a key that lives
//! beside it in a folder of mode 0700. Whoever can forge that can replace the binary as well. The name holds the
//! component's digest and a hash of everything that the compiler's output depends on.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = 32;

/// A folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

impl Cache {
    /// Opens or makes the folder and its key.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        #[cfg(unix)]
        fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let path = folder.join("key");
        let found = fs::read(&path).ok().and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let key = match found {
            Some(key) => key,
            None => {
                let mut key = [0; KEY_BYTES];
                getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
                write_private(&path, &[&key])?;
                key
            }
        };
        Ok(Self { folder: folder.to_owned(), key })
    }

    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.folder.join(format!("{digest}-{:016x}.cwasm", hasher.finish()))
    }

    /// Of the code and of what it was compiled from: another component's file is this process' work as well.
    fn mac(&self, digest: &str, code: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(digest.as_bytes()).update(&[0]).update(code).finalize()
    }

    /// The compiled component, when there is one that a host of this user wrote.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let bytes = fs::read(self.path(engine, digest)).ok()?;
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        let expected = self.mac(digest, code);
        // blake3's comparison takes the same time wherever they differ.
        if expected != blake3::Hash::from_bytes(mac.try_into().ok()?) {
            tracing::warn!(
                code = "OFT-P019",
                digest,
                "a compiled component does not carry this host's MAC; compiling again"
            );
            return None;
        }
        #[expect(unsafe_code, reason = "the MAC above proves that these bytes are this host's own compiler output")]
        // SAFETY: `serialize` of an engine with the same compatibility hash wrote these bytes, and they are unmodified.
        let component = unsafe { Component::deserialize(engine, code) };
        component.ok()
    }

    /// Keeps a compiled component. A failure costs the next start its compile time and nothing else.
    pub(crate) fn put(&self, engine: &Engine, digest: &str, component: &Component) {
        let written = component.serialize().map_err(io::Error::other).and_then(|code| {
            let mac = self.mac(digest, &code);
            let path = self.path(engine, digest);
            let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
            write_private(&temporary, &[mac.as_bytes(), &code])?;
            fs::rename(&temporary, &path)
        });
        if let Err(error) = written {
            tracing::debug!(%error, "the compiled component could not be kept");
        }
    }
}

fn write_private(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}
