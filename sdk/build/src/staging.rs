//! A copy of a connector's sources in a layout that is the same on every machine.
//!
//! Cargo puts the place of each package into the names of its symbols: relative to the root of the workspace where the
//! package lies inside of it, absolute elsewhere. A connector whose SDK lies elsewhere (`../../sdk/rust`) would have
//! other bytes in each clone. So such packages are copied below the root, to where `offtake plugin new` puts the SDK.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::cargo::Graph;
use crate::embedded::{VENDORED_SDK, VENDORED_WIT, write_if_new};
use crate::error::Error;

const SDK: &str = "offtake-sdk";
/// Where packages from outside go.
const VENDOR: &str = "vendor";
/// Folders that are no sources, and may be large.
const LEFT_OUT: [&str; 3] = ["target", "node_modules", ".git"];
const CACHE_TAG: &str = "CACHEDIR.TAG";
/// Deeper folders are links that lead back to themselves.
const DEPTH_MAX: usize = 40;

/// Folders and where they are copied to: the workspace's root first, then what lies outside of it.
struct Moves {
    folders: Vec<(PathBuf, PathBuf)>,
}

/// Copies the workspace, and returns the root of the copy. None where it is not needed, because nothing lies outside, or
/// not possible, because what lies outside is part of another workspace.
pub(crate) fn stage(graph: &Graph, root: &Path, target_dir: &Path) -> Result<Option<PathBuf>, Error> {
    // Two clones may share a target folder, and each has its own copy.
    let name: String =
        Sha256::digest(root.as_os_str().as_encoded_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let staging = target_dir.join("offtake-staging");
    let copy = staging.join(&name);
    let Some(moves) = Moves::plan(graph, root, &copy)? else { return Ok(None) };
    fs::create_dir_all(&copy).map_err(Error::writing(&copy))?;
    // Builds of two connectors of one workspace share the copy.
    let lock_path = staging.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(Error::writing(&lock_path))?;
    lock.lock().map_err(Error::writing(&lock_path))?;
    let mut kept = BTreeSet::new();
    for (from, to) in &moves.folders {
        moves.copy(from, to, &mut kept, 0)?;
    }
    prune(&copy, &kept, 0)?;
    copy.canonicalize().map(Some).map_err(Error::reading(copy))
}

impl Moves {
    fn plan(graph: &Graph, root: &Path, copy: &Path) -> Result<Option<Self>, Error> {
        let mut folders = vec![(root.to_owned(), copy.to_owned())];
        let outside = graph.packages.iter().filter(|package| package.source.is_none());
        let outside = outside.filter_map(|package| Some((package, package.manifest_path.parent()?)));
        for (package, folder) in outside.filter(|(_, folder)| !folder.starts_with(root)) {
            let text = fs::read_to_string(&package.manifest_path).map_err(Error::reading(&package.manifest_path))?;
            let inherits = text.parse::<Table>().is_ok_and(|manifest| inherits(&Value::Table(manifest)));
            let place =
                if package.name == SDK { VENDORED_SDK.to_owned() } else { format!("{VENDOR}/{}", package.name) };
            let taken = root.join(&place).exists() || folders.iter().any(|(_, to)| *to == copy.join(&place));
            if inherits || taken {
                return Ok(None);
            }
            folders.push((folder.to_owned(), copy.join(place)));
            let wit = folder.join("../../wit");
            if package.name == SDK && wit.is_dir() {
                let wit = wit.canonicalize().map_err(Error::reading(&wit))?;
                folders.push((wit, copy.join(VENDORED_WIT)));
            }
        }
        Ok((folders.len() > 1).then_some(Self { folders }))
    }

    /// Where a file or folder is in the copy.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        let mut moved = self.folders.iter().rev();
        moved.find_map(|(from, to)| Some(to.join(path.strip_prefix(from).ok()?).components().collect()))
    }

    fn copy(&self, from: &Path, to: &Path, kept: &mut BTreeSet<PathBuf>, depth: usize) -> Result<(), Error> {
        fs::create_dir_all(to).map_err(Error::writing(to))?;
        for entry in fs::read_dir(from).map_err(Error::reading(from))? {
            let name = entry.map_err(Error::reading(from))?.file_name();
            let (source, target) = (from.join(&name), to.join(&name));
            // A link that leads nowhere is no source.
            let Ok(found) = fs::metadata(&source) else { continue };
            if found.is_dir() {
                let left_out = LEFT_OUT.iter().any(|folder| name == *folder) || source.join(CACHE_TAG).exists();
                if !left_out && depth < DEPTH_MAX {
                    self.copy(&source, &target, kept, depth + 1)?;
                }
            } else if found.is_file() {
                let bytes = fs::read(&source).map_err(Error::reading(&source))?;
                let bytes = if name == "Cargo.toml" { self.manifest(bytes, from, to) } else { bytes };
                write_if_new(&target, &bytes)?;
                kept.insert(target);
            }
        }
        Ok(())
    }

    /// A Cargo.toml whose paths lead to the copies. What cannot be read is left to cargo to complain about.
    fn manifest(&self, bytes: Vec<u8>, from: &Path, to: &Path) -> Vec<u8> {
        let Some(mut manifest) = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<Table>().ok()) else {
            return bytes;
        };
        if self.folders.first().is_some_and(|(root, _)| root == from) {
            exclude_vendor(&mut manifest);
        }
        let mut manifest = Value::Table(manifest);
        self.redirect(&mut manifest, from, to);
        toml::to_string(&manifest).map_or(bytes, String::into_bytes)
    }

    fn redirect(&self, value: &mut Value, from: &Path, to: &Path) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    match value {
                        Value::String(path) if key == "path" => {
                            let place = from.join(&*path).canonicalize().ok().and_then(|target| self.place(&target));
                            if let Some(place) = place {
                                *path = relative(to, &place);
                            }
                        }
                        value => self.redirect(value, from, to),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.redirect(value, from, to)),
            _ => {}
        }
    }
}

