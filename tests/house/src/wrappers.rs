//! Libraries that only one crate may name, as `deny.toml` has them.
//!
//! `cargo deny check bans` enforces the same list. It is checked here too, so that the border also holds where
//! cargo-deny is not installed.

use cargo_metadata::Metadata;
use serde::Deserialize;

/// A library and the crates of this workspace that may depend on it; the rest of its wrappers are foreign.
const HOMES: [(&str, &[&str]); 6] = [
    ("anyhow", &["offtake", "xtask"]),
    ("clap", &["offtake", "xtask"]),
    ("datafusion", &["offtake-source"]),
    ("reqwest", &["offtake-egress"]),
    ("sled", &["offtake-state"]),
    ("wasmtime", &["offtake-plugin"]),
];

/// The part of `deny.toml` that is read here.
#[derive(Debug, Deserialize)]
pub struct Deny {
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    wrappers: Vec<String>,
    reason: Option<String>,
}

/// A crate that depends on a library directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// The crate.
    pub name: String,
    /// The library.
    pub library: String,
}

/// Reads `deny.toml`.
///
/// # Errors
/// When it is not TOML, or a ban has another shape.
pub fn parse(text: &str) -> Result<Deny, toml::de::Error> {
    toml::from_str(text)
}

/// Every direct dependency in the resolved graph, foreign crates included.
pub fn dependents(metadata: &Metadata) -> Vec<Dependent> {
    let name = |id| metadata.packages.iter().find(|package| package.id == id).map(|package| package.name.to_string());
    let mut found = Vec::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        for dependency in &node.deps {
            if let (Some(name), Some(library)) = (name(node.id.clone()), name(dependency.pkg.clone())) {
                found.push(Dependent { name, library });
            }
        }
    }
    found
}

/// What depends on a banned library without being one of its wrappers, and homes that `deny.toml` got wrong.
pub fn check(deny: &Deny, members: &[String], dependents: &[Dependent]) -> Vec<String> {
    let mut found = Vec::new();
    for ban in &deny.bans.deny {
        if ban.reason.is_none() {
            found.push(format!("deny.toml: the ban of {} has no reason", ban.name));
        }
        let of_library = dependents.iter().filter(|dependent| dependent.library == ban.name);
        for dependent in of_library.filter(|dependent| !ban.wrappers.contains(&dependent.name)) {
            found.push(format!("{} depends on {}, which belongs to {:?}", dependent.name, ban.name, ban.wrappers));
        }
    }
    for (library, homes) in HOMES {
        let Some(ban) = deny.bans.deny.iter().find(|ban| ban.name == library) else {
            found.push(format!("deny.toml does not ban {library} outside {homes:?}"));
            continue;
        };
        let own = ban.wrappers.iter().filter(|name| members.contains(name));
        for name in own.filter(|name| !homes.contains(&name.as_str())) {
            found.push(format!("deny.toml lets {name} depend on {library}, which belongs to {homes:?}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: [&str; 3] = ["offtake-state", "offtake-engine", "offtake"];

    fn deny(replaced: &str, with: &str) -> Deny {
        let bans = HOMES.map(|(name, homes)| {
            format!("[[bans.deny]]\ncrate = \"{name}\"\nwrappers = {homes:?}\nreason = \"a border\"\n")
        });
        parse(&bans.concat().replace(replaced, with)).unwrap()
    }

    fn check_one(deny: &Deny, name: &str, library: &str) -> Vec<String> {
        let dependent = Dependent { name: name.to_owned(), library: library.to_owned() };
        check(deny, &MEMBERS.map(str::to_owned), &[dependent])
    }

    #[test]
    fn a_library_stays_in_its_crate() {
        let deny = deny("", "");
        assert!(check_one(&deny, "offtake-state", "sled").is_empty());
        assert!(check_one(&deny, "offtake-engine", "serde").is_empty());
        for (library, _) in HOMES {
            assert_eq!(check_one(&deny, "offtake-engine", library).len(), 1, "{library}");
        }
    }

    #[test]
    fn the_border_cannot_be_moved_in_deny_toml_alone() {
        let widened = deny("[\"offtake-state\"]", "[\"offtake-state\", \"offtake-engine\"]");
        let found = check_one(&widened, "offtake-engine", "sled");
        assert_eq!(found, ["deny.toml lets offtake-engine depend on sled, which belongs to [\"offtake-state\"]"]);
        let removed = deny("crate = \"sled\"", "crate = \"other\"");
        assert!(check_one(&removed, "offtake-engine", "sled")[0].contains("does not ban sled"));
    }

    #[test]
    fn a_ban_says_why() {
        let found = check_one(&deny("reason = \"a border\"\n", ""), "offtake-state", "sled");
        assert!(found.iter().any(|line| line.contains("has no reason")), "{found:?}");
    }
}
