//! Recorded traffic.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// What kind of reply this is, from the method, the path, the status and the body: a vendor's own grouping.
pub(crate) type Class = fn(&str, &str, u16, &Value) -> String;

/// One recorded reply.
pub(crate) struct Recording {
    pub(crate) class: String,
    pub(crate) body: Value,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
}

/// Reads a vendor's recordings of this host. They are the measure of the simulator, so there is no going on without them.
pub(crate) fn load(vendor: &str, host: &str, class: Class) -> Vec<Recording> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("OFFTAKE_RECORDINGS").map_or_else(beside, PathBuf::from);
    let path = folder.join(format!("{vendor}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("no recordings at {}: {error}; point OFFTAKE_RECORDINGS to their folder", path.display())
    });
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let of_host = |row: &&Value| row["host"].as_str().is_some_and(|given| given.contains(host));
    rows.iter().filter(of_host).map(|row| Recording::read(row, class)).collect()
}

impl Recording {
    fn read(row: &Value, class: Class) -> Self {
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
