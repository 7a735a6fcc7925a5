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
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// Origins in place of those of the manifest: a sandbox, a regional host, a simulator.
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, String>,
    /// What this connection may do beyond public addresses over https.
    #[serde(default)]
    pub(crate) allow: Option<Allow>,
    /// Part of the account's lasting quotas, such as a day's requests, that is left to whatever else uses them. Default: 0.1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) quota_reserve: Option<f64>,
}

/// What fills a credential slot. Exactly one of its keys.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    /// An environment variable.
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// A file, relative to the project folder.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// A program and its arguments; the secret is what it prints.
    #[serde(default)]
    pub(crate) command: Option<Vec<String>>,
    /// A name under which `offtake secret set` keeps it.
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// An access token, for which the host asks the vendor.
    #[serde(default)]
    pub(crate) oauth2: Option<OAuth2>,
    /// The header that carries it, where the connector leaves that to the connection (kind `header`).
    #[serde(default)]
    pub(crate) header: Option<String>,
}

/// Where a secret comes from. Exactly one of its keys.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secret {
    /// An environment variable.
    #[serde(default)]
    pub(crate) env: Option<String>,
    /// A file, relative to the project folder.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// A program and its arguments; the secret is what it prints.
    #[serde(default)]
    pub(crate) command: Option<Vec<String>>,
    /// A name under which `offtake secret set` keeps it.
    #[serde(default)]
    pub(crate) secret: Option<String>,
}

/// How the host comes to an access token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth2 {
    /// Which way; `offtake plugin inspect` shows those that the vendor offers.
    pub(crate) flow: Flow,
    /// The client's public name at the vendor.
    pub(crate) client_id: String,
    /// The client's secret, where it has one.
    #[serde(default)]
    pub(crate) client_secret: Option<Secret>,
    /// `refresh_token`: the first one. Its successors are kept in the encrypted store.
    #[serde(default)]
    pub(crate) refresh_token: Option<Secret>,
    /// `jwt_bearer`: the private key in PEM.
    #[serde(default)]
    pub(crate) private_key: Option<Secret>,
    /// `jwt_bearer`: id of the key, where the vendor wants one.
    #[serde(default)]
    pub(crate) key_id: Option<String>,
    /// `jwt_bearer`: who vouches. Default: the client id.
    #[serde(default)]
    pub(crate) issuer: Option<String>,
    /// `jwt_bearer`: for whom.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    /// `jwt_bearer`: in place of the manifest's audience.
    #[serde(default)]
    pub(crate) audience: Option<String>,
    /// In place of the manifest's scopes.
    #[serde(default)]
    pub(crate) scopes: Option<Vec<String>>,
}

/// A way to an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flow {
    ClientCredentials,
    RefreshToken,
    JwtBearer,
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
