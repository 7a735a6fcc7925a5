//! From a row's values to the texts that HubSpot takes.

use offtake_sdk::Detail;
use offtake_sdk::value::{cut_fraction, join};
use serde_json::Value;

/// Between the options of a property that takes several.
const SEPARATOR: char = ';';

/// How many digits after the second HubSpot keeps.
const FRACTION_DIGITS_MAX: usize = 3;

/// The text for a property. HubSpot's values are strings, and the empty one clears.
pub(crate) fn to_property(field: &str, value: &Value) -> Result<String, Detail> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(cut_fraction(text, FRACTION_DIGITS_MAX).unwrap_or_else(|| text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(items) => join(field, items, SEPARATOR),
        Value::Object(_) => Ok(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_every_kind_of_value() {
        for (value, expected) in [
            (json!(null), ""),
            (json!("  text "), "  text "),
            (json!(true), "true"),
            (json!(12), "12"),
            (json!(0.1), "0.1"),
            (json!("12.50"), "12.50"),
            (json!("2026-11-22"), "2026-11-22"),
            (json!("2026-11-22T13:45:00Z"), "2026-11-22T13:45:00Z"),
            (json!("2026-11-22T13:45:00.123456789Z"), "2026-11-22T13:45:00.123Z"),
            (json!("2026-11-22T13:45:00.5Z"), "2026-11-22T13:45:00.5Z"),
            (json!("2026-11-22T13:45:00.123456 or so"), "2026-11-22T13:45:00.123456 or so"),
            (json!(["a", null, 2, true]), "a;2;true"),
            (json!([]), ""),
            (json!({"a": [1]}), "{\"a\":[1]}"),
        ] {
            assert_eq!(to_property("p", &value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn refuses_a_list_that_would_fall_apart() {
        let detail = to_property("colours", &json!(["red;green"])).unwrap_err();
        assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("separator_in_list", Some("colours")));
    }
}
