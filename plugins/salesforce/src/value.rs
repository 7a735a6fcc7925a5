//! From a row's values to what Salesforce takes, in JSON and in CSV.

use offtake_sdk::value::{cut_fraction, join};
use offtake_sdk::{Cell, Detail, text};
use serde_json::Value;

/// Between the values of a multi-select picklist.
const SEPARATOR: char = ';';

/// A datetime of Salesforce ends with milliseconds.
const FRACTION_DIGITS_MAX: usize = 3;

/// The value for a field of a JSON record. Null clears, and so does the empty text, which Salesforce does not keep.
///
/// Numbers go as texts: a text field refuses a JSON number ("Cannot deserialize instance of string from VALUE_NUMBER_INT"), and a
/// number field takes a text that is one, as the guide's own examples send it.
pub(crate) fn to_json(field: &str, value: &Value) -> Result<Value, Detail> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        _ => Ok(plain(field, value)?.map_or(Value::Null, Value::from)),
    }
}

/// The text for a CSV cell; none clears the field.
pub(crate) fn to_csv(field: &str, value: &Value) -> Result<Option<String>, Detail> {
    plain(field, value)
}

/// The text of a match key as it is sent; none when there is nothing to match by.
pub(crate) fn key_text(cell: Cell<'_>) -> Option<String> {
    let Cell::Value(value) = cell else { return None };
    text(value).map(|text| cut_fraction(&text, FRACTION_DIGITS_MAX).unwrap_or(text)).filter(|text| !text.is_empty())
}

fn plain(field: &str, value: &Value) -> Result<Option<String>, Detail> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => cut_fraction(text, FRACTION_DIGITS_MAX).unwrap_or_else(|| text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
        Value::Array(items) => join(field, items, SEPARATOR)?,
    };
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_has_its_json_and_its_csv() {
        for (value, in_json, in_csv) in [
            (json!(null), json!(null), None),
            (json!(""), json!(null), None),
            (json!("  text "), json!("  text "), Some("  text ")),
            (json!(true), json!(true), Some("true")),
            (json!(12), json!("12"), Some("12")),
            (json!(0.1), json!("0.1"), Some("0.1")),
            (json!("12.50"), json!("12.50"), Some("12.50")),
            (json!("2026-11-22"), json!("2026-11-22"), Some("2026-11-22")),
            (json!("2026-11-22T13:45:00Z"), json!("2026-11-22T13:45:00Z"), Some("2026-11-22T13:45:00Z")),
            (
                json!("2026-11-22T13:45:00.123456789Z"),
                json!("2026-11-22T13:45:00.123Z"),
                Some("2026-11-22T13:45:00.123Z"),
            ),
            (json!(["a", null, 2]), json!("a;2"), Some("a;2")),
            (json!([]), json!(null), None),
        ] {
            assert_eq!(to_json("F", &value).unwrap(), in_json, "{value}");
            assert_eq!(to_csv("F", &value).unwrap().as_deref(), in_csv, "{value}");
        }
        let detail = to_json("Colours__c", &json!(["red;green"])).unwrap_err();
        assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("separator_in_list", Some("Colours__c")));
    }
}
