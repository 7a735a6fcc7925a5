//! Which crate of the workspace may depend on which.
//!
//! Crate borders are the only thing in Rust that keeps imports from forming rings, so an edge that the table
//! does not have is a change of the design, not of a Cargo.toml. Edges of tests and builds count as well.

use cargo_metadata::{Metadata, Package};

/// A crate and the crates of the workspace that it may depend on. A crate that is not here is below `tests/`
/// and free.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("offtake-core", &[]),
    ("offtake-config", &["offtake-core"]),
    ("offtake-source", &["offtake-core"]),
    ("offtake-state", &["offtake-core"]),
    ("offtake-egress", &["offtake-core"]),
    ("offtake-secrets", &["offtake-core"]),
    ("offtake-registry", &["offtake-core", "offtake-test-tools"]),
    ("offtake-plugin", &["offtake-core"]),
    ("offtake-engine", &["offtake-core"]),
    ("offtake-kit", &["offtake-core", "offtake-egress", "offtake-plugin"]),
    ("offtake-server", &["offtake-core", "offtake-config", "offtake-engine"]),
    ("offtake-build", &[]),
    (
        "offtake",
        &[
            "offtake-build",
            "offtake-config",
            "offtake-core",
            "offtake-egress",
            "offtake-engine",
            "offtake-kit",
            "offtake-plugin",
            "offtake-registry",
            "offtake-secrets",
            "offtake-server",
            "offtake-sim",
            "offtake-source",
            "offtake-state",
            "offtake-test-tools",
        ],
    ),
];

/// A dependency between two crates of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The crate that depends.
    pub from: String,
    /// Folder of that crate, from the root.
    pub folder: String,
    /// The crate that it depends on.
    pub to: String,
}

/// Crates of the workspace with their folders, from the root.
pub fn members(metadata: &Metadata) -> Vec<(String, String)> {
    let named = metadata.workspace_packages().into_iter();
    named.map(|package| (package.name.to_string(), folder(metadata, package))).collect()
}

/// Dependencies between crates of the workspace, of every kind.
pub fn edges(metadata: &Metadata) -> Vec<Edge> {
    let members = members(metadata);
    let mut edges = Vec::new();
    for package in metadata.workspace_packages() {
        let inside = package.dependencies.iter().filter(|to| members.iter().any(|(name, _)| *name == to.name));
        edges.extend(inside.map(|to| Edge {
            from: package.name.to_string(),
            folder: folder(metadata, package),
            to: to.name.clone(),
        }));
    }
    edges
}

/// Edges that the table does not have, and crates that it does not know.
pub fn check(members: &[(String, String)], edges: &[Edge]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, folder) in members {
        if !is_free(folder) && allowed(name).is_none() {
            found.push(format!("{name} ({folder}) has no row in the table of tests/house/src/edges.rs"));
        }
    }
    for Edge { from, folder, to } in edges {
        let permitted = allowed(from).is_some_and(|allowed| allowed.contains(&to.as_str()));
        if !is_free(folder) && !permitted {
            found.push(format!("{from} must not depend on {to}: see the edges in ARCHITECTURE.md"));
        }
    }
    found
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    ALLOWED.iter().find(|(from, _)| *from == name).map(|(_, allowed)| *allowed)
}

fn is_free(folder: &str) -> bool {
    folder.starts_with("tests/")
}

fn folder(metadata: &Metadata, package: &Package) -> String {
    let folder = package.manifest_path.parent().and_then(|path| path.strip_prefix(&metadata.workspace_root).ok());
    folder.map(|path| path.to_string().replace('\\', "/")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_edge(from: &str, folder: &str, to: &str) -> Vec<String> {
        let edge = Edge { from: from.to_owned(), folder: folder.to_owned(), to: to.to_owned() };
        check(&[(from.to_owned(), folder.to_owned())], &[edge])
    }

    #[test]
    fn drivers_do_not_know_each_other() {
        let drivers = ["source", "state", "egress", "plugin", "engine", "config"];
        for from in drivers {
            let crate_name = format!("offtake-{from}");
            assert!(check_edge(&crate_name, &format!("runtime/{from}"), "offtake-core").is_empty());
            for to in drivers.into_iter().filter(|to| *to != from) {
                let found = check_edge(&crate_name, &format!("runtime/{from}"), &format!("offtake-{to}"));
                assert_eq!(found.len(), 1, "{from} on {to}: {found:?}");
            }
        }
    }

    #[test]
    fn core_and_the_builder_depend_on_nothing_here() {
        assert_eq!(check_edge("offtake-core", "runtime/core", "offtake-config").len(), 1);
        assert_eq!(check_edge("offtake-build", "sdk/build", "offtake-core").len(), 1);
    }

    #[test]
    fn only_the_command_links_a_simulator() {
        assert!(check_edge("offtake", "runtime/cli", "offtake-sim").is_empty());
        assert_eq!(check_edge("offtake-engine", "runtime/engine", "offtake-sim").len(), 1);
    }

    #[test]
    fn tests_are_free_and_new_crates_are_not() {
        assert!(check_edge("offtake-faults", "tests/faults", "offtake-state").is_empty());
        let found = check(&[("offtake-new".to_owned(), "runtime/new".to_owned())], &[]);
        assert!(found.iter().any(|line| line.contains("no row")), "{found:?}");
    }
}
