//! Whom a row is about.

use offtake_sdk::{Detail, Row, text};
use serde_json::{Map, Value, json};

use crate::config::Config;

/// Fields that name a user, in the order in which Braze goes by them. `alias_name` stands for an alias with its label.
const NAMES: [&str; 5] = ["external_id", "alias_name", "braze_id", "email", "phone"];

/// Fields that name a user and are no attributes.
pub(crate) const ONLY_NAMES: [&str; 4] = ["external_id", "alias_name", "alias_label", "braze_id"];

/// The member of an object that names its user. `key` is the field by which rows are matched, else the first that a row has.
pub(crate) fn of(config: &Config, row: &Row, key: Option<&str>) -> Result<(&'static str, Value), Detail> {
    let has = |name: &str| row.fields().get(name).and_then(text).filter(|value| !value.is_empty());
    let name = match key {
        Some(key) => NAMES.into_iter().find(|name| *name == key),
        None => NAMES.into_iter().find(|name| has(name).is_some()),
    };
    let Some(name) = name else {
        return Err(Detail::new("user_missing", format!("a row needs one of {}", NAMES.join(", "))));
    };
    let value = has(name)
        .ok_or_else(|| Detail::new("match_value_missing", format!("a row needs a value of {name}")).with_field(name))?;
    if name != "alias_name" {
        return Ok((name, json!(value)));
    }
    let label = has("alias_label").or_else(|| config.alias_label.clone()).ok_or_else(|| {
        let message = "an alias needs a label: map alias_label, or set it in the connection";
        Detail::new("alias_label_missing", message).with_field("alias_label")
    })?;
    Ok(("user_alias", json!({ "alias_name": value, "alias_label": label })))
}

/// Names a user in the object of a track.
pub(crate) fn put(object: &mut Map<String, Value>, identity: (&'static str, Value)) {
    object.insert(identity.0.to_owned(), identity.1);
}
