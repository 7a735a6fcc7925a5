//! Any JSON API, by configuration alone.

use offtake_sim::Fault;
use offtake_sim::webhook::{Options, Simulator};
use serde_json::Value;

use crate::people::Person;
use crate::project::Way;
use crate::story::{Story, answered};

const NEXT_TOKEN: &str = "webhook-simulated-next";
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const CONFIG: &str = "\
{ auth: key, rate: { requests: 600, seconds: 60 }, answer: { message: /error/message, code: /error/code, field: /error/field, id: /id }, \
objects: { people: { match: [email], operations: { \
upsert: { path: /v1/people/batch, body: array, wrap: people, rows: 500, answer: { rows: { results: /results, done_if: { at: /ok }, \
code: /error/code, message: /error/message, field: /error/field, id: /id } } }, \
delete: { method: DELETE, path: \"/v1/people/{email}\", body: none, answer: { success: [\"404\"] } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_json_api_ends_as_the_source_is() {
    let options = Options { secret: Some(SIGNING.parse().unwrap()), ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let way = Way {
        connector: "webhook",
        base_url: simulator.base_url(),
        config: CONFIG.to_owned(),
        credentials: format!(
            "{{ key: {{ file: key, header: X-Acme-Token }}, signing: {{ command: [echo, {SIGNING}] }} }}"
        ),
        object: "people",
        key: "email",
        fields: vec![
            ("email", "email"),
            ("name", "name"),
            ("note", "note"),
            ("score", "score"),
            ("active", "active"),
            ("plan", "CASE WHEN bad THEN 'gold' ELSE 'free' END"),
        ],
        batch: None,
    };
    let story = Story {
        simulator,
        way,
        expire_at: 5,
        renew: |simulator, folder| {
            std::fs::write(folder.join("key"), NEXT_TOKEN).unwrap();
            simulator.rotate_token(NEXT_TOKEN);
        },
        throttle: Fault::reply(429, r#"{"error":{"code":"too_many","message":"slow down"}}"#)
            .with_header("retry-after", "1")
            .on("people/batch")
            .after(3),
        stored: |simulator| {
            let text = |value: Option<&Value>| match value {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(value) => Some(value.to_string()),
            };
            let people = simulator.records("people").into_iter().map(|record| {
                let get = |name: &str| text(record.values.get(name));
                let names = ["name", "note", "score", "active", "plan"];
                (get("email").unwrap(), Person::fields(names.map(|name| (name, get(name)))))
            });
            people.collect()
        },
        expected: |person| {
            let fields = Person::fields([
                ("name", Some(person.name.clone())),
                ("note", person.note.clone()),
                ("score", Some(person.score_text())),
                ("active", Some(person.active.to_string())),
                ("plan", Some("free".to_owned())),
            ]);
            (person.email.clone(), fields)
        },
        // Nothing is discovered by requests; people are removed one by one.
        least: |writes, removals| writes.div_ceil(500) + removals,
        faults: |_, journal| answered(journal, &[401, 429]),
    };
    story.tell().await;
}
