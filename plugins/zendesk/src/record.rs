//! From rows to Zendesk's records. A field with a dot stands in a member: `user_fields.plan` is `plan` in `user_fields`.

use offtake_sdk::{Detail, Operation, Row, text};
use serde_json::{Map, Value, json};

use crate::object::{Key, Kind};
use crate::value;

/// The record of a row. `id` is Zendesk's, where the record is found by it.
pub(crate) fn of(
    kind: &Kind,
    operation: Operation,
    row: &Row,
    key: Option<Key>,
    id: Option<&str>,
) -> Result<Map<String, Value>, Detail> {
    let mut record = Map::new();
    for (name, given) in row.fields() {
        match name.split_once('.') {
            _ if name == "id" => {}
            Some((member, inner)) if *kind == Kind::Tickets && member == kind.custom_member() => {
                let id = inner.parse::<u64>().map_err(|_| not_a_field(name))?;
                let list = record.entry(member).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(json!({ "id": id, "value": value::custom(given) }));
                }
            }
            Some((member, inner)) => {
                let object = record.entry(member).or_insert_with(|| json!({}));
                let object = object.as_object_mut().ok_or_else(|| not_a_field(name))?;
                object.insert(inner.to_owned(), value::custom(given));
            }
            None => {
                record.insert(name.clone(), value::standard(name, given)?);
            }
        }
    }
    if let Some(id) = id {
        record.insert("id".to_owned(), id_of(kind, id)?);
        // The address by which a user was found would be added to the user once more.
        if operation == Operation::Update && key == Some(Key::Email) {
            record.remove("email");
        }
    }
    Ok(record)
}

/// Ids of custom records are texts, all others are numbers.
fn id_of(kind: &Kind, id: &str) -> Result<Value, Detail> {
    match kind {
        Kind::Custom(_) => Ok(json!(id)),
        _ => value::id(&json!(id))
            .map(Value::from)
            .ok_or_else(|| Detail::new("id_invalid", "an id of Zendesk's is a number").with_field(Key::Id.name())),
    }
}

fn not_a_field(name: &str) -> Detail {
    Detail::new("field_unknown", format!("{name} is no field of Zendesk's")).with_field(name)
}

/// What a record shows under the name of a field.
pub(crate) fn shown(kind: &Kind, record: &Map<String, Value>, name: &str) -> Value {
    let found = match name.split_once('.') {
        Some((member, inner)) if *kind == Kind::Tickets => {
            let list = record.get(member).and_then(Value::as_array).into_iter().flatten();
            let field = |entry: &&Value| entry.get("id").and_then(text).is_some_and(|id| id == inner);
            list.filter(field).find_map(|entry| entry.get("value"))
        }
        Some((member, inner)) => record.get(member).and_then(|member| member.get(inner)),
        None => record.get(name),
    };
    found.cloned().unwrap_or_default()
}
