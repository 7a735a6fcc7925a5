//! Contacts to write.

use offtake_sim::hubspot::Simulator;
use serde_json::{Value, json};

use super::drive::call;
use crate::support::drive::Reply;

pub(crate) const CONTACTS: &str = "/crm/objects/2026-03/contacts";

pub(crate) fn people(numbers: std::ops::Range<usize>) -> Value {
    let input = |n| {
        json!({
            "id": format!("p{n}@example.com"),
            "idProperty": "email",
            "objectWriteTraceId": format!("r-{n}"),
            "properties": { "firstname": format!("P{n}") },
        })
    };
    json!({ "inputs": numbers.map(input).collect::<Vec<_>>() })
}

pub(crate) async fn upsert(simulator: &Simulator, body: &Value) -> Reply {
    call(simulator, "POST", &format!("{CONTACTS}/batch/upsert"), body).await
}
