//! Requests that bring the simulator into every class of reply.
//!
//! `{contact}`, `{company}`, `{custom}` and `{type}` stand for what the portal under test holds.

use serde_json::{Value, json};

/// A method, a path, and a body, which is empty when there is none.
pub(crate) type Case = (&'static str, &'static str, &'static str);

/// Requests with the same properties as recorded ones, so that the replies can be held against these.
pub(crate) const RECORDED: &[Case] = &[
    (
        "POST",
        "/crm/v3/objects/CONTACT/batch/create",
        r#"{"inputs":[{"properties":{"email":"a@example.com","firstname":"A"}}]}"#,
    ),
    (
        "POST",
        "/crm/objects/2026-03/contacts/batch/create",
        r#"{"inputs":[{"properties":{"email":"b@example.com","firstname":"B","lastname":"B"}},
                      {"properties":{"email":"c@example.com","firstname":"C","lastname":"C"}}]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/CONTACT/batch/update",
        r#"{"inputs":[{"id":"{contact}","properties":
            {"email":"seed@example.com","firstname":"J","lastname":"","number_field":""}}]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/search",
        r#"{"filterGroups":[{"filters":
            [{"propertyName":"email","operator":"EQ","value":"seed@example.com"}]}],"limit":100,"properties":
            ["firstname","lastname","text_field","number_field","date_field","unknown","email"]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/contacts/search",
        r#"{"filterGroups":[{"filters":
            [{"propertyName":"email","operator":"EQ","value":"nobody@example.com"}]}],"limit":100}"#,
    ),
    ("POST", "/crm/objects/2026-09/contacts/batch/archive", r#"{"inputs":[{"id":"{contact}"}]}"#),
    (
        "POST",
        "/crm/v3/objects/COMPANY/batch/create",
        r#"{"inputs":[{"properties":{"domain":"example.com","name":"Pete"}}]}"#,
    ),
    (
        "POST",
        "/crm/objects/2026-03/companies/batch/update",
        r#"{"inputs":[{"id":"{company}","properties":
            {"domain":"example.org","name":"John","website":"","facebookfans":""}}]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/COMPANY/search",
        r#"{"filterGroups":[{"filters":[{"propertyName":"domain","operator":"EQ","value":"example.com"}]}],
            "properties":["domain"],"limit":100}"#,
    ),
    ("POST", "/crm/v3/objects/COMPANY/batch/archive", r#"{"inputs":[{"id":"{company}"}]}"#),
    (
        "POST",
        "/crm/v3/objects/{type}/batch/create",
        r#"{"inputs":[{"properties":{"grouparoo_object_property":"k2","first_name":"John"}}]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/{type}/batch/update",
        r#"{"inputs":[{"id":"{custom}","properties":{"grouparoo_object_property":"k1","first_name":"J",
            "last_name":"D","number_field":"3039"}}]}"#,
    ),
    (
        "POST",
        "/crm/v3/objects/{type}/search",
        r#"{"filterGroups":[{"filters":
            [{"propertyName":"grouparoo_object_property","operator":"EQ","value":"k1"}]}],"limit":100,"properties":
            ["first_name","last_name","text_field","number_field","grouparoo_object_property"]}"#,
    ),
    ("POST", "/crm/v3/objects/{type}/batch/archive", r#"{"inputs":[{"id":"{custom}"}]}"#),
    ("GET", "/crm/v3/schemas/CONTACT", ""),
    ("GET", "/crm/v3/schemas/{type}", ""),
    ("GET", "/integrations/v1/me", ""),
];

const CREATE: &str = "/crm/v3/objects/contacts/batch/create";
const UPDATE: &str = "/crm/v3/objects/contacts/batch/update";
const UPSERT: &str = "/crm/v3/objects/contacts/batch/upsert";
const READ: &str = "/crm/v3/objects/contacts/batch/read";
const ARCHIVE: &str = "/crm/v3/objects/contacts/batch/archive";

