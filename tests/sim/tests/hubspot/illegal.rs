//! Illegal requests and the refusals that they must meet.

use serde_json::{Value, json};

pub(crate) const CONTACTS: &str = "/crm/objects/2026-03/contacts";
pub(crate) const UPSERT: &str = "/crm/objects/2026-03/contacts/batch/upsert";
const CREATE: &str = "/crm/objects/2026-03/contacts/batch/create";
const UPDATE: &str = "/crm/objects/2026-03/contacts/batch/update";
const COMPANIES: &str = "/crm/objects/2026-03/companies/batch/create";
const DEALS: &str = "/crm/objects/2026-03/deals/batch/create";
const WIDGETS: &str = "/crm/objects/2026-03/widgets";
const SEARCH: &str = "/crm/v3/objects/contacts/search";
const PROPERTIES: &str = "/crm/properties/2026-03/contacts";

/// A status, and a category where HubSpot gives one.
type Refusal = (u16, Option<&'static str>);

const INVALID: Refusal = (400, Some("VALIDATION_ERROR"));
const MALFORMED: Refusal = (400, None);
const CONFLICT: Refusal = (409, Some("CONFLICT"));
const EXISTS: Refusal = (409, Some("OBJECT_ALREADY_EXISTS"));
const NOT_FOUND: Refusal = (404, Some("OBJECT_NOT_FOUND"));

/// One illegal request.
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) refusal: Refusal,
    /// A part of the message.
    pub(crate) says: &'static str,
}

