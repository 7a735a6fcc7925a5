//! A project that can be used: every name resolved, every path absolute.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use offtake_core::Name;
use offtake_core::grant::{Block, Granted};
use offtake_core::guard::Guards;
use offtake_core::lake::LakeConfig;
use offtake_core::mapping::FieldMapping;
use offtake_core::mode::{Mode, OnDelete};
use offtake_core::policy::Policies;
use offtake_core::secret::CredentialRef;
use offtake_core::trust::TrustPolicy;

use crate::Document;

/// A project folder.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
    /// Folder of the delivery state.
    pub state: PathBuf,
    /// Connections to read from.
    pub sources: BTreeMap<Name, SourceConnection>,
    /// Connections to write to.
    pub destinations: BTreeMap<Name, DestinationConnection>,
    /// Syncs in the order of their names.
    pub syncs: BTreeMap<Name, SyncConfig>,
    /// What connectors are granted, by id.
    pub grants: BTreeMap<String, Granted>,
    /// What no connector may reach.
    pub block: Block,
    /// Whose connectors may run.
    pub trust: TrustPolicy,
}

/// A connection to read from.
#[derive(Debug, Clone)]
pub struct SourceConnection {
    /// Its tables.
    pub lake: LakeConfig,
    /// The file.
    pub document: Arc<Document>,
}

/// A connection to write to.
#[derive(Debug, Clone)]
pub struct DestinationConnection {
    /// The connector's component.
    pub plugin: PathBuf,
    /// The connector's settings.
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Where secrets come from, by slot.
    pub credentials: BTreeMap<String, CredentialRef>,
    /// Headers in place of the manifest's, by slot.
    pub headers: BTreeMap<String, String>,
    /// Origins in place of the manifest's.
    pub endpoints: BTreeMap<String, String>,
    /// Private networks that may be dialled, as typed.
    pub networks: Vec<String>,
    /// Whether endpoints may be plain http.
    pub plain_http: bool,
    /// Part of lasting quotas that is left to others, from 0 to 1.
    pub quota_reserve: f64,
    /// The file.
    pub document: Arc<Document>,
}

/// A sync.
#[derive(Debug, Clone)]
pub struct SyncConfig {
    /// Its name.
    pub name: Name,
    /// The source connection.
    pub source: Name,
    /// The model's SQL.
    pub sql: String,
    /// The file that the SQL stands in, when it is not the sync's own.
    pub model: Option<Arc<Document>>,
    /// The destination connection.
    pub destination: Name,
    /// Kind of record.
    pub object: String,
    /// What is done with added and changed rows.
    pub mode: Mode,
    /// Destination fields that identify a record.
    pub match_keys: Vec<String>,
    /// What happens to rows that leave the source.
    pub on_delete: OnDelete,
    /// The mapping; field `n` stands at `/fields/n` of the document.
    pub fields: Vec<FieldMapping>,
    /// How fields are treated that are not just written.
    pub policies: Policies,
    /// Stricter limits than the destination's.
    pub limits: SyncLimits,
    /// What needs a person's approval.
    pub guards: Guards,
    /// The file.
    pub document: Arc<Document>,
}

/// Stricter limits than the destination's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncLimits {
    /// Rows in one call.
    pub batch: Option<u32>,
    /// Calls at once.
    pub concurrency: Option<u16>,
}

impl Project {
    /// What a connector is granted.
    pub fn granted(&self, connector: &str) -> Granted {
        self.grants.get(connector).cloned().unwrap_or_default()
    }

    /// A path as a person would type it from the project folder.
    pub fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.folder).unwrap_or(path)
    }
}
