//! Compares the structure of a reply with that of recorded ones.

use std::collections::BTreeSet;

use serde_json::Value;

/// Whether a value has the structure of at least one of the recorded values at its place.
///
/// Objects must have exactly the keys of a recorded one, each element of a list must look like some recorded
/// element, and strings must be of a recorded form, so that a number as text is not taken for a time.
pub(crate) fn fits(value: &Value, recorded: &[&Value], place: &str) -> Result<(), String> {
    match value {
        Value::Object(object) => {
            let keys: BTreeSet<&String> = object.keys().collect();
            let alike =
                |other: &&Value| other.as_object().is_some_and(|other| other.keys().collect::<BTreeSet<_>>() == keys);
            let alike: Vec<&Value> = recorded.iter().copied().filter(alike).collect();
            if alike.is_empty() {
                return Err(format!("{place}: no recorded object has the keys {keys:?}"));
            }
            for (key, member) in object {
                let members: Vec<&Value> = alike.iter().map(|other| &other[key]).collect();
                fits(member, &members, &format!("{place}.{key}"))?;
            }
            Ok(())
        }
        Value::Array(list) => {
            if !recorded.iter().any(|other| other.is_array()) {
                return Err(format!("{place}: no recorded value is a list"));
            }
            let elements: Vec<&Value> = recorded.iter().filter_map(|other| other.as_array()).flatten().collect();
            list.iter().try_for_each(|element| fits(element, &elements, &format!("{place}[]")))
        }
        scalar => {
            let forms: BTreeSet<&str> = recorded.iter().map(|other| form(other)).collect();
            if forms.contains(form(scalar)) {
                return Ok(());
            }
            Err(format!("{place}: {scalar} is {}, recorded are {forms:?}", form(scalar)))
        }
    }
}

/// The kind of a value, with strings told apart by what they hold.
fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        Value::String(text) => match pattern(text).as_str() {
            "0000-00-00T00:00:00.000Z" => "a time with milliseconds",
            "0000-00-00T00:00:00Z" => "a time",
            _ if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => "digits",
            _ if uuid(text) => "a uuid",
            _ => "text",
        },
    }
}

fn pattern(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}

fn uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[test]
fn a_wrong_shape_is_noticed() {
    use serde_json::json;
    let recorded = json!({ "id": "7", "at": "2022-02-17T18:56:16.511Z", "list": [{ "a": null }, { "a": "x" }] });
    let fits = |value: Value| fits(&value, &[&recorded], "body").is_ok();
    assert!(fits(json!({ "id": "8", "at": "2026-02-17T18:56:16.511Z", "list": [{ "a": "y" }] })));
    assert!(!fits(json!({ "id": 8, "at": "2026-02-17T18:56:16.511Z", "list": [] })), "a number for digits");
    assert!(!fits(json!({ "id": "8", "at": "2026-02-17T18:56:16Z", "list": [] })), "no milliseconds");
    assert!(!fits(json!({ "id": "8", "at": "2026-02-17T18:56:16.511Z" })), "a key too few");
    assert!(!fits(json!({ "id": "8", "at": "2026-02-17T18:56:16.511Z", "list": [{ "b": "x" }] })), "another key");
    assert!(!fits(json!({ "id": "8", "at": "2026-02-17T18:56:16.511Z", "list": [{ "a": 1 }] })), "another type");
}
