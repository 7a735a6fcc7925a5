//! The bodies of writes. Pure.

use offtake_sdk::{Batch, Operation};
use serde_json::{Map, Value, json};

use crate::kind::id_field;
use crate::prepare::Item;
use crate::value;

/// The fields of a row.
pub(crate) fn record(item: &Item<'_>) -> Value {
    let fields = item.row.fields().iter();
    Value::Object(fields.map(|(name, value)| (name.clone(), value::to_json(value))).collect())
}

/// Only the match keys of a row.
pub(crate) fn key_record(batch: &Batch, item: &Item<'_>) -> Value {
    let keys = batch.match_keys().iter();
    let member = |name: &String| Some((name.clone(), value::to_json(item.row.fields().get(name)?)));
    Value::Object(keys.filter_map(member).collect::<Map<_, _>>())
}

/// `leads.json`: "Sync Leads". Without a match key, new leads are told from known ones by their address.
pub(crate) fn leads(batch: &Batch, partition: Option<&str>, records: &[&Value]) -> Value {
    let lookup = batch.match_keys().first().map_or("email", String::as_str);
    let mut body = json!({"action": action(batch.operation()), "lookupField": lookup, "input": records});
    if let (Some(partition), Some(body)) = (partition, body.as_object_mut()) {
        body.insert("partitionName".to_owned(), partition.into());
    }
    body
}

/// The sync and delete calls of every other object. `by` names the member that says how records are found.
pub(crate) fn others(batch: &Batch, records: &[&Value]) -> Value {
    let by = match batch.match_keys() {
        [only] if only == id_field(batch.object()) => "idField",
        _ => "dedupeFields",
    };
    match batch.operation() {
        Operation::Delete => json!({"deleteBy": by, "input": records}),
        operation => json!({"action": action(operation), "dedupeBy": by, "input": records}),
    }
}

fn action(operation: Operation) -> &'static str {
    match operation {
        Operation::Insert => "createOnly",
        Operation::Update => "updateOnly",
        _ => "createOrUpdate",
    }
}
