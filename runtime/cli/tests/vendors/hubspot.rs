//! HubSpot.

use offtake_sim::Fault;
use offtake_sim::hubspot::{App, Limits, Options, Simulator};

use crate::people::Person;
use crate::project::Way;
use crate::story::{Story, answered};

#[tokio::test(flavor = "multi_thread")]
async fn hubspot_ends_as_the_source_is() {
    let app =
        App { client_id: "app".to_owned(), client_secret: "s3cr3t".to_owned(), refresh_token: "r3fresh".to_owned() };
    let limits = Limits { secondly: 19, ten_secondly: 190, daily: 650_000 };
    let simulator = Simulator::start(Options { app: Some(app), limits, ..Options::default() }).await.unwrap();
    let way = Way {
        connector: "hubspot",
        base_url: simulator.base_url(),
        config: "{ tier: professional }".to_owned(),
        credentials:
            "{ token: { oauth2: { flow: refresh_token, client_id: app, client_secret: { command: [echo, s3cr3t] }, \
                      refresh_token: { command: [echo, r3fresh] } } } }"
                .to_owned(),
        object: "contacts",
        key: "email",
        fields: vec![
            ("email", "email"),
            ("firstname", "name"),
            ("city", "note"),
            ("annualrevenue", "CAST(score AS VARCHAR)"),
            ("lifecyclestage", "CASE WHEN bad THEN 'platinum' ELSE 'lead' END"),
        ],
        batch: None,
    };
    let story = Story {
        simulator,
        way,
        expire_at: 27,
        renew: |_, _| {},
        throttle: Fault::reply(
            429,
            r#"{"status":"error","message":"You have reached your secondly limit.","errorType":"RATE_LIMIT",
                "policyName":"SECONDLY","category":"RATE_LIMITS","correlationId":"00000000-0000-4000-8000-000000000000"}"#,
        )
        .on("batch/upsert")
        .after(20),
        stored: |simulator| {
            let live = simulator.records("contacts").into_iter().filter(|record| !record.archived);
            let fields = |properties: &std::collections::BTreeMap<String, String>| {
                let get = |name: &str| properties.get(name).filter(|value| !value.is_empty()).cloned();
                Person::fields([
                    ("firstname", get("firstname")),
                    ("city", get("city")),
                    ("annualrevenue", get("annualrevenue")),
                    ("lifecyclestage", get("lifecyclestage")),
                ])
            };
            live.map(|record| (record.properties["email"].clone(), fields(&record.properties))).collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("firstname", Some(person.name.clone())),
                ("city", person.note.clone()),
                ("annualrevenue", Some(person.score_text())),
                ("lifecyclestage", Some("lead".to_owned())),
            ]);
            (person.email.clone(), fields)
        },
        least: |writes, removals| 1 + writes.div_ceil(100) + removals.div_ceil(100),
        faults: |_, journal| answered(journal, &[401, 429]),
    };
    story.tell().await;
}