/// Properties of the second input of an upsert whose first is in order.
const VALUES: &[(&str, Refusal, &str)] = &[
    (r#"{"city": null}"#, MALFORMED, "JsonToken.VALUE_NULL"),
    (r#"{"city": 17}"#, MALFORMED, "JsonToken.VALUE_NUMBER_INT"),
    (r#"{"city": true}"#, MALFORMED, "JsonToken.VALUE_TRUE"),
    (r#"{"city": ["Ulm"]}"#, MALFORMED, "from Array value (token `JsonToken.START_ARRAY`)"),
    (r#"{"shoe_size": "44"}"#, INVALID, "PROPERTY_DOESNT_EXIST"),
    (r#"{"createdate": "2026-03-01"}"#, INVALID, "READ_ONLY_VALUE"),
    (r#"{"hs_object_id": "7"}"#, INVALID, "READ_ONLY_VALUE"),
    (r#"{"hs_lead_status": "MAYBE"}"#, INVALID, "INVALID_OPTION"),
    (r#"{"hs_lead_status": "New"}"#, INVALID, "INVALID_OPTION"),
    (r#"{"email": "not an address"}"#, INVALID, "INVALID_EMAIL"),
    (r#"{"hubspot_owner_id": "29947847357121"}"#, INVALID, "INVALID_INTEGER"),
    (r#"{"closedate": "tomorrow"}"#, INVALID, "INVALID_DATE"),
    (r#"{"closedate": " 2026-03-01"}"#, INVALID, "INVALID_DATE"),
    (r#"{"a1": "x", "a2": "x"}"#, INVALID, r#""name":"a2""#),
];

const ASSOCIATE: &str = "/crm/associations/2026-03/contacts/companies/batch/create";

/// Whole bodies of a POST.
const BODIES: &[(&str, &str, Refusal, &str)] = &[
    (ASSOCIATE, r#"{"inputs":[{"from":{"id":"1"},"to":{"id":"2"}}]}"#, MALFORMED, "[types]"),
    (ASSOCIATE, r#"{"inputs":[{"from":{"id":1},"to":{"id":"2"},"types":[]}]}"#, MALFORMED, "[id]"),
    (ASSOCIATE, r#"{"records":[]}"#, MALFORMED, "[inputs]"),
    ("/crm/lists/2026-03", r#"{"name":"x","objectTypeId":"0-1","processingType":"SMART"}"#, INVALID, "processing type"),
    (DEALS, r#"{"inputs":[{"properties":{"amount":"1,5"}}]}"#, INVALID, "INVALID_NUMBER"),
    (DEALS, r#"{"inputs":[{"properties":{"dealstage":"won"}}]}"#, INVALID, "INVALID_OPTION"),
    (COMPANIES, r#"{"inputs":[{"properties":{"facebookfans":"x"}}]}"#, INVALID, "INVALID_NUMBER"),
    (CREATE, r#"{"records":[]}"#, MALFORMED, "[inputs]"),
    (CREATE, r#"[{"properties":{}}]"#, MALFORMED, "Invalid input JSON"),
    (CREATE, r#"{"inputs":[{"email":"x"}]}"#, MALFORMED, "[properties]"),
    (UPDATE, r#"{"inputs":[{"properties":{"city":"Ulm"}}]}"#, MALFORMED, "[id]"),
    (UPDATE, r#"{"inputs":[{"id":512,"properties":{}}]}"#, MALFORMED, "[id]"),
    (
        UPSERT,
        r#"{"inputs":[{"id":"x@example.com","idProperty":"email","properties":{}},
                      {"id":"X@example.com","idProperty":"email","properties":{}}]}"#,
        INVALID,
        "Duplicate IDs found in batch input: [X@example.com]. IDs must be unique",
    ),
    (
        UPSERT,
        r#"{"inputs":[{"id":"x@example.com","idProperty":"email","properties":{},"objectWriteTraceId":"a"},
                      {"id":"x@example.com","idProperty":"email","properties":{},"objectWriteTraceId":"b"}]}"#,
        INVALID,
        "Duplicate IDs",
    ),
    (UPSERT, r#"{"inputs":[{"id":"x","idProperty":"city","properties":{}}]}"#, INVALID, "not a unique identifier"),
    (UPSERT, r#"{"inputs":[{"id":"x","idProperty":"shoe_size","properties":{}}]}"#, INVALID, "not a unique identifier"),
    (
        CREATE,
        r#"{"inputs":[{"properties":{"email":"ADA@example.com"}}]}"#,
        CONFLICT,
        "Contact already exists. Existing ID: 50001",
    ),
    (
        CREATE,
        r#"{"inputs":[{"properties":{"email":"new@example.com"}},
                      {"properties":{"email":"NEW@example.com"}}]}"#,
        CONFLICT,
        "Contact already exists",
    ),
    (CONTACTS, r#"{"properties":{"email":"ada@example.com"}}"#, CONFLICT, "Existing ID: 50001"),
    (WIDGETS, r#"{"properties":{}}"#, MALFORMED, "Unable to infer object type from: widgets"),
    ("/crm/objects/2019-01/contacts", r#"{"properties":{}}"#, NOT_FOUND, "not found"),
    (
        SEARCH,
        r#"{"filterGroups":[{"filters":[{"propertyName":"shoe_size","operator":"EQ","value":"44"}]}]}"#,
        INVALID,
        "shoe_size",
    ),
    (SEARCH, r#"{"limit":201}"#, INVALID, "200"),
    (PROPERTIES, r#"{"name":"city","label":"X","type":"string","fieldType":"text","groupName":"g"}"#, EXISTS, "city"),
    (
        PROPERTIES,
        r#"{"name":"City2","label":"X","type":"string","fieldType":"text","groupName":"g"}"#,
        INVALID,
        "lower case",
    ),
    (
        PROPERTIES,
        r#"{"name":"city2","label":"X","type":"string","fieldType":"number","groupName":"g"}"#,
        INVALID,
        "fieldType",
    ),
];

/// Requests of other methods, of which PATCH sets a city; the paths follow that of the contacts.
const OTHERS: &[(&str, &str, Refusal, &str)] = &[
    ("PATCH", "objects/2026-03/contacts/7", NOT_FOUND, "resource not found"),
    ("PATCH", "objects/2026-03/contacts/ada", NOT_FOUND, "usually numeric"),
    ("GET", "objects/2026-03/contacts?limit=101", INVALID, "limit"),
    ("DELETE", "properties/2026-03/contacts/city", INVALID, "cannot be archived"),
    ("GET", "properties/2026-03/contacts/shoe_size", NOT_FOUND, "shoe_size"),
];

/// A batch whose first input is good and whose second has these properties.
pub(crate) fn with(properties: Value) -> Value {
    let input = |id: &str, properties: Value| json!({ "id": id, "idProperty": "email", "properties": properties });
    json!({ "inputs": [
        input("good@example.com", json!({ "city": "Ulm" })),
        input("bad@example.com", properties),
    ] })
}

/// Every rule there is.
pub(crate) fn all() -> Vec<Rule> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let post = |path: &str, body, refusal, says| Rule { method: "POST", path: path.to_owned(), body, refusal, says };
    let mut rules = Vec::new();
    for (properties, refusal, says) in VALUES {
        rules.push(post(UPSERT, with(parse(properties)), *refusal, says));
    }
    for (path, body, refusal, says) in BODIES {
        rules.push(post(path, parse(body), *refusal, says));
    }
    for (method, path, refusal, says) in OTHERS {
        let body = if *method == "PATCH" { json!({ "properties": { "city": "Ulm" } }) } else { Value::Null };
        rules.push(Rule { method, path: format!("/crm/{path}"), body, refusal: *refusal, says });
    }
    let input = |n| json!({ "properties": { "email": format!("n{n}@example.com") } });
    let many: Vec<Value> = (0..101).map(input).collect();
    rules.push(post(CREATE, json!({ "inputs": many }), INVALID, "maximum of 100"));
    let end = json!({ "id": "1" });
    let types = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279 }]);
    let many = vec![json!({ "from": end, "to": end, "types": types }); 2_001];
    rules.push(post(ASSOCIATE, json!({ "inputs": many }), INVALID, "maximum of 2000"));
    rules.push(post(UPSERT, with(json!({ "city": "x".repeat(65_537) })), INVALID, "65536"));
    rules
}
