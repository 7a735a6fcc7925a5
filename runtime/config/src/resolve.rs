//! Reads a project folder and resolves it, or says everything that is wrong with it.

mod behaviour;
mod connection;
mod credential;
mod plugins;
mod sync;

pub use sync::whole_table;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use offtake_core::Name;
use offtake_core::grant::Block;
use offtake_core::trust::TrustPolicy;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::check::check;
use crate::interpolate::{Environment, interpolate};
use crate::problem::{Problem, Problems};
use crate::raw::connection::Connection;
use crate::raw::project::Project as RawProject;
use crate::raw::sync::Sync;
use crate::{Document, FileKind, Project};

/// Name of the file that makes a folder a project.
pub const PROJECT_FILE: &str = "offtake.yml";

/// A file of one kind, typed.
struct Typed<T> {
    document: Arc<Document>,
    raw: T,
}

/// Reads the project in `folder`; `env` reads an environment variable.
///
/// # Errors
/// All problems of all files (OFT-C001 to OFT-C012).
pub fn load(folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Project, Problems> {
    let mut problems = Problems::default();
    let (mut resolved, allowed) = settings(folder, env, &mut problems);
    if !folder.join(PROJECT_FILE).is_file() {
        return Err(problems);
    }
    let environment = Environment { allowed: &allowed, read: env };
    let connections = read_all::<Connection>(folder, "connections", FileKind::Connection, &environment, &mut problems);
    let syncs = read_all::<Sync>(folder, "syncs", FileKind::Sync, &environment, &mut problems);
    for connection in connections {
        connection::resolve(connection, &mut resolved, &mut problems);
    }
    for sync in syncs {
        sync::resolve(sync, &mut resolved, &mut problems);
    }
    if problems.is_empty() { Ok(resolved) } else { Err(problems) }
}

/// Reads the project's own file alone: connections and syncs may be missing or wrong.
///
/// # Errors
/// All problems of the file (OFT-C001 to OFT-C010).
pub fn load_settings(folder: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Project, Problems> {
    let mut problems = Problems::default();
    let (resolved, _) = settings(folder, env, &mut problems);
    if problems.is_empty() { Ok(resolved) } else { Err(problems) }
}

/// The project without connections and syncs, and the variables that their files may read.
fn settings(folder: &Path, env: &dyn Fn(&str) -> Option<String>, problems: &mut Problems) -> (Project, Vec<String>) {
    let mut resolved = Project {
        folder: folder.to_owned(),
        name: String::new(),
        state: folder.join("state"),
        sources: BTreeMap::new(),
        destinations: BTreeMap::new(),
        syncs: BTreeMap::new(),
        grants: BTreeMap::new(),
        block: Block::default(),
        trust: TrustPolicy::default(),
    };
    let path = folder.join(PROJECT_FILE);
    if !path.is_file() {
        let message = format!("{} is not a project: it has no {PROJECT_FILE}", folder.display());
        let help = "run `offtake init` here, or give the project's folder with `-C`";
        problems.push(Problem::general("OFT-C002", message).with_help(help));
        return (resolved, Vec::new());
    }
    let nothing = Environment { allowed: &[], read: env };
    let Some(typed) = read::<RawProject>(&path, FileKind::Project, &nothing, problems) else {
        return (resolved, Vec::new());
    };
    resolved.name.clone_from(&typed.raw.project);
    if let Some(state) = &typed.raw.state {
        resolved.state = folder.join(state);
    }
    plugins::resolve(&typed, &mut resolved, problems);
    (resolved, typed.raw.env_allow)
}

fn read_all<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
    kind: FileKind,
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Vec<Typed<T>> {
    let entries = fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"));
    paths.sort();
    paths.iter().filter_map(|path| read(path, kind, environment, problems)).collect()
}

fn read<T: DeserializeOwned>(
    path: &Path,
    kind: FileKind,
    environment: &Environment<'_>,
    problems: &mut Problems,
) -> Option<Typed<T>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.push(Problem::general("OFT-C002", format!("cannot read {}: {error}", path.display())));
            return None;
        }
    };
    let (document, malformed) = Document::parse(path, text);
    let document = Arc::new(document);
    if let Some(malformed) = malformed {
        let mut problem = Problem::at(&document, "", "OFT-C001", format!("not YAML: {}", malformed.message));
        problem.span = malformed.span;
        problems.push(problem);
        return None;
    }
    let before = problems.0.len();
    check(&document, kind, problems);
    if problems.0.len() > before {
        return None;
    }
    let value: Value = interpolate(&document, environment, problems);
    match serde_json::from_value(value) {
        Ok(raw) => Some(Typed { document, raw }),
        Err(error) => {
            problems.push(Problem::at(&document, "", "OFT-C005", error.to_string()));
            None
        }
    }
}

/// Takes a name that a person gave, or says why it is none.
fn name(text: &str, document: &Arc<Document>, pointer: &str, problems: &mut Problems) -> Option<Name> {
    match text.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            let error: offtake_core::name::InvalidName = error;
            problems.push(Problem::at(document, pointer, "OFT-C007", error.to_string()));
            None
        }
    }
}

/// Names are given once.
fn claim<T>(taken: &BTreeMap<Name, T>, name: &Name, document: &Arc<Document>, pointer: &str, problems: &mut Problems) {
    if taken.contains_key(name) {
        problems.push(Problem::at(document, pointer, "OFT-C008", format!("the name `{name}` is given twice")));
    }
}
