//! What a connector asks for, what the operator grants, and what lies between them.

mod ask;
mod host;

use std::collections::BTreeSet;
use std::fmt;

pub use self::ask::{Ask, Reach, SecretUse};
pub use self::host::{HostPattern, InvalidHost};
use crate::manifest::{CallLimits, Manifest};

/// What the operator grants a connector. What is not said is granted as it is asked for; nothing here widens the ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// Hosts that it may reach.
    pub hosts: Option<Vec<HostPattern>>,
    /// Credential slots that are filled.
    pub slots: Option<BTreeSet<String>>,
    /// Bounds of one call.
    pub limits: LimitsGrant,
}

/// Bounds of one call, as far as the operator sets them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitsGrant {
    /// Linear memory.
    pub memory_mib: Option<u32>,
    /// Time on a core.
    pub cpu_ms: Option<u32>,
    /// Time on the clock, requests included.
    pub wall_ms: Option<u32>,
}

/// Hosts and networks that no connection of the project may reach, whatever else says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Hosts.
    pub hosts: Vec<HostPattern>,
    /// Networks, as typed.
    pub networks: Vec<String>,
}

/// Something that is asked for and not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// A host that the grant does not name.
    Host(String),
    /// A host of the block list.
    Blocked(String),
    /// A slot that is not filled.
    Slot(String),
    /// A limit below what is asked: its name, the ask, the grant.
    Limit(&'static str, u32, u32),
}

impl Granted {
    /// Whether a host may be reached, as far as the grant says.
    pub fn host(&self, host: &str) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|pattern| pattern.matches(host)))
    }

    /// Whether a slot is filled.
    pub fn slot(&self, slot: &str) -> bool {
        self.slots.as_ref().is_none_or(|slots| slots.contains(slot))
    }

    /// What a manifest asks for and does not get.
    pub fn withholds(&self, manifest: &Manifest, block: &Block) -> Vec<Withheld> {
        let mut withheld = Vec::new();
        let hosts: BTreeSet<&str> =
            manifest.endpoints.values().map(|endpoint| host::of_origin(&endpoint.base)).collect();
        for host in hosts {
            if block.host(host) {
                withheld.push(Withheld::Blocked(host.to_owned()));
            } else if !self.host(host) {
                withheld.push(Withheld::Host(host.to_owned()));
            }
        }
        let slots = manifest.credentials.keys().filter(|slot| !self.slot(slot));
        withheld.extend(slots.cloned().map(Withheld::Slot));
        let (asked, got) = (manifest.limits, self.limits.of(manifest.limits));
        let limits = [
            ("memory_mib", asked.memory_mib, got.memory_mib),
            ("cpu_ms", asked.cpu_ms, got.cpu_ms),
            ("wall_ms", asked.wall_ms, got.wall_ms),
        ];
        let lower = limits.into_iter().filter(|(_, asked, got)| got < asked);
        withheld.extend(lower.map(|(name, asked, got)| Withheld::Limit(name, asked, got)));
        withheld
    }
}

impl LimitsGrant {
    /// What one call gets: what is asked for, or less.
    pub fn of(self, asked: CallLimits) -> CallLimits {
        asked.at_most(CallLimits {
            memory_mib: self.memory_mib.unwrap_or(u32::MAX),
            cpu_ms: self.cpu_ms.unwrap_or(u32::MAX),
            wall_ms: self.wall_ms.unwrap_or(u32::MAX),
        })
    }
}

impl Block {
    /// Whether a host is on the list.
    pub fn host(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host))
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "may not reach {host}"),
            Self::Blocked(host) => write!(f, "may not reach {host}, which is blocked for every connector"),
            Self::Slot(slot) => write!(f, "credential `{slot}` is not filled"),
            Self::Limit(name, asked, got) => write!(f, "{name} is {got}, not {asked}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        serde_json::from_value(serde_json::json!({
            "schema": "offtake.manifest/1", "id": "x", "name": "X", "version": "1.0.0", "wit": "offtake:destination@0.1.0",
            "endpoints": {
                "api": {"base": "https://api.example.com", "methods": ["GET"], "paths": ["/**"]},
                "files": {"base": "https://files.example.com:8443", "methods": ["PUT"], "paths": ["/**"]}
            },
            "credentials": {
                "token": {"kind": "bearer", "endpoints": ["api"]}, "key": {"kind": "header", "header": "X-Key", "endpoints": ["files"]}
            },
            "limits": {"memory_mib": 64, "cpu_ms": 2000, "wall_ms": 60000}
        }))
        .unwrap()
    }

    #[test]
    fn a_grant_is_less_or_equal_and_never_more() {
        let hosts = |hosts: &[&str]| Some(hosts.iter().map(|host| host.parse().unwrap()).collect());
        let nothing = Granted { hosts: Some(Vec::new()), slots: Some(BTreeSet::new()), ..Granted::default() };
        let narrow = Granted {
            hosts: hosts(&["api.example.com", "other.example.com"]),
            slots: Some(BTreeSet::from(["token".to_owned(), "other".to_owned()])),
            limits: LimitsGrant { memory_mib: Some(32), cpu_ms: Some(9_000), wall_ms: None },
        };
        let block = Block { hosts: vec!["api.example.com".parse().unwrap()], networks: Vec::new() };
        let (api, files) = ("api.example.com".to_owned(), "files.example.com".to_owned());
        let cases = [
            (Granted::default(), Block::default(), vec![]),
            (
                nothing,
                Block::default(),
                vec![
                    Withheld::Host(api.clone()),
                    Withheld::Host(files.clone()),
                    Withheld::Slot("key".to_owned()),
                    Withheld::Slot("token".to_owned()),
                ],
            ),
            (
                narrow.clone(),
                Block::default(),
                vec![
                    Withheld::Host(files.clone()),
                    Withheld::Slot("key".to_owned()),
                    Withheld::Limit("memory_mib", 64, 32),
                ],
            ),
            (
                narrow,
                block,
                vec![
                    Withheld::Blocked(api),
                    Withheld::Host(files),
                    Withheld::Slot("key".to_owned()),
                    Withheld::Limit("memory_mib", 64, 32),
                ],
            ),
        ];
        for (granted, block, expected) in cases {
            assert_eq!(granted.withholds(&manifest(), &block), expected, "{granted:?}");
            let limits = granted.limits.of(manifest().limits);
            assert_eq!(limits, limits.at_most(manifest().limits));
        }
    }
}
