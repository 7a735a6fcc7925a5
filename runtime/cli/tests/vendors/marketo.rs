//! Marketo.

use offtake_sim::Fault;
use offtake_sim::marketo::{App, Options, Simulator};
use serde_json::Value;

use crate::people::Person;
use crate::project::Way;
use crate::story::{Story, THROTTLED};

#[tokio::test(flavor = "multi_thread")]
async fn marketo_ends_as_the_source_is() {
    let app = App { client_id: "app".to_owned(), client_secret: "s3cr3t".to_owned() };
    let simulator = Simulator::start(Options { app: Some(app), ..Options::default() }).await.unwrap();
    assert!(simulator.add_field("leads", "score", "string") && simulator.add_field("leads", "isActive", "boolean"));
    let way = Way {
        connector: "marketo",
        base_url: simulator.base_url(),
        config: "{}".to_owned(),
        credentials: "{ token: { oauth2: { flow: client_credentials, client_id: app, client_secret: { command: [echo, s3cr3t] } } } }"
            .to_owned(),
        object: "leads",
        key: "email",
        fields: vec![
            ("email", "CASE WHEN bad THEN concat('no address ', key) ELSE email END"),
            ("lastName", "name"),
            ("title", "note"),
            ("score", "CAST(score AS VARCHAR)"),
            ("isActive", "active"),
        ],
        batch: None,
    };
    let story = Story {
        simulator,
        way,
        expire_at: 10,
        renew: |_, _| {},
        throttle: Fault::reply(
            200,
            r#"{"requestId":"1#2","success":false,"errors":[{"code":"606","message":"Max rate limit '100' exceeded with in '20' secs"}]}"#,
        )
        .on("leads.json")
        .after(4),
        stored: |simulator| {
            let text = |value: Option<&Value>| match value {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(value) => Some(value.to_string()),
            };
            let live = simulator.records("leads").into_iter().filter(|lead| !lead.deleted);
            let leads = live.map(|lead| {
                let get = |name: &str| text(lead.values.get(name));
                let fields = Person::fields([
                    ("lastName", get("lastName")),
                    ("title", get("title")),
                    ("score", get("score")),
                    ("isActive", get("isActive")),
                ]);
                (get("email").unwrap(), fields)
            });
            leads.collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("lastName", Some(person.name.clone())),
                ("title", person.note.clone()),
                ("score", Some(person.score_text())),
                ("isActive", Some(person.active.to_string())),
            ]);
            (person.email.clone(), fields)
        },
        least: |writes, removals| 2 + writes.div_ceil(300) + removals.div_ceil(300),
        // Refusals come with status 200. Both kinds happen in the first sync alone.
        faults: |simulator, journal| {
            let is_first = journal.len() > 15;
            if is_first { THROTTLED as usize + usize::try_from(simulator.tokens_refused()).unwrap() } else { 0 }
        },
    };
    story.tell().await;
}
