//! Does every value arrive as it is in the source, or not at all and with a reason?

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::ledger::{count, run_of, sums};
use crate::project::{Project, people};

/// A property of one's own.
pub(crate) fn property(project: &Project, name: &str, kind: &str) {
    let field = match kind {
        "datetime" => "date",
        "string" => "text",
        "bool" => "booleancheckbox",
        same => same,
    };
    let definition = json!({ "name": name, "label": name, "type": kind, "fieldType": field, "groupName": "own" });
    assert!(project.simulator.add_property("contacts", &definition), "{name}");
}

/// A project that reads this NDJSON by this SQL, and maps each column of `fields` to the property of its name.
pub(crate) async fn reading(ndjson: &str, sql: &str, fields: &[&str]) -> Project {
    let project = Project::new(&[]).await;
    project.write("people.ndjson", ndjson);
    project.edit("connections/lake.yml", "format: csv, path: people.csv", "format: ndjson, path: people.ndjson");
    project.write("models/people.sql", sql);
    map(&project, fields);
    project
}

pub(crate) fn map(project: &Project, fields: &[&str]) {
    let sync = std::fs::read_to_string(project.path("syncs/crm.yml")).unwrap();
    let (head, _) = sync.split_once("fields:\n").unwrap();
    let fields: String = fields.iter().map(|field| format!("  - {{ to: {field}, from: {field} }}\n")).collect();
    project.write("syncs/crm.yml", &format!("{head}fields:\n{fields}"));
}

/// Every value that was sent, by address and property.
pub(crate) fn sent(project: &Project) -> BTreeMap<String, BTreeMap<String, String>> {
    let writes = project.simulator.journal().into_iter().filter(|entry| entry.path.ends_with("batch/upsert"));
    let bodies: Vec<Value> = writes.filter_map(|entry| entry.body).collect();
    let inputs = bodies.iter().flat_map(|body| body["inputs"].as_array().unwrap());
    inputs
        .map(|input| {
            let properties = serde_json::from_value(input["properties"].clone()).unwrap();
            (input["id"].as_str().unwrap().to_owned(), properties)
        })
        .collect()
}

