//! The manifest that travels inside the component: `offtake.manifest/1` of docs/spec/connector.md.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// What a connector says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// `offtake.manifest/1`.
    pub schema: &'static str,
    /// `[a-z][a-z0-9-]{0,62}`.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// Semantic version of the connector.
    pub version: String,
    /// The WIT package that the component imports; stamped by the build.
    pub wit: String,
    /// Where requests may go.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Which secrets the host puts where.
    pub credentials: BTreeMap<String, Credential>,
    /// Header in which the host sends a request's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_header: Option<String>,
    /// What the vendor says of its quotas in every answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quotas: BTreeMap<String, Quota>,
    /// JSON Schema of the connection's configuration.
    pub config: Value,
    /// What the connector asks for in one call.
    pub limits: Limits,
}

/// Where requests may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// An https origin.
    pub base: String,
    /// The methods allowed there.
    pub methods: Vec<String>,
    /// Patterns: `*` is one segment, `**` any number.
    pub paths: Vec<String>,
}

/// How the host sends a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialKind {
    /// `Bearer` and the secret.
    Bearer,
    /// The secret as it is.
    Header,
    /// `Basic` and the secret in base64.
    Basic,
    /// Not at all: it signs requests, by Standard Webhooks.
    #[serde(rename = "standard_webhooks")]
    StandardWebhooks,
}

/// A slot for a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// How the host sends it.
    pub kind: CredentialKind,
    /// In which header.
    pub header: String,
    /// At which endpoints.
    pub endpoints: Vec<String>,
    /// For people.
    pub description: String,
    /// Whether a connection may do without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Where the host gets access tokens for this slot, if the vendor issues them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth2: Option<OAuth2>,
}

/// How the vendor issues access tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OAuth2 {
    /// The endpoint that issues them.
    pub endpoint: String,
    /// Its path.
    pub path: String,
    /// Of `client_credentials`, `refresh_token` and `jwt_bearer`.
    pub flows: Vec<String>,
    /// `form`, `json` or `query`.
    pub request: String,
    /// `body` or `basic`.
    pub client_auth: String,
    /// Scopes that are asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Audience of assertions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// Headers in which the vendor says how much of a quota is used: `header`, or `limit` and `remaining`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Holds `used/limit`, somewhere behind the prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stands before the numbers in `header`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Holds the whole quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Holds what is left of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    /// Holds when it is full again, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<String>,
}

/// What the connector asks for in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Memory.
    pub memory_mib: u32,
    /// Time on the processor.
    pub cpu_ms: u32,
    /// Time on the wall.
    pub wall_ms: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_mib: 64, cpu_ms: 2_000, wall_ms: 120_000 }
    }
}

impl Manifest {
    /// The bytes of the custom section: keys sorted, no white space.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        serde_json::to_value(self).map(sorted).unwrap_or_default().to_string()
    }
}

/// Sorts keys at every depth. serde_json does so by itself only as long as no crate in the build asks it to keep the
/// order of insertion.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted_map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(sorted_map.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}
