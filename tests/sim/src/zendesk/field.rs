//! Custom fields: their definitions, and what their values may be.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::details::Details;
use super::kind::Kind;
use crate::clock;

/// The types that a field may have.
const TYPES: &str =
    "text textarea integer decimal date checkbox dropdown multiselect regexp lookup tagger partialcreditcard";

/// A custom field of users, organizations, tickets or a custom object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) id: u64,
    /// Tickets' fields have none and go by their id.
    pub(super) key: String,
    pub(super) kind: String,
    title: String,
    tag: Option<String>,
    options: Vec<Value>,
    position: usize,
    created_at: String,
}

impl Field {
    /// Reads a definition as its endpoint takes it.
    pub(super) fn read(id: u64, position: usize, given: &Map<String, Value>) -> Result<Self, Details> {
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, title) = (text("type"), text("title"));
        let mut details = Details::default();
        if title.is_empty() {
            details.add("title", "cannot be blank", Some("BlankValue"));
        }
        if !TYPES.split(' ').any(|known| known == kind) {
            details.add("type", "is invalid", Some("InvalidValue"));
        }
        if !details.is_empty() {
            return Err(details);
        }
        let options = given.get("custom_field_options").and_then(Value::as_array).into_iter().flatten();
        let option = |(nth, option): (u64, &Value)| json!({ "id": id + 1 + nth, "name": option["name"], "raw_name": option["name"], "value": option["value"] });
        Ok(Self {
            id,
            key: text("key"),
            kind,
            title,
            tag: given.get("tag").and_then(Value::as_str).map(str::to_owned),
            options: (0_u64..).zip(options).map(option).collect(),
            position,
            created_at: clock::seconds(clock::now()),
        })
    }

    /// As the recorded fields of users are shown; those of tickets have more and have no key.
    pub(super) fn show(&self, path: &str, ticket: bool, origin: &str) -> Value {
        let mut shown = json!({
            "url": format!("{origin}/api/v2/{path}/{}.json", self.id),
            "id": self.id,
            "type": self.kind,
            "key": self.key,
            "title": self.title,
            "description": "",
            "raw_title": self.title,
            "raw_description": "",
            "position": self.position,
            "active": true,
            "system": false,
            "regexp_for_validation": null,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        });
        if let Some(shown) = shown.as_object_mut() {
            if self.is_choice() {
                shown.insert("custom_field_options".to_owned(), json!(self.options));
            }
            if let Some(tag) = &self.tag {
                shown.insert("tag".to_owned(), json!(tag));
            }
            if ticket {
                shown.remove("key");
                for (name, value) in [("required", false), ("visible_in_portal", false), ("editable_in_portal", false)]
                {
                    shown.insert(name.to_owned(), json!(value));
                }
            }
        }
        shown
    }

    fn is_choice(&self) -> bool {
        matches!(self.kind.as_str(), "dropdown" | "multiselect" | "tagger")
    }

    /// What a record without a value has.
    pub(super) fn empty(&self) -> Value {
        if self.kind == "checkbox" { json!(false) } else { Value::Null }
    }

    /// The value as it is kept; none when the field does not take it.
    pub(super) fn keep(&self, value: &Value, days_alone: bool) -> Option<Value> {
        let text = || value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()));
        match (self.kind.as_str(), value) {
            (_, Value::Null) => Some(self.empty()),
            ("integer", _) => text()?.parse::<i64>().ok().map(Value::from),
            ("decimal", _) => text()?.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
            ("checkbox", Value::Bool(_)) => Some(value.clone()),
            ("checkbox", _) => text()?.parse::<bool>().ok().map(Value::from),
            ("date", Value::String(text)) => day(text).map(|day| {
                // Recorded for users: a moment is cut to its day, which is shown as midnight.
                if days_alone { json!(day.to_string()) } else { json!(format!("{day}T00:00:00+00:00")) }
            }),
            ("date", _) => None,
            ("dropdown" | "tagger", _) => self.has_option(value).then(|| value.clone()),
            ("multiselect", Value::Array(list)) => {
                list.iter().all(|option| self.has_option(option)).then(|| value.clone())
            }
            ("multiselect", _) => None,
            _ => text().map(Value::from),
        }
    }

    fn has_option(&self, value: &Value) -> bool {
        self.options.iter().any(|option| option.get("value") == Some(value))
    }

    /// The tag that a checked box gives its record.
    pub(super) fn tag_of(&self, value: &Value) -> Option<(&str, bool)> {
        self.tag.as_deref().map(|tag| (tag, value == &json!(true)))
    }
}

fn day(text: &str) -> Option<Date> {
    let moment = || text.parse::<Timestamp>().ok().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date());
    if text.len() == 10 { text.parse().ok() } else { moment() }
}

/// Writes values into the map of custom fields that stands under the name `kind.fields()`; unknown keys are dropped.
pub(super) fn write(
    kind: Kind,
    fields: &[Field],
    values: &mut Map<String, Value>,
    given: Option<&Value>,
    details: &mut Details,
) {
    let mut kept = values.get(kind.fields()).and_then(Value::as_object).cloned().unwrap_or_default();
    let given = given.and_then(Value::as_object);
    let mut tags = values.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    for field in fields {
        let Some(value) = given.and_then(|given| given.get(&field.key)) else {
            kept.entry(field.key.clone()).or_insert_with(|| field.empty());
            continue;
        };
        match field.keep(value, false) {
            Some(value) => {
                if let Some((tag, set)) = field.tag_of(&value) {
                    tags.retain(|known| known != tag);
                    if set {
                        tags.push(json!(tag));
                    }
                }
                kept.insert(field.key.clone(), value);
            }
            None => details.add(&field.key, "is invalid", Some("InvalidValue")),
        }
    }
    values.insert(kind.fields().to_owned(), Value::Object(kept));
    values.insert("tags".to_owned(), Value::Array(tags));
}
