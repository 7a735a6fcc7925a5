//! From a row's values to what Marketo takes.

use offtake_sdk::text;
use serde_json::Value;

/// The value of a field in JSON. Null clears; "null and the empty string both write null", so the empty text goes as null.
pub(crate) fn to_json(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => Value::from(without_fraction(text).unwrap_or_else(|| text.clone())),
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

/// Datetimes have no fraction: "2010-05-07T15:41:32-05:00" ("Field Types"). None where the text is something else.
fn without_fraction(text: &str) -> Option<String> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd.";
    let (seconds, fraction) = (text.get(..SHAPE.len())?, text.get(SHAPE.len()..)?.strip_suffix('Z')?);
    let is_timestamp = seconds.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == *shape,
    });
    let digits = !fraction.is_empty() && fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    (is_timestamp && digits).then(|| format!("{}Z", seconds.trim_end_matches('.')))
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
