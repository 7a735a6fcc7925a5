//! What a batch call answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::vendor_error::ErrorBody;

/// 200, 201 and 207 of create, update, upsert and read: HubSpot API reference, CRM objects, "batch".
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BatchAnswer {
    pub(crate) results: Vec<Record>,
    pub(crate) errors: Vec<ErrorBody>,
}

/// A record as it is now.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Of upsert alone: whether the record was created.
    pub(crate) new: Option<bool>,
    /// Null is not in the reference and is in recorded answers.
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Option<String>>,
    pub(crate) object_write_trace_id: Option<String>,
}

impl Record {
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_deref()
    }
}
