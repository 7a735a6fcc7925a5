//! Fields that are only written where the destination has nothing: what is left of a row once its record was read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::mode::{FieldPolicy, WritePolicy};

/// Policies of the fields that have one.
pub type Policies = BTreeMap<String, FieldPolicy>;

/// A record as the destination has it.
pub type Record = Map<String, Value>;

/// Fields whose writing depends on the record; without any, records need not be read.
pub fn conditional(policies: &Policies) -> Vec<String> {
    let wanted = policies.iter().filter(|(_, policy)| policy.write != WritePolicy::Always);
    wanted.map(|(field, _)| field.clone()).collect()
}

/// The row's line without the fields that its record keeps. A line that is no object stays as it is.
pub fn narrow(line: &str, record: Option<&Record>, policies: &Policies) -> String {
    let (Some(record), Ok(mut fields)) = (record, serde_json::from_str::<Record>(line)) else {
        return line.to_owned();
    };
    fields.retain(|field, _| match policies.get(field).map(|policy| policy.write) {
        None | Some(WritePolicy::Always) => true,
        Some(WritePolicy::OnCreate) => false,
        Some(WritePolicy::IfEmptyAtDestination) => is_empty(record.get(field)),
    });
    format!("{}\n", Value::Object(fields))
}

/// Vendors answer for an empty field with null, an empty text, or not at all.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_keeps_what_it_has() {
        let write = |write| FieldPolicy { write, ..FieldPolicy::default() };
        let policies = Policies::from([
            ("owner".to_owned(), write(WritePolicy::OnCreate)),
            ("phone".to_owned(), write(WritePolicy::IfEmptyAtDestination)),
        ]);
        assert_eq!(conditional(&policies), ["owner", "phone"]);
        let line = "{\"email\":\"a@b.se\",\"owner\":\"7\",\"phone\":\"1\",\"big\":\"9007199254740993\"}\n";
        let cases = [
            (None, line),
            (Some("{}"), "{\"big\":\"9007199254740993\",\"email\":\"a@b.se\",\"phone\":\"1\"}\n"),
            (Some("{\"phone\":\"\"}"), "{\"big\":\"9007199254740993\",\"email\":\"a@b.se\",\"phone\":\"1\"}\n"),
            (Some("{\"phone\":\"2\"}"), "{\"big\":\"9007199254740993\",\"email\":\"a@b.se\"}\n"),
        ];
        for (record, expected) in cases {
            let record: Option<Record> = record.map(|json| serde_json::from_str(json).unwrap());
            assert_eq!(narrow(line, record.as_ref(), &policies), expected, "{record:?}");
        }
    }
}
