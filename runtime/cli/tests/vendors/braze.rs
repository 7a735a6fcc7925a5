//! Braze.

use offtake_sim::Fault;
use offtake_sim::braze::{Options, Simulator};
use serde_json::Value;

use crate::people::Person;
use crate::project::Way;
use crate::story::{Story, answered};

const NEXT_KEY: &str = "braze-simulated-next";

#[tokio::test(flavor = "multi_thread")]
async fn braze_ends_as_the_source_is() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let way = Way {
        connector: "braze",
        base_url: simulator.base_url(),
        config: "{ track_cap: 50_combined, number_attributes: [score] }".to_owned(),
        credentials: "{ token: { file: key } }".to_owned(),
        object: "users",
        key: "external_id",
        fields: vec![
            ("external_id", "key"),
            ("full_name", "name"),
            ("note", "note"),
            ("score", "score"),
            ("is_active", "active"),
            ("email", "CASE WHEN bad THEN 'no address' ELSE email END"),
        ],
        batch: None,
    };
    let story = Story {
        simulator,
        way,
        expire_at: 60,
        // Keys of Braze do not expire: somebody puts another one in their place.
        renew: |simulator, folder| {
            std::fs::write(folder.join("key"), NEXT_KEY).unwrap();
            simulator.rotate_token(NEXT_KEY);
        },
        throttle: Fault::reply(429, r#"{"message":"Rate limit exceeded"}"#).on("users/track").after(45),
        stored: |simulator| {
            simulator.apply();
            let text = |value: &Value| match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                value => Some(value.to_string()),
            };
            let users = simulator.records("users").into_iter().map(|record| {
                let custom = record.values.get("custom_attributes").cloned().unwrap_or_default();
                let fields = Person::fields([
                    ("full_name", text(&custom["full_name"])),
                    ("note", text(&custom["note"])),
                    ("score", custom["score"].as_f64().map(|score| format!("{score:.2}"))),
                    ("is_active", text(&custom["is_active"])),
                    ("email", record.values.get("email").and_then(text)),
                ]);
                (record.id, fields)
            });
            users.collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("full_name", Some(person.name.clone())),
                ("note", person.note.clone()),
                ("score", Some(person.score_text())),
                ("is_active", Some(person.active.to_string())),
                ("email", Some(person.email.clone())),
            ]);
            (person.key(), fields)
        },
        least: |writes, removals| 1 + writes.div_ceil(50) + removals.div_ceil(50),
        faults: |_, journal| answered(journal, &[401, 429]),
    };
    story.tell().await;
}
