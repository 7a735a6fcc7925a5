//! One test a rule; each names every place that breaks it.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Metadata, MetadataCommand};
use offtake_house_tests::{codes, edges, lines, threats, tree, wit, wrappers};

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(tree::root().join("Cargo.toml")).exec().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(tree::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn files(folder: &str) -> Vec<String> {
    tree::files(&tree::root(), folder).unwrap()
}

/// Fails with one sentence a line.
#[track_caller]
fn none(found: Vec<String>) {
    assert!(found.is_empty(), "{} broken:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_file_keeps_the_rules() {
    let mut found = Vec::new();
    for path in files("") {
        match std::fs::read(tree::root().join(&path)).map(String::from_utf8) {
            Ok(Ok(text)) => found.extend(lines::check(&path, &text)),
            // What is no text has no lines to look at; it is testdata or it does not belong here.
            Ok(Err(_))
                if path.contains("testdata/") || path.contains("recordings/") || path.starts_with("tests/golden/") => {}
            Ok(Err(_)) => found.push(format!("{path}: only testdata may be binary")),
            // Other tests of the same run make and remove files.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => found.push(format!("{path}: {error}")),
        }
    }
    none(found);
}

#[test]
fn crates_depend_on_each_other_as_designed() {
    let metadata = metadata();
    none(edges::check(&edges::members(&metadata), &edges::edges(&metadata)));
}

#[test]
fn libraries_stay_in_their_crate() {
    let metadata = metadata();
    let deny = wrappers::parse(&read("deny.toml")).unwrap();
    let members: Vec<String> = edges::members(&metadata).into_iter().map(|(name, _)| name).collect();
    none(wrappers::check(&deny, &members, &wrappers::dependents(&metadata)));
}

#[test]
fn the_architecture_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    let crates = edges::members(&metadata()).into_iter();
    let missing = crates.filter(|(name, folder)| !text.contains(&format!("`{name}`")) && !text.contains(folder));
    none(missing.map(|(name, folder)| format!("ARCHITECTURE.md names neither `{name}` nor {folder}")).collect());
}

#[test]
fn every_error_code_is_documented() {
    let mut used = BTreeSet::new();
    for folder in ["runtime", "sdk/build", "sdk/rust", "plugins"] {
        for path in files(folder).into_iter().filter(|path| path.ends_with(".rs")) {
            used.extend(codes::used(&path, &read(&path)));
        }
    }
    none(codes::compare(&used, &codes::documented(&read("docs/errors.md"))));
}

#[test]
fn published_interfaces_are_frozen() {
    let mut versions: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for path in files("wit") {
        if let Some((version, name)) = path.strip_prefix("wit/").and_then(|path| path.split_once('/')) {
            versions.entry(version.to_owned()).or_default().push((name.to_owned(), read(&path)));
        }
    }
    let found: Vec<_> = versions.into_iter().map(|(version, files)| (version, wit::digest(files))).collect();
    none(wit::check(&found));
}

#[test]
fn every_threat_has_its_control_and_its_test() {
    let all = ["runtime", "tests"].into_iter().flat_map(files).collect::<BTreeSet<String>>();
    let code: String = all.iter().filter(|path| path.ends_with(".rs")).map(|path| read(path)).collect();
    none(threats::check(&threats::rows(&read("docs/security.md")), &all, &threats::named(&code)));
}

/// wasmtime's long-term releases are those whose number divides by twelve.
#[test]
fn the_wasm_engine_is_a_long_term_release() {
    let packages = metadata().packages;
    let engines = packages.iter().filter(|package| ["wasmtime", "wasmtime-wasi"].contains(&package.name.as_str()));
    let versions: Vec<_> = engines.map(|engine| &engine.version).collect();
    assert_eq!(versions.len(), 2);
    assert!(versions.iter().all(|version| version.major % 12 == 0), "{versions:?}");
}
