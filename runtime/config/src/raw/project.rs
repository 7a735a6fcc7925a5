//! `offtake.yml` as typed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "the schema checks it, nothing reads it")]
    pub(crate) version: u32,
    /// Name of the project.
    pub(crate) project: String,
    /// Folder for the delivery state, relative to this file. Default: `state`.
    #[serde(default)]
    pub(crate) state: Option<String>,
    /// Environment variables that `${NAME}` may read, besides those that begin with `OFFTAKE_`.
    #[serde(default)]
    pub(crate) env_allow: Vec<String>,
    /// What connectors are granted, by id. What is left out is granted as the connector's manifest asks for it.
    #[serde(default)]
    pub(crate) plugins: BTreeMap<String, Plugin>,
    /// What no connector may reach, whatever it is granted elsewhere.
    #[serde(default)]
    pub(crate) block: Block,
    /// Whose connectors may run.
    #[serde(default)]
    pub(crate) trust: Trust,
}

/// What one connector is granted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plugin {
    /// Hosts that it may reach, as `api.example.com` or `*.example.com`.
    #[serde(default)]
    pub(crate) hosts: Option<Vec<String>>,
    /// Credential slots that are filled.
    #[serde(default)]
    pub(crate) slots: Option<Vec<String>>,
    /// Bounds of one call.
    #[serde(default)]
    pub(crate) limits: Limits,
}

/// Bounds of one call of a connector.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Memory in MiB.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) memory_mib: Option<u32>,
    /// Time on a core in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) cpu_ms: Option<u32>,
    /// Time on the clock in milliseconds, requests included.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) wall_ms: Option<u32>,
}

/// What no connector may reach.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    /// Hosts, as `api.example.com` or `*.example.com`.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    /// Networks, as `203.0.113.0/24`.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
}

/// Whose connectors may run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trust {
    /// Whether connectors run that nobody known has signed. `allow` is for development. Default: `refuse`.
    #[serde(default)]
    pub(crate) unsigned: Unsigned,
    /// Who may sign what.
    #[serde(default)]
    pub(crate) signers: Vec<Signer>,
    /// SHA-256 of components that never run.
    #[serde(default)]
    pub(crate) deny: Vec<String>,
    /// The oldest version that runs, by connector.
    #[serde(default)]
    pub(crate) minimum: BTreeMap<String, String>,
}

/// Whether unsigned connectors run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unsigned {
    #[default]
    Refuse,
    Allow,
}

/// A key that may sign connectors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signer {
    /// A minisign public key: the second line of its file.
    pub(crate) key: String,
    /// Ids of the connectors that it may sign; `acme-*` means all that begin so. Default: all.
    #[serde(default)]
    pub(crate) connectors: Vec<String>,
}
