//! What the describe calls answer: REST API guide, "Describe Global" and "sObject Describe"; the latter is recorded.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Global {
    pub(crate) sobjects: Vec<GlobalObject>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GlobalObject {
    pub(crate) name: String,
    pub(crate) label_plural: String,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) deletable: bool,
    #[serde(default)]
    pub(crate) layoutable: bool,
    #[serde(default)]
    pub(crate) deprecated_and_hidden: bool,
}

/// Answers of a batch, in the order of its requests.
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    pub(crate) results: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Part {
    pub(crate) status_code: u16,
    #[serde(default)]
    pub(crate) result: serde_json::Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Described {
    pub(crate) fields: Vec<DescribedField>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribedField {
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) length: u32,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) nillable: bool,
    pub(crate) defaulted_on_create: bool,
    pub(crate) external_id: bool,
    pub(crate) id_lookup: bool,
    pub(crate) unique: bool,
    pub(crate) restricted_picklist: bool,
    pub(crate) relationship_name: Option<String>,
    pub(crate) reference_to: Vec<String>,
    pub(crate) picklist_values: Vec<PicklistValue>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PicklistValue {
    pub(crate) active: bool,
    pub(crate) label: Option<String>,
    pub(crate) value: String,
}
