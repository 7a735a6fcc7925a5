//! `connections/*.yml` as typed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// A connection: where rows come from, or where they go. Exactly one of `source` and `destination`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "the schema checks it, nothing reads it")]
    pub(crate) version: u32,
    /// Name by which syncs refer to it.
    pub(crate) connection: String,
    /// Tables to read.
    #[serde(default)]
    pub(crate) source: Option<Source>,
    /// A connector to write through.
    #[serde(default)]
    pub(crate) destination: Option<Destination>,
}

/// Tables to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Tables in files, by the name that SQL uses.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, Table>,
    /// Iceberg catalogs, by the name that SQL uses as `catalog.namespace.table`.
    #[serde(default)]
    pub(crate) catalogs: BTreeMap<String, Catalog>,
}

/// A table in files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// How the files are read.
    pub(crate) format: Format,
    /// A file, a folder or a glob, relative to the project folder.
    pub(crate) path: String,
    /// CSV: whether the first line names the columns. Default: true.
    #[serde(default)]
    pub(crate) header: Option<bool>,
    /// CSV: the character between two values. Default: a comma.
    #[serde(default)]
    pub(crate) delimiter: Option<char>,
}

/// How a table's files are read.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    Parquet,
    Csv,
    Ndjson,
    Iceberg,
}

/// A catalog of Iceberg tables.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalog {
    /// Kind of catalog.
    #[serde(rename = "type")]
    #[expect(dead_code, reason = "there is one kind; the key keeps room for others")]
    pub(crate) kind: CatalogKind,
    /// The SQLite file, relative to the project folder.
    pub(crate) path: String,
    /// The catalog's own name in that file. Default: `default`.
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// Kind of catalog.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CatalogKind {
    /// Iceberg's SQL catalog in a SQLite file.
    Sqlite,
}

/// A connector to write through.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// The connector's component, relative to the project folder.
    pub(crate) plugin: String,
    /// The connector's settings; `offtake plugin inspect` shows which it takes.
    #[serde(default)]
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
    /// Where the secret of each credential slot comes from.
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, Secret>,
    /// Origins in place of those of the manifest: a sandbox, a regional host, a simulator.
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, String>,
    /// What this connection may do beyond public addresses over https.
    #[serde(default)]
    pub(crate) allow: Option<Allow>,
}

/// Where a secret comes from. Exactly one of `env` and `file`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secret {
    /// An environment variable.
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// A file, relative to the project folder.
    #[serde(default)]
    pub(crate) file: Option<String>,
}

/// What a connection may do beyond public addresses over https.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allow {
    /// Private networks that may be dialled, as `127.0.0.1/32`.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    /// Whether endpoints may be plain http.
    #[serde(default)]
    pub(crate) plain_http: bool,
}
