//! What a connector asks for, as it stands in its `offtake:manifest` section.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Schema name of the only manifest version.
pub const SCHEMA: &str = "offtake.manifest/1";

/// A connector's manifest. The table of keys is in `docs/spec/connector.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Name of the connector.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Version of the connector.
    pub version: String,
    /// WIT package it was built for.
    pub wit: String,
    /// Origins that it talks to.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Secrets that the host adds to its requests.
    #[serde(default)]
    pub credentials: BTreeMap<String, CredentialSlot>,
    /// Header that carries a request's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_header: Option<String>,
    /// What the vendor says of its quotas in every answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quotas: BTreeMap<String, Quota>,
    /// JSON Schema of a connection's `config`.
    #[serde(default)]
    pub config: serde_json::Value,
    /// What one call needs.
    #[serde(default)]
    pub limits: CallLimits,
}

/// An origin, and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `https://host`.
    pub base: String,
    /// Methods in upper case.
    pub methods: Vec<String>,
    /// Path patterns: `*` is one segment, `**` any number.
    pub paths: Vec<String>,
}

/// Headers of an answer from which the host reads how much of a quota is used: either `header`, or `limit` and `remaining`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Holds `used/limit`, somewhere behind the prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stands before the numbers in `header`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Holds the whole quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Holds what is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    /// Holds when it is full again, in seconds since 1970. Without one the quota lasts long, and a part of it is left to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
}

/// A place for a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSlot {
    /// How the secret is written into the header.
    pub kind: CredentialKind,
    /// The header.
    #[serde(default = "authorization")]
    pub header: String,
    /// Endpoints that may receive it.
    pub endpoints: Vec<String>,
    /// What the operator has to provide.
    #[serde(default)]
    pub description: String,
    /// Whether a connection may do without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Where the host gets access tokens for this slot, if the vendor issues them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth2: Option<OAuth2Slot>,
}

/// How the vendor issues access tokens (RFC 6749).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2Slot {
    /// The endpoint that issues them. The connector itself cannot reach the path, unless it declares it too.
    pub endpoint: String,
    /// Its path.
    pub path: String,
    /// Ways that the vendor offers.
    pub flows: Vec<Flow>,
    /// How the request is written.
    #[serde(default)]
    pub request: TokenRequestFormat,
    /// Where the client's secret goes.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Scopes that are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Audience of assertions in the JWT bearer flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// A way to an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The client for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A refresh token that a person's consent gave (RFC 6749 §6); it may be replaced with every use.
    RefreshToken,
    /// A signed assertion (RFC 7523).
    JwtBearer,
}

/// How a token request is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenRequestFormat {
    /// POST of a form, as RFC 6749 has it.
    #[default]
    Form,
    /// POST of a JSON object.
    Json,
    /// GET with a query. The query stands in no log of the host.
    Query,
}

/// Where a client's secret goes in a token request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Beside the other parameters.
    #[default]
    Body,
    /// Into an `Authorization: Basic` header.
    Basic,
}

fn authorization() -> String {
    "Authorization".to_owned()
}

/// How a secret is written into its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// `Bearer <secret>`.
    Bearer,
    /// The secret alone.
    Header,
    /// `Basic base64(<secret>)`, the secret being `user:password`.
    Basic,
    /// The secret itself is not sent: every request to the slot's endpoints is signed with it, by Standard Webhooks 1.0.
    StandardWebhooks,
}

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallLimits {
    /// Linear memory.
    pub memory_mib: u32,
    /// Time on a core.
    pub cpu_ms: u32,
    /// Time on the clock, requests included.
    pub wall_ms: u32,
}

impl Default for CallLimits {
    /// A compiled guest's batch takes milliseconds and a few MiB; a request takes up to 30 s.
    fn default() -> Self {
        Self { memory_mib: 64, cpu_ms: 2_000, wall_ms: 120_000 }
    }
}

impl CallLimits {
    /// The smaller of each.
    #[must_use]
    pub fn at_most(self, ceiling: Self) -> Self {
        Self {
            memory_mib: self.memory_mib.min(ceiling.memory_mib),
            cpu_ms: self.cpu_ms.min(ceiling.cpu_ms),
            wall_ms: self.wall_ms.min(ceiling.wall_ms),
        }
    }
}
