//! Reads `connector.toml` and finds everything that is wrong with it at once.

mod checks;
mod reader;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::Value;

pub(crate) use self::checks::id as check_id;
use self::reader::Table;
use crate::error::Error;
use crate::manifest::{Credential, CredentialKind, Endpoint, Limits, Manifest, OAuth2, Quota};

/// The manifest's schema name.
const SCHEMA: &str = "offtake.manifest/1";

/// Something wrong with a `connector.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// The key, such as `endpoints.api.base`; empty for the file as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.message),
            key => write!(f, "line {}: {key}: {}", self.line, self.message),
        }
    }
}

/// Reads the file; `limits` are those of its language. The WIT package stays empty until the component is known.
pub(crate) fn read(path: &Path, limits: Limits) -> Result<Manifest, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::reading(path))?;
    parse(&text, limits).map_err(|problems| Error::Manifest { path: path.to_owned(), problems })
}

pub(crate) fn parse(text: &str, default_limits: Limits) -> Result<Manifest, Vec<Problem>> {
    let document = reader::Document::parse(text)?;
    let mut root = document.root();
    let id = root.text("id").checked(checks::id);
    let manifest = Manifest {
        schema: SCHEMA,
        name: root.text("name").value(),
        description: root.text("description").value(),
        version: root.text("version").checked(checks::version),
        wit: String::new(),
        endpoints: endpoints(&mut root),
        credentials: BTreeMap::new(),
        idempotency_header: root.optional_text("idempotency_header").checked_some(checks::header),
        quotas: quotas(&mut root),
        config: config(&mut root),
        limits: limits(&mut root, default_limits),
        id,
    };
    let credentials = credentials(&mut root, &manifest.endpoints);
    root.finish();
    document.settle(Manifest { credentials, ..manifest })
}

fn endpoints(root: &mut Table<'_>) -> BTreeMap<String, Endpoint> {
    let mut endpoints = BTreeMap::new();
    for (name, mut table) in root.tables("endpoints") {
        checks::slot(&name).unwrap_or_else(|message| table.problem("", message));
        let endpoint = Endpoint {
            base: table.text("base").checked(checks::origin),
            methods: table.texts("methods").each(checks::method),
            paths: table.texts("paths").each(checks::path),
        };
        table.finish();
        endpoints.insert(name, endpoint);
    }
    endpoints
}

fn credentials(root: &mut Table<'_>, endpoints: &BTreeMap<String, Endpoint>) -> BTreeMap<String, Credential> {
    let mut credentials = BTreeMap::new();
    for (slot, mut table) in root.tables("credentials") {
        checks::slot(&slot).unwrap_or_else(|message| table.problem("", message));
        let credential = Credential {
            kind: kind(&mut table),
            header: header(&mut table),
            endpoints: table.texts("endpoints").each(|name| checks::known_endpoint(name, endpoints)),
            description: table.text("description").value(),
            optional: table.flag("optional"),
            oauth2: table.table("oauth2").map(|oauth2| self::oauth2(oauth2, endpoints)),
        };
        table.finish();
        credentials.insert(slot, credential);
    }
    credentials
}

fn oauth2(mut table: Table<'_>, endpoints: &BTreeMap<String, Endpoint>) -> OAuth2 {
    let oauth2 = OAuth2 {
        endpoint: table.text("endpoint").checked(|name| checks::known_endpoint(name, endpoints)),
        path: table.text("path").checked(checks::plain_path),
        flows: table.texts("flows").each(checks::flow),
        request: table
            .optional_text("request")
            .checked_some(checks::token_request)
            .unwrap_or_else(|| "form".to_owned()),
        client_auth: table
            .optional_text("client_auth")
            .checked_some(checks::client_auth)
            .unwrap_or_else(|| "body".to_owned()),
        scopes: table.optional_texts("scopes").each(checks::scope),
        audience: table.optional_text("audience").checked_some(|_| Ok(())),
    };
    table.finish();
    oauth2
}

fn quotas(root: &mut Table<'_>) -> BTreeMap<String, Quota> {
    let mut quotas = BTreeMap::new();
    for (name, mut table) in root.tables("quotas") {
        checks::slot(&name).unwrap_or_else(|message| table.problem("", message));
        let mut header = |key| table.optional_text(key).checked_some(checks::header);
        let quota = Quota {
            header: header("header"),
            limit: header("limit"),
            remaining: header("remaining"),
            reset: header("reset"),
            prefix: table.optional_text("prefix").value(),
        };
        if quota.header.is_some() == (quota.limit.is_some() && quota.remaining.is_some()) {
            table.problem("", "must name either `header`, or `limit` and `remaining`".to_owned());
        }
        table.finish();
        quotas.insert(name, quota);
    }
    quotas
}

/// A signature has its own headers.
fn header(table: &mut Table<'_>) -> String {
    let header = table.optional_text("header");
    if table.peek_text("kind") == Some("standard_webhooks") {
        return header.checked_some(checks::signature_header).unwrap_or_else(|| checks::SIGNATURE_HEADER.to_owned());
    }
    table.text("header").checked(checks::header)
}

fn kind(table: &mut Table<'_>) -> CredentialKind {
    let name = table.text("kind").checked(checks::kind);
    match name.as_str() {
        "basic" => CredentialKind::Basic,
        "header" => CredentialKind::Header,
        "standard_webhooks" => CredentialKind::StandardWebhooks,
        _ => CredentialKind::Bearer,
    }
}

/// Without a schema the configuration is an empty object.
fn config(root: &mut Table<'_>) -> Value {
    match root.json("config") {
        None => serde_json::json!({"type": "object", "additionalProperties": false}),
        Some(schema) => {
            if schema.get("type").and_then(Value::as_str) != Some("object") {
                root.problem("config", "must be a JSON Schema with type = \"object\"".to_owned());
            }
            schema
        }
    }
}

fn limits(root: &mut Table<'_>, defaults: Limits) -> Limits {
    let Some(mut table) = root.table("limits") else { return defaults };
    let limits = Limits {
        memory_mib: table.positive("memory_mib").unwrap_or(defaults.memory_mib),
        cpu_ms: table.positive("cpu_ms").unwrap_or(defaults.cpu_ms),
        wall_ms: table.positive("wall_ms").unwrap_or(defaults.wall_ms),
    };
    table.finish();
    limits
}

#[cfg(test)]
mod tests;
