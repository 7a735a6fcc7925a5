//! From rows to the objects of a track.

use offtake_sdk::{Detail, Operation, Row};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::object::Kind;
use crate::{attribute, identity};

/// Members of events and purchases that are no properties.
const EVENT: &[&str] = &["name", "time", "app_id"];
const PURCHASE: &[&str] = &["product_id", "currency", "price", "quantity", "time", "app_id"];

/// Whether an object makes no user.
const EXISTING_ONLY: &str = "_update_existing_only";

/// The object of a row.
pub(crate) fn of(
    config: &Config,
    kind: &Kind,
    operation: Operation,
    row: &Row,
    key: &str,
) -> Result<Map<String, Value>, Detail> {
    match kind {
        Kind::Events => occurrence(config, row, key, EVENT, &["name", "time"]),
        Kind::Purchases => occurrence(config, row, key, PURCHASE, &["product_id", "currency", "price", "time"]),
        Kind::Users | Kind::Items(_) => attributes(config, operation, row, key),
    }
}

/// An attributes object. Nested values are merged with those that are there: a field that a row does not have is left alone.
fn attributes(config: &Config, operation: Operation, row: &Row, key: &str) -> Result<Map<String, Value>, Detail> {
    let mut object = Map::new();
    let mut nested = false;
    for (name, given) in row.fields() {
        if identity::ONLY_NAMES.contains(&name.as_str()) {
            continue;
        }
        let value = attribute::value(name, given, config.number_attributes.contains(name));
        nested |= attribute::put(&mut object, name, value);
    }
    identity::put(&mut object, identity::of(config, row, Some(key))?);
    if nested {
        object.insert("_merge_objects".to_owned(), json!(true));
    }
    if operation == Operation::Update {
        object.insert(EXISTING_ONLY.to_owned(), json!(true));
    } else {
        make_by_alias(&mut object);
    }
    Ok(object)
}

/// "When using a user_alias, Update Only defaults to true": without a word, an object of an alias that is not there is dropped in silence.
fn make_by_alias(object: &mut Map<String, Value>) {
    if object.contains_key("user_alias") {
        object.insert(EXISTING_ONLY.to_owned(), json!(false));
    }
}

/// An event or a purchase: its own members, and every other field as a property.
fn occurrence(
    config: &Config,
    row: &Row,
    key: &str,
    members: &[&str],
    required: &[&str],
) -> Result<Map<String, Value>, Detail> {
    let (mut object, mut properties) = (Map::new(), Map::new());
    for (name, given) in row.fields() {
        let is_number = name == "price" || name == "quantity" || config.number_attributes.contains(name);
        let value = attribute::value(name, given, is_number);
        match name.as_str() {
            "external_id" | "alias_name" | "alias_label" | "braze_id" | "email" | "phone" => {}
            "properties" => {
                if let Value::Object(given) = value {
                    properties.extend(given);
                }
            }
            // Null is how Braze removes an attribute; a property that says nothing is left away.
            _ if value.is_null() => {}
            member if members.contains(&member) => drop(object.insert(name.clone(), value)),
            _ => drop(attribute::put(&mut properties, name.strip_prefix("properties.").unwrap_or(name), value)),
        }
    }
    if let Some(missing) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(Detail::new("value_missing", format!("a row needs a value of {missing}")).with_field(*missing));
    }
    if row.match_text().is_none_or(str::is_empty) {
        return Err(Detail::new("match_value_missing", format!("a row needs a value of {key}")).with_field(key));
    }
    identity::put(&mut object, identity::of(config, row, None)?);
    make_by_alias(&mut object);
    object.insert("properties".to_owned(), Value::Object(properties));
    Ok(object)
}
