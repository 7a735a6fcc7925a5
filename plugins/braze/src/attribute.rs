//! From a row's values to those of attributes and properties.

use offtake_sdk::text;
use offtake_sdk::value::cut_fraction;
use serde_json::{Map, Value, json};

/// How many digits after the second Braze keeps.
const FRACTION_DIGITS_MAX: usize = 3;

/// Attributes that Braze has a place of its own for: Braze API, "User attributes object".
pub(crate) const STANDARD: &[&str] = &[
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
    "email_open_tracking_disabled",
    "email_click_tracking_disabled",
    "image_url",
    "marked_email_as_spam_at",
    "subscription_groups",
    "push_tokens",
    "push_token_import",
];

/// Standard attributes that hold text, also where a row has a number.
const TEXTS: &[&str] = &["first_name", "last_name", "email", "phone", "home_city", "language", "country", "time_zone"];

/// The value of an attribute.
pub(crate) fn value(name: &str, given: &Value, is_number: bool) -> Value {
    match given {
        Value::String(text) if is_number => number(text).unwrap_or_else(|| given.clone()),
        Value::String(text) => json!(cut_fraction(text, FRACTION_DIGITS_MAX).unwrap_or_else(|| text.clone())),
        Value::Number(_) if TEXTS.contains(&name) => text(given).map_or(Value::Null, Value::from),
        other => other.clone(),
    }
}

/// A decimal or a large integer, which rows hold as text.
pub(crate) fn number(text: &str) -> Option<Value> {
    let parsed: Value = serde_json::from_str(text.trim()).ok()?;
    parsed.is_number().then_some(parsed)
}

/// Puts a value at the place that the dots of a name say, and says whether it stands in an object.
pub(crate) fn put(object: &mut Map<String, Value>, name: &str, value: Value) -> bool {
    let Some((outer, inner)) = name.split_once('.') else {
        let nested = value.is_object();
        object.insert(name.to_owned(), value);
        return nested;
    };
    let member = object.entry(outer).or_insert_with(|| json!({}));
    if !member.is_object() {
        *member = json!({});
    }
    if let Some(member) = member.as_object_mut() {
        put(member, inner, value);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types_but_where_a_number_came_as_text() {
        for (name, given, is_number, expected) in [
            ("plan", json!(null), false, json!(null)),
            ("plan", json!("12.50"), false, json!("12.50")),
            ("ltv", json!("12.50"), true, json!(12.5)),
            ("ltv", json!("9007199254740993"), true, json!(9_007_199_254_740_993_u64)),
            ("ltv", json!("much"), true, json!("much")),
            ("phone", json!(49), false, json!("49")),
            ("since", json!("2026-11-22T13:45:00.123456Z"), false, json!("2026-11-22T13:45:00.123Z")),
            ("dob", json!("1980-12-21"), false, json!("1980-12-21")),
            ("list", json!(["a", 1]), false, json!(["a", 1])),
        ] {
            assert_eq!(value(name, &given, is_number), expected, "{name}: {given}");
        }
    }

    #[test]
    fn dots_lead_into_objects() {
        let mut object = Map::new();
        assert!(!put(&mut object, "plan", json!("pro")));
        assert!(put(&mut object, "car.make", json!("V")));
        assert!(put(&mut object, "car.size.doors", json!(4)));
        assert!(put(&mut object, "home", json!({ "city": "Ulm" })));
        let expected =
            json!({ "plan": "pro", "car": { "make": "V", "size": { "doors": 4 } }, "home": { "city": "Ulm" } });
        assert_eq!(Value::Object(object), expected);
    }
}
