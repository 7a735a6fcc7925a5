//! Illegal requests: each is refused as Salesforce does, and stores nothing.

use offtake_sim::salesforce::{Record, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, create, generous, start, typed};
use crate::support::drive::{Ask, send};

/// A method, a path, a body, the status, and a part of the body of the refusal.
type Rule = (&'static str, &'static str, &'static str, u16, &'static str);

/// Refused whole.
const REFUSED: &[Rule] = &[
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","Shoe__c":"1"}"#,
        400,
        "No such column 'Shoe__c' on sobject of type Contact",
    ),
    ("POST", "sobjects/Contact", r#"{"FirstName":"A"}"#, 400, "Required fields are missing: [LastName]"),
    ("POST", "sobjects/Contact", r#"{"LastName":null}"#, 400, "REQUIRED_FIELD_MISSING"),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Email":"nobody"}"#, 400, "INVALID_EMAIL_ADDRESS"),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Birthdate":"tomorrow"}"#, 400, "JSON_PARSER_ERROR"),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","datetime_field__c":"2024-07-30 20:54:16 UTC"}"#,
        400,
        "Cannot deserialize instance of datetime from VALUE_STRING",
    ),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":17}"#,
        400,
        "Cannot deserialize instance of string from VALUE_NUMBER_INT value 17",
    ),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","number_field__c":"many"}"#,
        400,
        "Cannot deserialize instance of double from VALUE_STRING",
    ),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","number_field__c":true}"#, 400, "VALUE_TRUE"),
    ("POST", "sobjects/Contact", r#"{"LastName":["A"]}"#, 400, "START_ARRAY"),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","picklist_field__c":"none of these"}"#,
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    ),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Name":"B"}"#, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","CreatedDate":"2020-01-01T00:00:00Z"}"#,
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    ),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","Id":"0034S000005YJYwQAO"}"#,
        400,
        "cannot specify Id in an insert call",
    ),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","AccountId":"nowhere"}"#, 400, "MALFORMED_ID"),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","AccountId":"0014S000007NxmlQAC"}"#,
        400,
        "INVALID_CROSS_REFERENCE_KEY",
    ),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","Account":{"Ext__c":"nowhere"}}"#,
        400,
        "Foreign key external ID: nowhere not found for field Ext__c in entity Account",
    ),
    ("POST", "sobjects/Contact", r#"{"LastName":"A","Account":{"Site":"x"}}"#, 400, "is not an External ID"),
    (
        "POST",
        "sobjects/Contact",
        r#"{"LastName":"A","Ext__c":"ADA"}"#,
        400,
        "duplicate value found: Ext__c duplicates value on record with id: 003",
    ),
    ("POST", "sobjects/Task", r#"{"Who":{"Ext__c":"ada"}}"#, 400, "does not reference a valid entity"),
    ("POST", "sobjects/Shoe__c", r#"{"Name":"A"}"#, 404, "NOT_FOUND"),
    ("POST", "sobjects/Contact", "[]", 400, "JSON_PARSER_ERROR"),
    ("PATCH", "sobjects/Contact/{ada}", r#"{"LastName":null}"#, 400, "REQUIRED_FIELD_MISSING"),
    (
        "PATCH",
        "sobjects/Contact/{ada}",
        r#"{"Id":"{ada}","LastName":"B"}"#,
        400,
        "should not be specified in the sobject data",
    ),
    ("PATCH", "sobjects/Contact/0034S000005YJYwQAO", r#"{"LastName":"B"}"#, 404, "NOT_FOUND"),
    (
        "PATCH",
        "sobjects/Contact/Ext__c/ada",
        r#"{"Ext__c":"ada","LastName":"B"}"#,
        400,
        "Ext__c field should not be specified",
    ),
    ("PATCH", "sobjects/Contact/Ext__c/new?updateOnly=true", r#"{"LastName":"B"}"#, 404, "NOT_FOUND"),
    (
        "PATCH",
        "sobjects/Contact/Title/ada",
        r#"{"LastName":"B"}"#,
        404,
        "Provided external ID field does not exist or is not accessible: Title",
    ),
    ("DELETE", "sobjects/Contact/0034S000005YJYwQAO", "", 404, "NOT_FOUND"),
    ("DELETE", "composite/sobjects", "", 400, "MISSING_ARGUMENT"),
    ("POST", "composite/sobjects", r#"{"records":[{"LastName":"A"}]}"#, 400, "type is missing"),
    ("POST", "composite/sobjects", r#"{"record":[]}"#, 400, "records"),
    (
        "POST",
        "composite/sobjects",
        r#"{"records":[{"attributes":{"type":"Shoe__c"}}]}"#,
        400,
        "sObject type 'Shoe__c' is not supported.",
    ),
    (
        "PATCH",
        "composite/sobjects/Contact/Ext__c",
        r#"{"records":[{"attributes":{"type":"Account"},"Ext__c":"n"}]}"#,
        400,
        "INVALID_TYPE",
    ),
    (
        "PATCH",
        "composite/sobjects/Contact/Ext__c",
        r#"{"records":[{"attributes":{"type":"Contact"},"id":"{ada}"}]}"#,
        400,
        "Id field should not be specified",
    ),
    ("PATCH", "composite/sobjects/Contact/Id", r#"{"records":[]}"#, 404, "Provided external ID field"),
    ("PATCH", "composite/sobjects/Contact/Title", r#"{"records":[]}"#, 404, "Provided external ID field"),
    (
        "PATCH",
        "composite/sobjects/Contact/Ext__c",
        r#"{"records":[{"attributes":{"type":"Contact"},"Ext__c":"n","LastName":"N"},{"attributes":{"type":"Contact"},"Ext__c":"m","Shoe__c":1}]}"#,
        400,
        "No such column 'Shoe__c'",
    ),
    ("GET", "query?q=SELECT+Id+FROM+Shoe__c", "", 400, "sObject type 'Shoe__c' is not supported."),
    ("GET", "query?q=SELECT+Shoe__c+FROM+Contact", "", 400, "No such column 'Shoe__c'"),
    (
        "GET",
        "query?q=SELECT+Id+FROM+Contact+WHERE+Nr__c+IN+('1')",
        "",
        400,
        "must be of type double and should not be enclosed in quotes",
    ),
    (
        "GET",
        "query?q=SELECT+Id+FROM+Contact+WHERE+Ext__c=1",
        "",
        400,
        "must be of type string and should be enclosed in quotes",
    ),
    ("GET", "query?q=SELECT+Id", "", 400, "MALFORMED_QUERY"),
    ("GET", "query", "", 400, "MALFORMED_QUERY"),
    ("GET", "query/01g4S000000000-2000", "", 400, "INVALID_QUERY_LOCATOR"),
    ("GET", "sobjects/Shoe__c/describe", "", 404, "NOT_FOUND"),
    ("POST", "jobs/ingest", r#"{"object":"Contact","operation":"upsert"}"#, 400, "externalIdFieldName"),
    (
        "POST",
        "jobs/ingest",
        r#"{"object":"Contact","operation":"upsert","externalIdFieldName":"Title"}"#,
        400,
        "INVALIDJOB",
    ),
    ("POST", "jobs/ingest", r#"{"object":"Shoe__c","operation":"insert"}"#, 400, "InvalidEntity"),
    ("POST", "jobs/ingest", r#"{"object":"Contact","operation":"merge"}"#, 400, "InvalidOperation"),
    (
        "POST",
        "jobs/ingest",
        r#"{"object":"Contact","operation":"insert","columnDelimiter":"DOT"}"#,
        400,
        "InvalidColumnDelimiter",
    ),
    ("GET", "jobs/ingest/7504S000000000", "", 404, "NOT_FOUND"),
    ("GET", "nothing", "", 404, "NOT_FOUND"),
];

/// Refused for each record alone, in an answer of status 200.
const RECORDS: &[(&str, &str, &str)] = &[
    (r#"{"Ext__c":"n"}"#, "REQUIRED_FIELD_MISSING", "LastName"),
    (r#"{"LastName":"A"}"#, "MISSING_ARGUMENT", "Ext__c not specified"),
    (
        r#"{"Ext__c":"n","LastName":"A","Email":"nobody"}"#,
        "INVALID_EMAIL_ADDRESS",
        "Email: invalid email address: nobody",
    ),
    (r#"{"Ext__c":"n","LastName":"A","AccountId":"x"}"#, "MALFORMED_ID", "Account ID"),
    (
        r#"{"Ext__c":"n","LastName":"A","Account":{"Ext__c":"nowhere"}}"#,
        "INVALID_FIELD",
        "Foreign key external ID: nowhere",
    ),
    (r#"{"Ext__c":"n","LastName":"A","Name":"B"}"#, "INVALID_FIELD_FOR_INSERT_UPDATE", "Name"),
    (r#"{"Ext__c":"n","LastName":"A","Nr__c":7}"#, "DUPLICATE_VALUE", "Nr__c duplicates value on record"),
    (r#"{"Ext__c":"same","LastName":"A"}"#, "DUPLICATE_VALUE", "Duplicate external id specified: same"),
];

async fn seeded() -> (Simulator, String) {
    let simulator = start(generous()).await;
    create(&simulator, "Account", &json!({"Name": "Acme", "Ext__c": "acme"})).await;
    let ada = json!({"LastName": "Ada", "Ext__c": "ada", "Nr__c": 7});
    let ada = create(&simulator, "Contact", &ada).await;
    (simulator, ada)
}

fn contents(simulator: &Simulator) -> Vec<Record> {
    ["Account", "Contact", "Task", "Region__c"].iter().flat_map(|object| simulator.records(object)).collect()
}

#[tokio::test]
async fn illegal_requests_are_refused_and_store_nothing() {
    let (simulator, ada) = seeded().await;
    let before = contents(&simulator);
    let mut rules: Vec<(&str, String, Value, u16, String)> = Vec::new();
    for (method, path, body, status, says) in REFUSED {
        let (path, body) = (path.replace("{ada}", &ada), body.replace("{ada}", &ada));
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() };
        rules.push((method, path, body, *status, (*says).to_owned()));
    }
    let many: Vec<Value> =
        (0..201).map(|n| typed("Contact", &json!({"LastName": "N", "Ext__c": format!("n{n}")}))).collect();
    let ids = vec![ada.as_str(); 201].join(",");
    for (method, path) in [("POST", ""), ("PATCH", ""), ("PATCH", "/Contact/Ext__c")] {
        let path = format!("composite/sobjects{path}");
        rules.push((method, path, json!({"records": many}), 400, "more than 200 records".to_owned()));
    }
    rules.push((
        "DELETE",
        format!("composite/sobjects?ids={ids}"),
        Value::Null,
        400,
        "more than 200 records".to_owned(),
    ));
    let mixed: Vec<Value> =
        (0..11).map(|n| typed(if n % 2 == 0 { "Contact" } else { "Account" }, &json!({}))).collect();
    rules.push((
        "POST",
        "composite/sobjects".to_owned(),
        json!({"records": mixed}),
        400,
        "more than 10 chunks".to_owned(),
    ));
    let long = json!({"LastName": "x".repeat(81)});
    rules.push(("POST", "sobjects/Contact".to_owned(), long, 400, "STRING_TOO_LONG".to_owned()));
    for (method, path, body, status, says) in rules {
        let reply = call(&simulator, method, &path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}: {}", reply.text);
        assert!(reply.text.contains(&says), "{method} {path} {body}: {}", reply.text);
        assert!(reply.body[0]["errorCode"].is_string(), "{}", reply.text);
        assert_eq!(contents(&simulator), before, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn records_are_refused_alone() {
    let (simulator, _) = seeded().await;
    for (record, code, says) in RECORDS {
        let before = contents(&simulator);
        let record: Value = serde_json::from_str(record).unwrap();
        let records = [record.clone(), json!({"Ext__c": "good", "LastName": "G"}), record.clone()];
        let count = if *says == "Duplicate external id specified: same" { 3 } else { 2 };
        let records: Vec<Value> = records[..count].iter().map(|record| typed("Contact", record)).collect();
        let reply = call(&simulator, "PATCH", "composite/sobjects/Contact/Ext__c", &json!({"records": records})).await;
        assert_eq!(reply.status, 200, "{record}: {}", reply.text);
        let first = &reply.body[0];
        assert_eq!(
            (&first["success"], &first["errors"][0]["statusCode"]),
            (&json!(false), &json!(code)),
            "{record}: {first}"
        );
        assert!(first.to_string().contains(says) && first.get("id").is_none(), "{record}: {first}");
        assert_eq!(reply.body[1]["success"], true, "the good record is stored");
        let after: Vec<Record> = contents(&simulator)
            .into_iter()
            .filter(|record| record.values.get("Ext__c") != Some(&json!("good")))
            .collect();
        let before: Vec<Record> =
            before.into_iter().filter(|record| record.values.get("Ext__c") != Some(&json!("good"))).collect();
        assert_eq!(after, before, "{record}");
    }
}

#[tokio::test]
async fn the_gate_lets_nobody_in_without_a_session() {
    let (simulator, _) = seeded().await;
    let path = "/services/data/v68.0/sobjects";
    let asks = [
        Ask::new("GET", path),
        Ask::new("GET", path).bearer("other"),
        Ask::new("GET", &format!("{path}?access_token={TOKEN}")),
        Ask::new("GET", path).header("authorization", &format!("Basic {TOKEN}")),
    ];
    for ask in asks {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        assert_eq!((reply.status, &reply.body[0]["errorCode"]), (401, &json!("INVALID_SESSION_ID")), "{ask:?}");
    }
    let post = |kind: &str, body: &str| Ask::new("POST", &format!("{path}/Contact")).bearer(TOKEN).body(kind, body);
    for (ask, status) in [
        (post("text/plain", r#"{"LastName":"A"}"#), 415),
        (post("application/json", "{"), 400),
        (post("application/json", &"x".repeat(400_001)), 413),
        (Ask::new("GET", "/services/data/v12.0/sobjects").bearer(TOKEN), 404),
        (Ask::new("GET", "/services/data/v69.0/sobjects").bearer(TOKEN), 404),
    ] {
        let reply = send(&simulator.base_url(), &ask).await.unwrap();
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let versions = send(&simulator.base_url(), &Ask::new("GET", "/services/data/")).await.unwrap();
    assert!(versions.status == 200 && !versions.headers.contains_key("sforce-limit-info"));
}
