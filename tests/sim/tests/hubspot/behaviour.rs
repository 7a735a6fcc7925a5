//! What the simulator does with requests that are in order.

use serde_json::{Value, json};

use super::drive::{call, generous, start};
use super::people::{CONTACTS, people, upsert};

#[tokio::test]
async fn an_upsert_creates_then_updates_and_answers_in_another_order() {
    let simulator = start(generous()).await;
    let sent = people(0..20);
    let traces = |body: &Value| -> Vec<String> {
        let results = body["results"].as_array().unwrap();
        results.iter().map(|result| result["objectWriteTraceId"].as_str().unwrap().to_owned()).collect()
    };
    for new in [true, false] {
        let reply = upsert(&simulator, &sent).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.body["results"].as_array().unwrap().iter().all(|result| result["new"] == new));
        let mut traces = traces(&reply.body);
        let given: Vec<String> = (0..20).map(|n| format!("r-{n}")).collect();
        assert_ne!(traces, given);
        traces.sort_by_key(|trace| trace.trim_start_matches("r-").parse::<usize>().unwrap());
        assert_eq!(traces, given);
    }
    assert_eq!(simulator.records("contacts").len(), 20);
    assert_eq!(simulator.records("0-1")[0].properties["email"], "p0@example.com");
    assert_eq!(simulator.journal().len(), 2);
}

#[tokio::test]
async fn trace_ids_let_the_good_inputs_through() {
    let simulator = start(generous()).await;
    let mut sent = people(0..3);
    sent["inputs"][1]["properties"]["hs_lead_status"] = json!("MAYBE");
    let reply = upsert(&simulator, &sent).await;
    assert_eq!(reply.status, 207, "{reply:?}");
    assert_eq!(reply.body["numErrors"], 1);
    assert_eq!(reply.body["errors"][0]["context"]["objectWriteTraceId"], json!(["r-1"]));
    assert_eq!(reply.body["errors"][0]["category"], "VALIDATION_ERROR");
    assert_eq!(simulator.records("contacts").len(), 2);
    // Two inputs under one trace id could not be told apart, so the batch is one again.
    sent["inputs"][2]["objectWriteTraceId"] = json!("r-0");
    assert_eq!(upsert(&simulator, &sent).await.status, 400);
}

#[tokio::test]
async fn an_archived_record_is_gone_and_its_key_is_free() {
    let simulator = start(generous()).await;
    let first = upsert(&simulator, &people(0..1)).await.body["results"][0]["id"].clone();
    let archive = json!({ "inputs": [{ "id": first }, { "id": "1" }] });
    let reply = call(&simulator, "POST", &format!("{CONTACTS}/batch/archive"), &archive).await;
    assert_eq!((reply.status, reply.body), (204, Value::Null));
    let path = format!("{CONTACTS}/{}", first.as_str().unwrap());
    assert_eq!(call(&simulator, "GET", &path, &Value::Null).await.status, 404);
    assert_eq!(call(&simulator, "GET", &format!("{path}?archived=true"), &Value::Null).await.status, 200);
    let again = upsert(&simulator, &people(0..1)).await;
    assert_eq!(again.body["results"][0]["new"], true);
    assert_ne!(again.body["results"][0]["id"], first);
    let archived: Vec<bool> = simulator.records("contacts").iter().map(|record| record.archived).collect();
    assert_eq!(archived, [true, false]);
}

