//! From a row's values to what Marketo takes.

use offtake_sdk::text;
use offtake_sdk::value::cut_fraction;
use serde_json::Value;

/// The value of a field in JSON. Null clears; "null and the empty string both write null", so the empty text goes as null.
pub(crate) fn to_json(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => Value::from(cut_fraction(text, 0).unwrap_or_else(|| text.clone())),
        Value::Array(items) => Value::from(join(items)),
        Value::Object(_) => Value::from(value.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The cell of a field in CSV; none where there is nothing that an empty cell would not also say.
pub(crate) fn to_csv(value: &Value) -> Option<String> {
    text(&to_json(value))
}

/// Marketo has no type for lists; what CRMs keep as several choices arrives with semicolons between.
fn join(items: &[Value]) -> String {
    let items = items.iter().filter(|item| !item.is_null());
    items.map(|item| text(item).unwrap_or_else(|| item.to_string())).collect::<Vec<_>>().join(";")
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
            (json!("a"), json!("a"), Some("a")),
            (json!(7), json!(7), Some("7")),
            (json!(true), json!(true), Some("true")),
            (json!("12.50"), json!("12.50"), Some("12.50")),
            (json!("2026-11-22T13:45:00.123456789Z"), json!("2026-11-22T13:45:00Z"), Some("2026-11-22T13:45:00Z")),
            (json!("2026-11-22T13:45:00Z"), json!("2026-11-22T13:45:00Z"), Some("2026-11-22T13:45:00Z")),
            (json!(["a", null, 2]), json!("a;2"), Some("a;2")),
        ] {
            assert_eq!(to_json(&value), in_json, "{value}");
            assert_eq!(to_csv(&value).as_deref(), in_csv, "{value}");
        }
    }
}