/// Batches into the classes that rest on documentation.
pub(crate) const BATCHES: &[Case] = &[
    ("POST", CREATE, r#"{"inputs":[{"properties":{"shoe_size":"44"},"objectWriteTraceId":"r-1"}]}"#),
    ("POST", CREATE, r#"{"inputs":[{"properties":{"shoe_size":"44"}}]}"#),
    ("POST", CREATE, r#"{"inputs":[{"properties":{"city":null}}]}"#),
    ("POST", CREATE, r#"{"inputs":[{"properties":{"email":"other@example.com"}}]}"#),
    ("POST", UPDATE, r#"{"inputs":[{"id":"7","properties":{}}]}"#),
    ("POST", UPDATE, r#"{"inputs":[{"id":"{contact}","properties":{"shoe_size":"44"}}]}"#),
    ("POST", UPDATE, r#"{"inputs":[{"id":"{contact}","properties":{"email":"other@example.com"}}]}"#),
    (
        "POST",
        UPSERT,
        r#"{"inputs":[{"id":"new@example.com","idProperty":"email","properties":{"city":"Ulm"}},
                      {"id":"seed@example.com","idProperty":"email","properties":{"city":"Ulm"}}]}"#,
    ),
    (
        "POST",
        UPSERT,
        r#"{"inputs":[{"id":"new@example.com","idProperty":"email","properties":{"shoe_size":"44"},
            "objectWriteTraceId":"r-1"}]}"#,
    ),
    ("POST", UPSERT, r#"{"inputs":[{"id":"new@example.com","idProperty":"email","properties":{"shoe_size":"44"}}]}"#),
    ("POST", UPSERT, r#"{"inputs":[{"id":"new@example.com","idProperty":"email","properties":{"city":1}}]}"#),
    ("POST", READ, r#"{"inputs":[{"id":"{contact}"}]}"#),
    ("POST", READ, r#"{"inputs":[{"id":"{contact}"},{"id":"7"}],"properties":["email"]}"#),
    ("POST", READ, r#"{"idProperty":"city","inputs":[]}"#),
    ("POST", ARCHIVE, "{}"),
];

const CONTACTS: &str = "/crm/objects/2026-03/contacts";
const CONTACT: &str = "/crm/objects/2026-03/contacts/{contact}";
const NO_CONTACT: &str = "/crm/objects/2026-03/contacts/7";
const PROPERTIES: &str = "/crm/properties/2026-03/contacts";
const SCHEMAS: &str = "/crm-object-schemas/2026-03/schemas";

/// Other requests into the classes that rest on documentation.
pub(crate) const SINGLES: &[Case] = &[
    ("GET", "/crm/objects/2026-03/contacts?limit=1", ""),
    ("GET", "/crm/objects/2026-03/contacts?limit=0", ""),
    ("GET", "/crm/objects/2026-03/widgets", ""),
    ("GET", CONTACT, ""),
    ("GET", NO_CONTACT, ""),
    ("PATCH", CONTACT, r#"{"properties":{"city":"Ulm"}}"#),
    ("PATCH", CONTACT, r#"{"properties":{"shoe_size":"44"}}"#),
    ("PATCH", NO_CONTACT, r#"{"properties":{"city":"Ulm"}}"#),
    ("DELETE", CONTACT, ""),
    ("POST", CONTACTS, r#"{"properties":{"city":"Ulm"}}"#),
    ("POST", CONTACTS, r#"{"properties":{"shoe_size":"44"}}"#),
    ("POST", CONTACTS, r#"{"properties":{"city":null}}"#),
    ("POST", CONTACTS, r#"{"properties":{"email":"other@example.com"}}"#),
    ("POST", "/crm/objects/2026-03/contacts/search", r#"{"limit":201}"#),
    ("GET", PROPERTIES, ""),
    ("GET", "/crm/properties/2026-03/contacts/email", ""),
    ("GET", "/crm/properties/2026-03/contacts/shoe_size", ""),
    ("POST", PROPERTIES, r#"{"name":"score","label":"S","type":"number","fieldType":"number","groupName":"g"}"#),
    ("POST", PROPERTIES, r#"{"name":"Score","label":"S","type":"number","fieldType":"number","groupName":"g"}"#),
    ("POST", PROPERTIES, r#"{"name":"number_field","label":"S","type":"number","fieldType":"number","groupName":"g"}"#),
    ("DELETE", "/crm/properties/2026-03/contacts/number_field", ""),
    ("DELETE", "/crm/properties/2026-03/contacts/email", ""),
    ("DELETE", "/crm/properties/2026-03/contacts/shoe_size", ""),
    ("GET", SCHEMAS, ""),
    ("POST", SCHEMAS, r#"{"name":"another","labels":{"singular":"A","plural":"As"}}"#),
    ("POST", SCHEMAS, r#"{"name":"grouparoo_object","labels":{"singular":"A","plural":"As"}}"#),
    ("POST", SCHEMAS, r#"{"name":"odd","labels":{"singular":"O","plural":"Os"},"requiredProperties":["gone"]}"#),
    ("GET", "/account-info/2026-03/details", ""),
    ("GET", "/unknown", ""),
];

const LABELS: &str = "/crm/associations/2026-03/contacts/companies/labels";
const ASSOCIATE: &str = "/crm/associations/2026-03/contacts/companies/batch/create";
const DEFAULT: &str = "/crm/v4/associations/contacts/companies/batch/associate/default";
const PART: &str = "/crm/associations/2026-03/contacts/companies/batch/archive";
const UNLABEL: &str = "/crm/associations/2026-03/contacts/companies/batch/labels/archive";
const LISTS: &str = "/crm/lists/2026-03";
const MEMBERS: &str = "/crm/lists/2026-03/12/memberships/add";

/// Requests about what belongs together: associations and lists.
pub(crate) const TOGETHER: &[Case] = &[
    ("GET", LABELS, ""),
    ("POST", LABELS, r#"{"label":"Advisor","name":"advisor"}"#),
    ("POST", LABELS, r#"{"name":"advisor"}"#),
    (
        "POST",
        ASSOCIATE,
        r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"{company}"},
            "types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}]}"#,
    ),
    (
        "POST",
        ASSOCIATE,
        r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"7"},
            "types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}]}"#,
    ),
    (
        "POST",
        ASSOCIATE,
        r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"{company}"},
            "types":[{"associationCategory":"USER_DEFINED","associationTypeId":999}]}]}"#,
    ),
    ("POST", ASSOCIATE, r#"{"inputs":[{"from":{"id":"{contact}"}}]}"#),
    ("POST", DEFAULT, r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"{company}"}}]}"#),
    ("POST", DEFAULT, r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"7"}}]}"#),
    ("POST", PART, r#"{"inputs":[{"from":{"id":"{contact}"},"to":[{"id":"{company}"}]}]}"#),
    ("POST", PART, r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"{company}"}}]}"#),
    (
        "POST",
        UNLABEL,
        r#"{"inputs":[{"from":{"id":"{contact}"},"to":{"id":"{company}"},
            "types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}]}"#,
    ),
    ("POST", LISTS, r#"{"name":"Friends","objectTypeId":"0-1","processingType":"MANUAL"}"#),
    ("POST", LISTS, r#"{"name":"Newsletter","objectTypeId":"0-1","processingType":"MANUAL"}"#),
    ("POST", "/crm/lists/2026-03/search", r#"{"processingTypes":["MANUAL"],"count":500}"#),
    ("PUT", MEMBERS, r#"["{contact}","7"]"#),
    ("PUT", MEMBERS, r#"{"ids":["{contact}"]}"#),
    ("PUT", "/crm/lists/2026-03/99/memberships/add", r#"["{contact}"]"#),
    ("PUT", "/crm/lists/2026-03/13/memberships/add", r#"["{contact}"]"#),
    ("PUT", "/crm/v3/lists/12/memberships/remove", r#"["{contact}"]"#),
];

/// Requests that are too large to be written down.
pub(crate) fn large() -> Vec<(&'static str, &'static str, String)> {
    let inputs: Vec<Value> = (0..101).map(|id| json!({ "id": id.to_string() })).collect();
    let long = json!({ "properties": { "city": "x".repeat(200_000) } });
    vec![("POST", ARCHIVE, json!({ "inputs": inputs }).to_string()), ("POST", CONTACTS, long.to_string())]
}

/// The custom object of the recorded portal.
pub(crate) fn custom_object() -> Value {
    let property =
        |name: &str, kind: &str, field: &str| json!({ "name": name, "label": name, "type": kind, "fieldType": field });
    json!({
        "name": "grouparoo_object",
        "labels": { "singular": "Grouparoo object", "plural": "Grouparoo objects" },
        "primaryDisplayProperty": "grouparoo_object_property",
        "requiredProperties": ["grouparoo_object_property"],
        "searchableProperties": ["grouparoo_object_property"],
        "properties": [
            property("grouparoo_object_property", "string", "text"),
            property("first_name", "string", "text"),
            property("last_name", "string", "text"),
            property("text_field", "string", "text"),
            property("number_field", "number", "number"),
        ],
    })
}