#[tokio::test]
async fn values_are_cleared_kept_back_and_brought_into_form() {
    let simulator = start(generous()).await;
    let write = async |properties: Value| {
        let input = json!({ "id": "ADA@example.com", "idProperty": "email", "properties": properties });
        let reply = upsert(&simulator, &json!({ "inputs": [input] })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        simulator.records("contacts")[0].properties.clone()
    };
    let record = write(json!({ "lifecyclestage": "customer", "city": "Ulm", "closedate": "1772323200000" })).await;
    assert_eq!(record["email"], "ada@example.com");
    assert_eq!(record["closedate"], "2026-03-01T00:00:00.000Z");
    let record = write(json!({ "lifecyclestage": "lead", "city": "" })).await;
    assert_eq!(record["lifecyclestage"], "customer");
    assert!(!record.contains_key("city"));
    write(json!({ "lifecyclestage": "" })).await;
    let record = write(json!({ "lifecyclestage": "lead" })).await;
    assert_eq!(record["lifecyclestage"], "lead");
    assert_eq!(simulator.records("contacts").len(), 1);
}

#[tokio::test]
async fn updates_of_unknown_records_are_told_apart() {
    let simulator = start(generous()).await;
    let id = upsert(&simulator, &people(0..1)).await.body["results"][0]["id"].clone();
    let inputs = json!({ "inputs": [
        { "id": id, "properties": { "city": "Ulm" }, "objectWriteTraceId": "a" },
        { "id": "999999999", "properties": { "city": "Ulm" }, "objectWriteTraceId": "b" },
    ] });
    let reply = call(&simulator, "POST", &format!("{CONTACTS}/batch/update"), &inputs).await;
    assert_eq!(reply.status, 207);
    assert_eq!(reply.body["results"].as_array().unwrap().len(), 1);
    assert_eq!(reply.body["errors"][0]["context"], json!({ "ids": ["999999999"], "objectWriteTraceId": ["b"] }));
}

#[tokio::test]
async fn custom_objects_answer_to_both_names_and_hold_unique_values() {
    let simulator = start(generous()).await;
    let schema = json!({
        "name": "invoice", "labels": { "singular": "Invoice", "plural": "Invoices" },
        "primaryDisplayProperty": "number", "requiredProperties": ["number"],
        "properties": [{ "name": "number", "label": "Number", "type": "string", "fieldType": "text", "hasUniqueValue": true }],
    });
    let made = call(&simulator, "POST", "/crm-object-schemas/2026-03/schemas", &schema).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.body["fullyQualifiedName"], "p62515_invoice");
    let type_id = made.body["objectTypeId"].as_str().unwrap();
    let record = json!({ "properties": { "number": "2026-1" } });
    let by_type = format!("/crm/objects/2026-09/{type_id}");
    assert_eq!(call(&simulator, "POST", &by_type, &record).await.status, 201);
    let again = call(&simulator, "POST", "/crm/v3/objects/p62515_invoice", &record).await;
    assert_eq!(again.status, 400);
    assert!(again.body["message"].as_str().unwrap().contains("CONFLICTING_UNIQUE_VALUE"));
    let found = call(&simulator, "GET", &format!("{by_type}/2026-1?idProperty=number"), &Value::Null).await;
    assert_eq!(found.status, 200);
    let empty = call(&simulator, "POST", &by_type, &json!({ "properties": {} })).await;
    assert_eq!(empty.body["context"]["properties"], json!(["number"]));
}

#[tokio::test]
async fn lists_and_searches_come_in_pages() {
    let simulator = start(generous()).await;
    upsert(&simulator, &people(0..25)).await;
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let page = call(&simulator, "GET", &format!("{CONTACTS}?limit=10{after}"), &Value::Null).await;
        seen += page.body["results"].as_array().unwrap().len();
        match page.body["paging"]["next"]["after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, 25);
    let search = json!({ "filterGroups": [{ "filters": [
        { "propertyName": "email", "operator": "EQ", "value": "P7@example.com" },
    ] }], "properties": ["firstname", "city", "no_such_property"] });
    let found = call(&simulator, "POST", &format!("{CONTACTS}/search"), &search).await;
    assert_eq!(found.body["total"], 1);
    assert_eq!(found.body["results"][0]["properties"]["city"], Value::Null);
    assert!(found.body["results"][0]["properties"].get("no_such_property").is_none());
    let page = call(&simulator, "POST", &format!("{CONTACTS}/search"), &json!({ "limit": 20, "after": "20" })).await;
    assert_eq!((page.body["total"].as_u64(), page.body["results"].as_array().unwrap().len()), (Some(25), 5));
}