pub(crate) async fn ran(project: &Project) -> (i32, Value) {
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = run_of(&said);
    assert_eq!(sums(&run), None, "{said:?}");
    (said.code, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_rows_that_share_a_key_are_set_apart_and_their_record_stays_as_it_is() {
    let twice = |n: u32, name: &str| format!("person{n}@example.com,{name},{n}.50,lead");
    let cases: [(&str, Vec<String>, u64); 6] = [
        ("two alike", vec![twice(7, "Person 7"); 2], 2),
        ("two that differ", vec![twice(7, "One"), twice(7, "Two")], 2),
        ("a thousand alike", vec![twice(7, "Person 7"); 1_000], 1_000),
        ("a thousand that differ", (0..1_000).map(|n| twice(7, &format!("{n}"))).collect(), 1_000),
        ("one that was delivered, as it was", vec![twice(3, "Person 3")], 2),
        ("one that was delivered, with another value", vec![twice(3, "Another")], 2),
    ];
    for (name, more, invalid) in cases {
        let project = Project::new(&people(0..5)).await;
        project.run().await;
        let before = project.contacts();
        project.rows(&[people(0..5), more.clone()].concat());
        let (code, run) = ran(&project).await;
        assert_eq!((code, count(&run, "invalid"), count(&run, "removed")), (0, invalid, 0), "{name}: {run}");
        assert_eq!((project.contacts(), count(&run, "delivered")), (before, 0), "{name}");
        project.rows(&people(0..8));
        assert_eq!(count(&project.run().await, "delivered"), 3, "{name}");
        assert_eq!(project.contacts()["person7@example.com"]["firstname"], "Person 7", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_a_table_in_which_every_row_is_there_twice_sends_and_removes_nothing() {
    let project = Project::new(&people(0..500)).await;
    project.run().await;
    let before = project.writes().len();
    project.rows(&[people(0..500), people(0..500)].concat());
    let (_, run) = ran(&project).await;
    assert_eq!((count(&run, "invalid"), count(&run, "removed"), project.writes().len()), (1_000, 0, before), "{run}");
    assert_eq!(project.contacts().len(), 500);
    project.rows(&people(0..500));
    assert_eq!(count(&project.run().await, "unchanged"), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_rows_without_a_usable_key_are_set_apart_and_the_others_arrive() {
    let endless = format!("{}@example.com", "k".repeat(1_000_000));
    let keys = [json!(null), json!(""), json!(" \t"), json!("\u{a0}"), json!(endless), json!("good@example.com")];
    let mut lines: String = keys.iter().map(|key| format!("{}\n", json!({ "email": key, "firstname": "F" }))).collect();
    lines.push_str("{\"firstname\":\"no key at all\"}\n");
    let project = reading(&lines, "SELECT email, firstname FROM people", &["email", "firstname"]).await;
    let (code, run) = ran(&project).await;
    assert_eq!((code, run["status"].as_str()), (0, Some("completed_with_rejects")), "{run}");
    assert_eq!((count(&run, "invalid"), count(&run, "rejected"), count(&run, "delivered")), (5, 1, 1), "{run}");
    assert_eq!(project.contacts().into_keys().collect::<Vec<_>>(), ["good@example.com"]);
    let listed = project.offtake(&["rejects", "--output", "json"]).await;
    for word in ["OFT-R010", "OFT-R001", "longer than 65536 characters"] {
        assert!(listed.stdout.contains(word), "{word}: {:.3000}", listed.stdout);
    }
    assert!(listed.stdout.len() < 50_000, "rejects keep a part of a key: {}", listed.stdout.len());
    let again = project.run().await;
    assert_eq!((count(&again, "unchanged"), count(&again, "rejected")), (1, 1), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_a_key_that_is_no_number_names_no_record() {
    let project = reading(
        "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n",
        "SELECT CASE n WHEN 1 THEN CAST('NaN' AS DOUBLE) WHEN 2 THEN CAST(NULL AS DOUBLE) ELSE 7.0 END AS ext FROM people",
        &["ext"],
    )
    .await;
    let own = json!({ "name": "ext", "label": "e", "type": "number", "fieldType": "number", "groupName": "own", "hasUniqueValue": true });
    assert!(project.simulator.add_property("contacts", &own));
    project.edit("syncs/crm.yml", "match: [email]", "match: [ext]");
    let (code, run) = ran(&project).await;
    assert_eq!((code, count(&run, "invalid"), count(&run, "delivered")), (0, 2, 1), "{run}");
    let stored = project.simulator.records("contacts");
    assert_eq!(stored.iter().map(|record| record.properties["ext"].as_str()).collect::<Vec<_>>(), ["7.0"]);
}

/// An expression, the type of the property that it goes to, and the text that has to arrive.
static VALUES: [(&str, &str, &str); 34] = [
    ("0", "number", "0"),
    ("CAST(9007199254740991 AS BIGINT)", "number", "9007199254740991"),
    ("CAST(9007199254740992 AS BIGINT)", "number", "9007199254740992"),
    ("CAST(9007199254740993 AS BIGINT)", "number", "9007199254740993"),
    ("CAST(-9007199254740993 AS BIGINT)", "number", "-9007199254740993"),
    ("CAST('-9223372036854775808' AS BIGINT)", "number", "-9223372036854775808"),
    ("CAST('18446744073709551615' AS BIGINT UNSIGNED)", "number", "18446744073709551615"),
    ("CAST(255 AS TINYINT UNSIGNED)", "number", "255"),
    ("CAST('0.1' AS DOUBLE) + CAST('0.2' AS DOUBLE)", "number", "0.30000000000000004"),
    ("CAST('1e308' AS DOUBLE)", "number", "1e+308"),
    ("CAST('1.7976931348623157e308' AS DOUBLE)", "number", "1.7976931348623157e+308"),
    ("CAST('5e-324' AS DOUBLE)", "number", "5e-324"),
    ("CAST('2.2250738585072011e-308' AS DOUBLE)", "number", "2.225073858507201e-308"),
    ("CAST('1.10' AS DECIMAL(38, 10))", "number", "1.1000000000"),
    ("CAST('1.1' AS DECIMAL(5, 1))", "number", "1.1"),
    ("CAST('-0.0000000001' AS DECIMAL(38, 10))", "number", "-0.0000000001"),
    (
        "CAST('1234567890123456789012345678.0123456789' AS DECIMAL(38, 10))",
        "number",
        "1234567890123456789012345678.0123456789",
    ),
    (
        "CAST('99999999999999999999999999999999999999.5' AS DECIMAL(60, 1))",
        "number",
        "99999999999999999999999999999999999999.5",
    ),
    ("CAST('NaN' AS DOUBLE)", "string", "NaN"),
    ("CAST('-inf' AS DOUBLE)", "string", "-Infinity"),
    ("true", "string", "true"),
    ("TIMESTAMP '2026-11-22T13:45:00'", "datetime", "2026-11-22T13:45:00Z"),
    ("TIMESTAMP '2026-11-22T13:45:00.5'", "datetime", "2026-11-22T13:45:00.5Z"),
    (
        "arrow_cast('2026-11-22T13:45:00.123456789', 'Timestamp(Nanosecond, None)')",
        "datetime",
        "2026-11-22T13:45:00.123Z",
    ),
    (
        "arrow_cast('1969-12-31T23:59:59.999999', 'Timestamp(Microsecond, None)')",
        "datetime",
        "1969-12-31T23:59:59.999Z",
    ),
    ("arrow_cast(1, 'Timestamp(Second, None)')", "datetime", "1970-01-01T00:00:01Z"),
    ("arrow_cast(-1, 'Timestamp(Millisecond, None)')", "datetime", "1969-12-31T23:59:59.999Z"),
    (
        "arrow_cast(arrow_cast(-62135596800, 'Timestamp(Second, None)'), 'Timestamp(Millisecond, None)')",
        "datetime",
        "0001-01-01T00:00:00Z",
    ),
    ("arrow_cast(253402128000, 'Timestamp(Second, None)')", "datetime", "9999-12-30T00:00:00Z"),
    (
        "arrow_cast('2026-10-25T02:30:00+02:00', 'Timestamp(Microsecond, Some(\"Europe/Berlin\"))')",
        "datetime",
        "2026-10-25T00:30:00Z",
    ),
    (
        "arrow_cast('2026-10-25T02:30:00+01:00', 'Timestamp(Microsecond, Some(\"Europe/Berlin\"))')",
        "datetime",
        "2026-10-25T01:30:00Z",
    ),
    ("DATE '2024-02-29'", "date", "2024-02-29"),
    ("DATE '1969-12-31'", "date", "1969-12-31"),
    ("DATE '2026-11-22'", "datetime", "2026-11-22"),
];

#[tokio::test(flavor = "multi_thread")]
async fn v3_v4_v5_numbers_decimals_and_times_arrive_digit_for_digit() {
    let mut sql = "SELECT email".to_owned();
    let mut fields = vec!["email".to_owned()];
    for (index, (expression, _, _)) in VALUES.iter().enumerate() {
        write!(sql, ",\n {expression} AS p{index}").unwrap();
        fields.push(format!("p{index}"));
    }
    sql.push_str("\nFROM people");
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    let project = reading("{\"email\":\"a@example.com\"}\n", &sql, &names).await;
    for (index, (_, kind, _)) in VALUES.iter().enumerate() {
        property(&project, &format!("p{index}"), kind);
    }
    let (code, run) = ran(&project).await;
    let rejects = project.offtake(&["rejects", "--output", "json"]).await;
    assert_eq!((code, count(&run, "delivered")), (0, 1), "{run} {rejects:?}");
    let sent = sent(&project).remove("a@example.com").unwrap();
    let wrong: Vec<_> = VALUES
        .iter()
        .enumerate()
        .map(|(index, (expression, _, expected))| (expression, *expected, sent[&format!("p{index}")].as_str()))
        .filter(|(_, expected, found)| expected != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(count(&project.run().await, "unchanged"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn v3_doubles_arrive_bit_for_bit() {
    const SEED: u64 = 0x0ff7_a4e0;
    let mut state = SEED;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 29)
    };
    let doubles: Vec<f64> = (0..2_000).map(|_| f64::from_bits(next())).filter(|double| double.is_finite()).collect();
    let lines: String = doubles
        .iter()
        .enumerate()
        .map(|(n, double)| format!("{{\"email\":\"p{n}@example.com\",\"v\":\"{double:e}\"}}\n"))
        .collect();
    let project = reading(&lines, "SELECT email, CAST(v AS DOUBLE) AS amount FROM people", &["email", "amount"]).await;
    property(&project, "amount", "number");
    let (code, run) = ran(&project).await;
    assert_eq!((code, count(&run, "delivered")), (0, doubles.len() as u64), "{run}");
    let sent = sent(&project);
    for (n, double) in doubles.iter().enumerate() {
        let text = &sent[&format!("p{n}@example.com")]["amount"];
        assert_eq!(
            text.parse::<f64>().unwrap().to_bits(),
            double.to_bits(),
            "seed {SEED}: {double:e} arrives as {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v3_v5_values_that_a_field_cannot_hold_reject_their_row_alone() {
    let cases = [
        ("nan", "CAST('NaN' AS DOUBLE)", "amount", "NaN was not a valid number"),
        ("infinity", "CAST('inf' AS DOUBLE)", "amount", "Infinity was not a valid number"),
        ("late", "arrow_cast(9223372036854775, 'Timestamp(Second, None)')", "moment", "outside the years"),
    ];
    for (name, expression, field, words) in cases {
        let sql =
            format!("SELECT email, CASE email WHEN 'bad@example.com' THEN {expression} END AS {field} FROM people");
        let lines = "{\"email\":\"bad@example.com\"}\n{\"email\":\"good@example.com\"}\n";
        let project = reading(lines, &sql, &["email", field]).await;
        property(&project, "amount", "number");
        property(&project, "moment", "datetime");
        let (code, run) = ran(&project).await;
        assert_eq!((code, count(&run, "delivered"), count(&run, "rejected")), (0, 1, 1), "{name}: {run}");
        assert_eq!(project.contacts().into_keys().collect::<Vec<_>>(), ["good@example.com"], "{name}");
        let listed = project.offtake(&["rejects", "--output", "json"]).await;
        assert!(listed.stdout.contains(words), "{name}: {listed:?}");
    }
}