/// Packages below the root would become members, and some are the root of a workspace of their own.
fn exclude_vendor(manifest: &mut Table) {
    let workspace = manifest.entry("workspace").or_insert_with(|| Value::Table(Table::new()));
    let Some(workspace) = workspace.as_table_mut() else { return };
    let exclude = workspace.entry("exclude").or_insert_with(|| Value::Array(Vec::new()));
    if let Some(exclude) = exclude.as_array_mut()
        && !exclude.iter().any(|folder| folder.as_str() == Some(VENDOR))
    {
        exclude.push(Value::from(VENDOR));
    }
}

fn inherits(value: &Value) -> bool {
    match value {
        Value::Table(table) => {
            table.iter().any(|(key, value)| (key == "workspace" && value.as_bool() == Some(true)) || inherits(value))
        }
        Value::Array(values) => values.iter().any(inherits),
        _ => false,
    }
}

/// The way from a folder to a place, with slashes.
fn relative(folder: &Path, place: &Path) -> String {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), place.components().collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| "..".to_owned());
    let down = to.iter().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Removes what is no longer among the sources: cargo would find a `src/bin` that is gone.
fn prune(folder: &Path, kept: &BTreeSet<PathBuf>, depth: usize) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::reading(folder))? {
        let path = entry.map_err(Error::reading(folder))?.path();
        if path.is_dir() && depth < DEPTH_MAX {
            prune(&path, kept, depth + 1)?;
        } else if path.is_file() && !kept.contains(&path) {
            fs::remove_file(&path).map_err(Error::writing(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves() -> Moves {
        let folders = [("/w/plugins/hub", "/t/c"), ("/w/sdk/rust", "/t/c/vendor/offtake-sdk/sdk/rust")];
        Moves { folders: folders.map(|(from, to)| (from.into(), to.into())).to_vec() }
    }

    #[test]
    fn places_are_found_by_the_innermost_folder() {
        let moves = moves();
        assert_eq!(moves.place(Path::new("/w/plugins/hub")), Some("/t/c".into()));
        assert_eq!(moves.place(Path::new("/w/plugins/hub/a")), Some("/t/c/a".into()));
        assert_eq!(moves.place(Path::new("/w/sdk/rust")), Some("/t/c/vendor/offtake-sdk/sdk/rust".into()));
        assert_eq!(moves.place(Path::new("/w/sdk")), None);
    }

    #[test]
    fn ways_go_up_and_down() {
        for (folder, place, way) in
            [("/t/c", "/t/c/vendor/x", "vendor/x"), ("/t/c/a/b", "/t/c/v", "../../v"), ("/t/c/a", "/t/c", "..")]
        {
            assert_eq!(relative(Path::new(folder), Path::new(place)), way);
        }
    }

    #[test]
    fn what_inherits_belongs_to_another_workspace() {
        let is = |text: &str| inherits(&Value::Table(text.parse().unwrap()));
        assert!(is("[package]\nname = 'a'\nversion.workspace = true"));
        assert!(is("[dependencies]\na = { workspace = true, features = ['b'] }"));
        assert!(!is("[package]\nname = 'a'\n[workspace]\nexclude = []"));
    }

    #[test]
    fn the_copied_root_leaves_its_vendor_folder_alone() {
        let text = moves().manifest(
            b"[workspace]\nmembers = ['a']\n".to_vec(),
            Path::new("/w/plugins/hub"),
            Path::new("/t/c"),
        );
        assert_eq!(String::from_utf8(text).unwrap(), "[workspace]\nexclude = [\"vendor\"]\nmembers = [\"a\"]\n");
    }
}
