//! Runs cargo so that the same sources give the same bytes, wherever they lie.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::Error;
use crate::staging;
use crate::toolchain::{TARGET, Toolchain};

/// How many of cargo's last lines an error carries.
const OUTPUT_LINES_MAX: usize = 60;

/// Settings that decide about bytes come from here and not from the connector's Cargo.toml or the user's configuration.
const PROFILE: [&str; 8] = [
    "profile.release.opt-level=\"s\"",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=true",
    "profile.release.debug=false",
    "profile.release.debug-assertions=false",
    "profile.release.incremental=false",
];

/// Compiles the connector in `dir` and returns the path of its module.
pub(crate) fn compile(
    dir: &Path,
    toolchain: &Toolchain,
    target_dir: Option<&Path>,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    let workspace_root = workspace_root(dir)?;
    let locked = workspace_root.join("Cargo.lock").is_file();
    let graph = graph(dir, locked)?;
    let target_dir = target_dir.map_or_else(|| graph.target_directory.clone(), |given| dir.join(given));
    let staged = staging::stage(&graph, &workspace_root, &target_dir)?;
    let built_root = staged.as_deref().unwrap_or(&workspace_root);
    let inside = dir.strip_prefix(&workspace_root).unwrap_or(Path::new(""));
    let manifest_path = built_root.join(inside).join("Cargo.toml");

    // The folder is still the connector's own: cargo and rustup look for their settings from there.
    let mut cargo = Command::new("cargo");
    cargo.current_dir(dir).args(["build", "--release", "--lib", "--target", TARGET]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    if locked {
        cargo.arg("--locked");
    }
    cargo.arg("--target-dir").arg(&target_dir).arg("--manifest-path").arg(&manifest_path);
    toolchain.prepare(&mut cargo);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags(&graph, built_root, toolchain).join("\u{1f}"));

    let messages = run(cargo, dir, progress)?;
    let module = messages.iter().rev().find_map(|line| module_of(line, &manifest_path));
    module.ok_or_else(|| Error::NoModule { dir: dir.to_owned() })
}

/// Paths of this machine end up in panic messages, so each folder that holds sources gets a name that is the same
/// everywhere. Cargo leaves flags with such a mapping out of the hashes by which it names symbols.
fn rustflags(graph: &Graph, workspace_root: &Path, toolchain: &Toolchain) -> Vec<String> {
    let (mut own, mut registries) = (BTreeSet::new(), BTreeSet::new());
    for package in &graph.packages {
        let Some(folder) = package.manifest_path.parent() else { continue };
        if package.source.is_some() {
            registries.extend(folder.parent());
        } else if !folder.starts_with(workspace_root) {
            own.insert((folder, package.name.as_str()));
        }
    }
    let map = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec![map(&toolchain.sysroot.join("lib/rustlib/src/rust"), "/rust")];
    if let Ok(source) = toolchain.sysroot.join("lib/rustlib/src/rust").canonicalize() {
        flags.push(map(&source, "/rust"));
    }
    flags.extend(registries.into_iter().map(|folder| map(folder, "/registry")));
    flags.extend(own.into_iter().map(|(folder, name)| map(folder, &format!("/{name}"))));
    flags.push(map(workspace_root, "/connector"));
    flags
}

fn run(mut cargo: Command, dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<String>, Error> {
    let not_run = |source| Error::Run { program: "cargo".to_owned(), source };
    let mut child =
        cargo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(not_run)?;
    // Both pipes have to be read at once: cargo stops when either is full.
    let stdout = child.stdout.take();
    let reader = std::thread::spawn(move || stdout.map(|pipe| lines(pipe).collect::<Vec<_>>()).unwrap_or_default());
    let mut last = VecDeque::new();
    for line in child.stderr.take().into_iter().flat_map(lines) {
        progress(&line);
        if last.len() == OUTPUT_LINES_MAX {
            last.pop_front();
        }
        last.push_back(line);
    }
    let status = child.wait().map_err(not_run)?;
    let messages = reader.join().unwrap_or_default();
    if status.success() {
        return Ok(messages);
    }
    Err(Error::Cargo { what: "build", dir: dir.to_owned(), output: Vec::from(last).join("\n") })
}

fn lines(pipe: impl std::io::Read) -> impl Iterator<Item = String> {
    BufReader::new(pipe).split(b'\n').map_while(Result::ok).map(|line| String::from_utf8_lossy(&line).into_owned())
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

fn module_of(message: &str, manifest_path: &Path) -> Option<PathBuf> {
    let message: Message = serde_json::from_str(message).ok()?;
    if message.reason != "compiler-artifact" || message.manifest_path.as_deref() != Some(manifest_path) {
        return None;
    }
    message.filenames.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

/// What cargo knows of the packages that go into a connector.
#[derive(Deserialize)]
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
    target_directory: PathBuf,
}

/// A package; one without a source is a folder of this machine.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
}

fn graph(dir: &Path, locked: bool) -> Result<Graph, Error> {
    let mut arguments = vec!["metadata", "--format-version", "1", "--filter-platform", TARGET];
    if locked {
        arguments.push("--locked");
    }
    let text = ask(dir, &arguments)?;
    serde_json::from_str(&text).map_err(|error| Error::Cargo {
        what: "resolve",
        dir: dir.to_owned(),
        output: error.to_string(),
    })
}

fn workspace_root(dir: &Path) -> Result<PathBuf, Error> {
    let manifest = ask(dir, &["locate-project", "--workspace", "--message-format", "plain"])?;
    Ok(Path::new(manifest.trim()).parent().unwrap_or(dir).to_owned())
}

fn ask(dir: &Path, arguments: &[&str]) -> Result<String, Error> {
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(dir)
        .output()
        .map_err(|source| Error::Run { program: "cargo".to_owned(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Cargo { what: "resolve", dir: dir.to_owned(), output })
}
