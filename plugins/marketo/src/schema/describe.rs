//! What the describe calls and lists answer: "Describe", "List Custom Objects", "Lists", "Usage" of the REST API's documentation.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed<T> {
    #[serde(default = "Vec::new")]
    pub(crate) result: Vec<T>,
    pub(crate) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Usage {
    pub(crate) date: String,
    pub(crate) total: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct List {
    pub(crate) id: u64,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomObject {
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) id_field: Option<String>,
    #[serde(default)]
    pub(crate) dedupe_fields: Vec<String>,
}

/// Of `leads/describe.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeadField {
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) data_type: String,
    pub(crate) length: Option<u32>,
    pub(crate) rest: Option<RestName>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestName {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) read_only: bool,
}

/// Of every other describe, and of `leads/describe2.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Described {
    pub(crate) id_field: Option<String>,
    #[serde(default)]
    pub(crate) dedupe_fields: Vec<String>,
    #[serde(default)]
    pub(crate) searchable_fields: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) fields: Vec<DescribedField>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribedField {
    pub(crate) name: String,
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) data_type: String,
    pub(crate) length: Option<u32>,
    #[serde(default)]
    pub(crate) updateable: bool,
}
