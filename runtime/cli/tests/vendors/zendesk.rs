//! Zendesk.

use offtake_sim::Fault;
use offtake_sim::zendesk::{App, Limits, Options, Simulator};
use serde_json::Value;

use crate::people::Person;
use crate::project::Way;
use crate::story::{Story, answered};

#[tokio::test(flavor = "multi_thread")]
async fn zendesk_ends_as_the_source_is() {
    let app =
        App { client_id: "app".to_owned(), client_secret: "s3cr3t".to_owned(), refresh_token: "r3fresh".to_owned() };
    let limits = Limits { minutely: 2_500, ..Limits::default() };
    let simulator = Simulator::start(Options { app: Some(app), limits, ..Options::default() }).await.unwrap();
    assert!(simulator.add_field("users", "score", "decimal", &[]));
    let way = Way {
        connector: "zendesk",
        base_url: simulator.base_url(),
        config: "{ plan: enterprise_plus }".to_owned(),
        credentials:
            "{ token: { oauth2: { flow: refresh_token, client_id: app, client_secret: { command: [echo, s3cr3t] }, \
                      refresh_token: { command: [echo, r3fresh] } } } }"
                .to_owned(),
        object: "users",
        key: "external_id",
        fields: vec![
            ("external_id", "key"),
            ("name", "name"),
            ("notes", "note"),
            ("user_fields.score", "score"),
            ("email", "CASE WHEN bad THEN 'no address' ELSE email END"),
        ],
        batch: None,
    };
    let story = Story {
        simulator,
        way,
        expire_at: 50,
        renew: |_, _| {},
        throttle: Fault::reply(429, "Number of allowed API requests per minute exceeded")
            .with_header("retry-after", "1")
            .with_header("content-type", "text/plain")
            .on("create_or_update_many")
            .after(25),
        stored: |simulator| {
            let live = simulator.records("users").into_iter().filter(|record| record.active);
            let ours = live.filter(|record| record.values["external_id"].is_string());
            let text = |value: &Value| match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                value => Some(value.to_string()),
            };
            let pairs = ours.map(|record| {
                let score = text(&record.values["user_fields"]["score"]);
                let fields = Person::fields([
                    ("name", text(&record.values["name"])),
                    ("notes", text(&record.values["notes"]).filter(|notes| !notes.is_empty())),
                    ("score", score.and_then(|score| Some(format!("{:.2}", score.parse::<f64>().ok()?)))),
                    ("email", text(&record.values["email"])),
                ]);
                (record.values["external_id"].as_str().unwrap().to_owned(), fields)
            });
            pairs.collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("name", Some(person.name.clone())),
                ("notes", person.note.clone()),
                ("score", Some(person.score_text())),
                ("email", Some(person.email.clone())),
            ]);
            (person.key(), fields)
        },
        // The fields; each job is handed over and asked for once.
        least: |writes, removals| 1 + 2 * writes.div_ceil(100) + 2 * removals.div_ceil(100),
        faults: |_, journal| answered(journal, &[401, 429]),
    };
    story.tell().await;
}
