//! Recorded traffic, and the classes that requests and replies fall into.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// One recorded reply.
pub(crate) struct Recording {
    pub(crate) class: String,
    pub(crate) body: Value,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
}

/// Reads HubSpot's recordings. They are the measure of the simulator, so there is no going on without them.
pub(crate) fn load() -> Vec<Recording> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("OFFTAKE_RECORDINGS").map_or_else(beside, PathBuf::from);
    let path = folder.join("hubspot.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("no recordings at {}: {error}; point OFFTAKE_RECORDINGS to their folder", path.display())
    });
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let hubspot = |row: &&Value| row["host"].as_str().is_some_and(|host| host.contains("api.hubapi.com"));
    rows.iter().filter(hubspot).map(Recording::read).collect()
}

impl Recording {
    fn read(row: &Value) -> Self {
        let texts: Vec<&str> = row["headers"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        let headers = texts.chunks(2).map(|pair| (pair[0].to_lowercase(), pair[1].to_owned())).collect();
        let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
        let body = match &row["res"] {
            Value::String(text) if text.is_empty() => Value::Null,
            body => body.clone(),
        };
        let (method, path) = (row["method"].as_str().unwrap(), row["path"].as_str().unwrap());
        Self { class: class(method, path, status, &body), body, headers }
    }
}

/// What kind of reply this is: the endpoint, whatever its version, the status, and the category of an error.
pub(crate) fn class(method: &str, path: &str, status: u16, body: &Value) -> String {
    let path = path.split('?').next().unwrap();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let endpoint = match parts.as_slice() {
        ["crm", "v3", "objects", rest @ ..] | ["crm", "objects", _, rest @ ..] => match rest {
            [_, "search"] => "objects/search".to_owned(),
            [_, "batch", verb] => format!("objects/batch/{verb}"),
            [_, _] => "objects/{id}".to_owned(),
            _ => "objects".to_owned(),
        },
        ["crm", "v3", "schemas", rest @ ..] | ["crm-object-schemas", _, "schemas", rest @ ..] => {
            if rest.is_empty() { "schemas" } else { "schemas/{type}" }.to_owned()
        }
        ["crm", "v3", "properties", rest @ ..] | ["crm", "properties", _, rest @ ..] => {
            if rest.len() == 1 { "properties" } else { "properties/{name}" }.to_owned()
        }
        ["account-info", _, "details"] => "account-info".to_owned(),
        _ => path.trim_matches('/').to_owned(),
    };
    let category = if status < 400 { "" } else { body["category"].as_str().unwrap_or("without category") };
    format!("{method} {endpoint} {status} {category}").trim_end().to_owned()
}
