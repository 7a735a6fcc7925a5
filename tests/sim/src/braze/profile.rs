//! User profiles: what an attributes object does to one, and how an export shows it.

use serde_json::{Map, Value, json};

use super::object::IDENTIFIERS;
use crate::{clock, ident};

/// Attributes that are no custom ones.
pub(super) const STANDARD: &[&str] = &[
    "first_name",
    "last_name",
    "email",
    "phone",
    "dob",
    "gender",
    "country",
    "home_city",
    "language",
    "time_zone",
    "email_subscribe",
    "push_subscribe",
    "date_of_first_session",
    "date_of_last_session",
    "current_location",
];

/// Members of an attributes object that say how it is to be read.
const SWITCHES: &[&str] = &["_update_existing_only", "_merge_objects", "external_id", "user_alias", "braze_id"];

#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) braze_id: String,
    pub(super) external_id: Option<String>,
    /// Pairs of `alias_name` and `alias_label`.
    pub(super) aliases: Vec<Value>,
    pub(super) standard: Map<String, Value>,
    pub(super) custom: Map<String, Value>,
    created_at: String,
    bucket: u64,
    pub(super) revenue: f64,
}

impl Profile {
    /// A profile that an object of that identity makes.
    pub(super) fn new(nth: u64, object: &Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let alias = object.get("user_alias").filter(|alias| alias.is_object()).map(alias);
        let mut standard = Map::new();
        for name in ["push_subscribe", "email_subscribe"] {
            standard.insert(name.to_owned(), json!("subscribed"));
        }
        Self {
            braze_id: format!("619d6e{:018x}", ident::mix(nth)),
            external_id: text("external_id"),
            aliases: alias.into_iter().collect(),
            standard,
            custom: Map::new(),
            created_at: clock::text(clock::now()),
            bucket: ident::mix(nth) % 10_000,
            revenue: 0.0,
        }
    }

    /// Whether an object means this profile, by the first of its identifiers.
    pub(super) fn is_meant(&self, object: &Map<String, Value>) -> bool {
        let given = IDENTIFIERS.iter().find(|name| object.get(**name).is_some_and(|value| !value.is_null()));
        let value = given.and_then(|name| object.get(*name));
        match (given.copied(), value) {
            (Some("external_id"), Some(value)) => self.external_id.as_deref() == value.as_str(),
            (Some("user_alias"), Some(value)) => self.aliases.contains(&alias(value)),
            (Some("braze_id"), Some(value)) => value == &json!(self.braze_id),
            (Some(name), Some(value)) => self.standard.get(name) == Some(value),
            _ => false,
        }
    }

    /// Writes attributes: null removes, `inc` adds, `add` and `remove` change a list, an object takes the place of the one
    /// before unless they are to be merged.
    pub(super) fn write(&mut self, object: &Map<String, Value>) {
        let merges = object.get("_merge_objects") == Some(&json!(true));
        for (name, value) in object {
            if SWITCHES.contains(&name.as_str()) {
                continue;
            }
            let values = if STANDARD.contains(&name.as_str()) { &mut self.standard } else { &mut self.custom };
            let before = values.get(name).cloned().unwrap_or_default();
            match after(&before, value, merges) {
                Value::Null => drop(values.remove(name)),
                after => drop(values.insert(name.clone(), after)),
            }
        }
    }

    /// As recorded: what has no value is not there.
    pub(super) fn show(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("created_at".to_owned(), json!(self.created_at));
        if let Some(id) = &self.external_id {
            shown.insert("external_id".to_owned(), json!(id));
        }
        shown.insert("user_aliases".to_owned(), json!(self.aliases));
        // The name that Braze had before is kept beside the new one.
        shown.insert("appboy_id".to_owned(), json!(self.braze_id));
        shown.insert("braze_id".to_owned(), json!(self.braze_id));
        shown.extend(self.standard.clone());
        shown.insert("random_bucket".to_owned(), json!(self.bucket));
        if !self.custom.is_empty() {
            shown.insert("custom_attributes".to_owned(), json!(self.custom));
        }
        let whole = self.revenue.fract() == 0.0;
        let revenue = if whole { json!(self.revenue as i64) } else { json!(self.revenue) };
        shown.insert("total_revenue".to_owned(), revenue);
        Value::Object(shown)
    }
}

/// The two names of an alias, whatever else stands beside them.
pub(super) fn alias(value: &Value) -> Value {
    json!({ "alias_name": value["alias_name"], "alias_label": value["alias_label"] })
}

fn after(before: &Value, value: &Value, merges: bool) -> Value {
    let Some(change) = value.as_object() else { return value.clone() };
    let only = |name: &str| change.get(name).filter(|_| change.len() == 1);
    if let Some(by) = only("inc").and_then(Value::as_f64) {
        let sum = before.as_f64().unwrap_or_default() + by;
        return if sum.fract() == 0.0 { json!(sum as i64) } else { json!(sum) };
    }
    let list = |name: &str| change.get(name).and_then(Value::as_array).cloned();
    if change.keys().all(|name| name == "add" || name == "remove")
        && (list("add").is_some() || list("remove").is_some())
    {
        let mut items = before.as_array().cloned().unwrap_or_default();
        items.extend(list("add").unwrap_or_default());
        let removed = list("remove").unwrap_or_default();
        items.retain(|item| !removed.contains(item));
        return json!(items);
    }
    match before.as_object().filter(|_| merges) {
        None => value.clone(),
        Some(before) => {
            let mut merged = before.clone();
            for (name, value) in change {
                match after(&before.get(name).cloned().unwrap_or_default(), value, merges) {
                    Value::Null => drop(merged.remove(name)),
                    after => drop(merged.insert(name.clone(), after)),
                }
            }
            Value::Object(merged)
        }
    }
}
