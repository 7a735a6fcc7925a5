//! What jobs do, and what they say of each record.

use serde_json::{Map, Value, json};

use super::custom::Action;
use super::desk::Desk;
use super::details::Details;
use super::kind::Kind;

type Given = Map<String, Value>;

/// Work for a job.
pub(super) enum Work {
    Create(Kind, Vec<Given>),
    Update(Kind, Vec<Given>),
    Upsert(Kind, Vec<Given>),
    /// By ids, or by external ids.
    Delete(Kind, Vec<String>, By),
    Custom(String, Action, Vec<Value>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Id,
    ExternalId,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) results: Vec<Value>,
    pub(super) good: usize,
}

impl Outcome {
    pub(super) fn good(&mut self, result: Value) {
        self.good += 1;
        self.results.push(result);
    }

    /// A failed record: its place, a code, and the words of its details.
    pub(super) fn bad(&mut self, index: usize, error: &str, details: &str, id: Option<u64>) {
        let mut result = json!({ "index": index, "error": error, "details": details });
        if let (Some(id), Some(result)) = (id, result.as_object_mut()) {
            result.insert("id".to_owned(), json!(id));
        }
        self.results.push(result);
    }
}

impl Work {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Create(_, list) | Self::Update(_, list) | Self::Upsert(_, list) => list.len(),
            Self::Delete(_, list, _) => list.len(),
            Self::Custom(_, _, list) => list.len(),
        }
    }

    pub(super) fn verb(&self) -> String {
        match self {
            Self::Create(kind, _) | Self::Upsert(kind, _) => format!("Creating {}", kind.singular()),
            Self::Update(kind, _) => format!("Updating {}", kind.singular()),
            Self::Delete(kind, ..) => format!("Deleting {}", kind.singular()),
            Self::Custom(key, ..) => format!("Processing {key}"),
        }
    }

    /// Does it. Results come in the order of the records, as recordings show.
    pub(super) fn run(self, desk: &mut Desk) -> Outcome {
        match self {
            Self::Create(kind, records) => create(desk, kind, &records),
            Self::Update(kind, records) => update(desk, kind, &records),
            Self::Upsert(kind, records) => upsert(desk, kind, &records),
            Self::Delete(kind, keys, by) => delete(desk, kind, &keys, by),
            Self::Custom(key, action, items) => match desk.objects.get_mut(&key) {
                Some(object) => object.run(action, &items),
                None => Outcome::default(),
            },
        }
    }
}

fn create(desk: &mut Desk, kind: Kind, records: &[Given]) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, given) in records.iter().enumerate() {
        match (desk.write(kind, None, given), kind) {
            (Ok(id), Kind::Ticket) => outcome.good(json!({ "index": index, "id": id, "account_id": 2 })),
            (Ok(id), _) => outcome.good(json!({ "id": id, "status": "Created" })),
            (Err(details), _) => {
                outcome.bad(index, &format!("{}CreateFailed", kind.class()), &details.text(), None);
            }
        }
    }
    outcome
}

fn update(desk: &mut Desk, kind: Kind, records: &[Given]) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, given) in records.iter().enumerate() {
        let by_id = given.get("id").and_then(Value::as_u64).filter(|id| desk.table(kind).get(*id).is_some());
        let external_id = || given.get("external_id").and_then(Value::as_str).filter(|_| !given.contains_key("id"));
        let id = by_id.or_else(|| desk.table(kind).by_external_id(external_id()?));
        let written = match id {
            Some(id) => desk.write(kind, Some(id), given),
            None => Err(Details::one(kind.singular(), "not found", None)),
        };
        match written {
            Ok(id) => outcome.good(json!({ "action": "update", "id": id, "status": "Updated", "success": true })),
            Err(details) => {
                outcome.bad(index, &format!("{}UpdateFailed", kind.class()), &details.text(), id);
            }
        }
    }
    outcome
}

/// As reported in public: results have the address, and a failed one has its place under `id`.
fn upsert(desk: &mut Desk, kind: Kind, records: &[Given]) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, given) in records.iter().enumerate() {
        let known = desk.target(kind, given);
        let status = if known.is_some() { "Updated" } else { "Created" };
        match desk.write(kind, known, given) {
            Ok(id) => outcome.good(match given.get("email") {
                Some(email) => json!({ "id": id, "status": status, "email": email }),
                None => json!({ "id": id, "status": status }),
            }),
            Err(details) => {
                // So it is called of a user who is not there yet, too.
                let error = format!("{}UpdateError", kind.class());
                outcome
                    .results
                    .push(json!({ "id": index, "error": error, "details": details.text(), "status": "Failed" }));
            }
        }
    }
    outcome
}

fn delete(desk: &mut Desk, kind: Kind, keys: &[String], by: By) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, key) in keys.iter().enumerate() {
        let id = match by {
            By::Id => key.parse().ok(),
            By::ExternalId => desk.table(kind).by_external_id(key),
        };
        match id.and_then(|id| desk.table_mut(kind).delete(id)) {
            Some(record) => {
                let id = record.id.parse::<u64>().unwrap_or_default();
                if kind == Kind::User {
                    desk.identities.retain(|identity| !identity.is_of(id));
                }
                outcome.good(json!({ "action": "delete", "id": id, "status": "Deleted", "success": true }));
            }
            None => {
                let details = format!("{} not found", kind.class());
                outcome.bad(index, &format!("{}DeleteFailed", kind.class()), &details, id);
            }
        }
    }
    outcome
}
