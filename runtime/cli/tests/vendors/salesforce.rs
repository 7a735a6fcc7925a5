//! Salesforce, by Bulk API 2.0 and by sObject Collections whose rows have parents in common.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use offtake_sim::Fault;
use offtake_sim::salesforce::{App, Limits, Options, Simulator};
use serde_json::{Value, json};

use crate::people::{Fields, Person};
use crate::project::Way;
use crate::story::{Story, answered};

const TOKEN: &str = "salesforce-simulated";
const THROTTLED: &str =
    r#"[{"message":"ConcurrentPerOrgLongTxn Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;

/// Accounts that are there before.
const TEAMS: usize = 40;
/// Of contacts, and of everything that they refer to.
const DESCRIBES: usize = 2;

async fn org() -> Simulator {
    let app = App {
        client_id: "app".to_owned(),
        client_secret: "s3cr3t".to_owned(),
        refresh_token: "r3fresh".to_owned(),
        username: "ada@example.com".to_owned(),
    };
    let limits = Limits { daily: 100_000, ..Limits::default() };
    let simulator = Simulator::start(Options { app: Some(app), limits, ..Options::default() }).await.unwrap();
    assert!(simulator.add_field("Contact", "Ext__c", "string", true));
    assert!(simulator.add_field("Contact", "Score__c", "double", false));
    assert!(simulator.add_field("Account", "Ext__c", "string", true));
    simulator
}

fn way(simulator: &Simulator) -> Way {
    Way {
        connector: "salesforce",
        base_url: simulator.base_url(),
        config: "{}".to_owned(),
        credentials: "{ token: { oauth2: { flow: client_credentials, client_id: app, client_secret: { command: [echo, s3cr3t] } } } }"
            .to_owned(),
        object: "Contact",
        key: "Ext__c",
        fields: vec![
            ("Ext__c", "key"),
            ("LastName", "name"),
            ("Description", "note"),
            ("Score__c", "score"),
            ("Email", "CASE WHEN bad THEN 'no address' ELSE email END"),
        ],
        batch: None,
    }
}

fn story(simulator: Simulator, way: Way) -> Story<offtake_sim::salesforce::Salesforce> {
    Story {
        simulator,
        way,
        expire_at: 0,
        renew: |_, _| {},
        throttle: Fault::reply(403, THROTTLED),
        stored: |simulator| {
            let live = simulator.records("Contact").into_iter().filter(|record| !record.deleted);
            live.map(|record| (record.values["Ext__c"].as_str().unwrap().to_owned(), fields(&record.values))).collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("LastName", Some(person.name.clone())),
                ("Description", person.note.clone()),
                ("Score__c", Some(person.score_text())),
                ("Email", Some(person.email.clone())),
            ]);
            (person.key(), fields)
        },
        least: |_, _| 0,
        faults: |_, journal| answered(journal, &[401, 403]),
    }
}

/// What was written, without what the org adds; numbers with two decimals, as the column has them.
fn fields(values: &BTreeMap<String, Value>) -> Fields {
    let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = values.get("Score__c").and_then(|value| match value {
        Value::String(text) => text.parse::<f64>().ok(),
        value => value.as_f64(),
    });
    Person::fields([
        ("LastName", text("LastName")),
        ("Description", text("Description")),
        ("Score__c", number.map(|number| format!("{number:.2}"))),
        ("Email", text("Email")),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforce_ends_as_the_source_is_by_bulk_jobs() {
    let simulator = org().await;
    let way = way(&simulator);
    let story = Story {
        // The job is made, and its data is on the way.
        expire_at: 6,
        throttle: Fault::reply(403, THROTTLED).on("jobs/ingest").after(1),
        // Making, filling, closing, asking, three result files and cleaning up; or Collections calls.
        least: |writes, removals| {
            let writing = if writes > 2_000 { 8 } else { writes.div_ceil(200) };
            DESCRIBES + writing + removals.div_ceil(200)
        },
        ..story(simulator, way)
    };
    story.tell().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn salesforce_ends_as_the_source_is_by_calls_whose_parents_lock() {
    let simulator = org().await;
    let base = simulator.base_url();
    tokio::task::spawn_blocking(move || {
        for team in 0..TEAMS {
            create_account(&base, &json!({"Name": format!("Team {team}"), "Ext__c": format!("T-{team}")}));
        }
    })
    .await
    .unwrap();
    simulator.take_journal();
    let mut way = way(&simulator);
    way.batch = Some(2_000);
    way.fields.push(("Account.Ext__c", "team"));
    let story = Story {
        expire_at: TEAMS + 14,
        throttle: Fault::reply(403, THROTTLED).on("composite/sobjects").after(12),
        // Of a batch of 2,000 rows each call has 200.
        least: |writes, removals| DESCRIBES + writes.div_ceil(200) + removals.div_ceil(200),
        ..story(simulator, way)
    };
    story.tell().await;
}

/// As an administrator has them before anybody syncs contacts.
fn create_account(base: &str, account: &Value) {
    let address = base.strip_prefix("http://").unwrap();
    let body = account.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /services/data/v68.0/sobjects/Account HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}
