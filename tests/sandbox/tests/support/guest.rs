//! Guests, built once for the same sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use offtake_build::BuildOptions;
use sha2::{Digest, Sha256};

/// Where the guests' sources are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests").canonicalize().unwrap()
}

/// The component of a guest. It is built when its sources, the SDK's or the build's differ from those of the last run.
pub(crate) fn component(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(name) {
        return path.clone();
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = place.join("components").join(format!("{name}-{}.wasm", digest(name)));
    if !path.is_file() {
        // A run that was broken off must leave no half of a component under this name.
        let fresh = path.with_extension("fresh");
        let options = BuildOptions { out: Some(fresh.clone()), target_dir: Some(place.join("guests")) };
        offtake_build::build(&folder().join(name), &options, &mut |_| {}).unwrap();
        std::fs::rename(fresh, &path).unwrap();
    }
    built.insert(name.to_owned(), path.clone());
    path
}

fn digest(name: &str) -> String {
    let guests = folder();
    let repository = guests.join("../..").canonicalize().unwrap();
    let mut sources = vec![guests.join("Cargo.toml"), guests.join("Cargo.lock")];
    for part in [guests.join(name), guests.join("base"), repository.join("sdk"), repository.join("wit")] {
        gather(&part, &mut sources);
    }
    sources.sort();
    let mut hasher = Sha256::new();
    for source in sources {
        hasher.update(source.strip_prefix(&repository).unwrap().as_os_str().as_encoded_bytes());
        hasher.update(Sha256::digest(std::fs::read(&source).unwrap()));
    }
    let toolchain = offtake_build::check_toolchain().ready.map(|toolchain| toolchain.version);
    hasher.update(toolchain.unwrap_or_default());
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            files.push(entry.path());
        } else if entry.file_name() != "target" {
            gather(&entry.path(), files);
        }
    }
}
