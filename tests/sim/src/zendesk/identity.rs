//! The addresses of a user. A user keeps the first one as primary until another is made so.

use serde_json::{Value, json};

use super::ask::{Answer, Ask, Reply};
use super::desk::Desk;
use super::refusal::Refusal;
use super::table::Record;
use crate::clock;

#[derive(Clone, Debug)]
pub(super) struct Identity {
    id: u64,
    pub(super) user: u64,
    pub(super) value: String,
    primary: bool,
    created_at: String,
}

impl Identity {
    pub(super) fn new(id: u64, user: u64, value: &str, primary: bool) -> Self {
        Self { id, user, value: value.to_owned(), primary, created_at: clock::seconds(clock::now()) }
    }

    pub(super) fn is_of(&self, user: u64) -> bool {
        self.user == user
    }

    fn show(&self, origin: &str) -> Value {
        let Self { id, user, .. } = self;
        json!({
            "url": format!("{origin}/api/v2/users/{user}/identities/{id}.json"),
            "id": id,
            "user_id": user,
            "type": "email",
            "value": self.value,
            "verified": true,
            "primary": self.primary,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "undeliverable_count": 0,
            "deliverable_state": "deliverable",
        })
    }
}

pub(super) fn list(desk: &Desk, user: u64, ask: &Ask) -> Answer {
    let mut identities: Vec<&Identity> = desk.identities.iter().filter(|identity| identity.is_of(user)).collect();
    identities.sort_by_key(|identity| !identity.primary);
    let shown: Vec<Value> = identities.iter().map(|identity| identity.show(&ask.origin)).collect();
    Ok(Reply::ok(json!({ "identities": shown, "next_page": null, "previous_page": null, "count": shown.len() })))
}

pub(super) fn make_primary(desk: &mut Desk, user: u64, id: u64, ask: &Ask) -> Answer {
    let chosen = desk.identities.iter().find(|identity| identity.is_of(user) && identity.id == id);
    let value = chosen.map(|identity| identity.value.clone()).ok_or_else(Refusal::not_found)?;
    for identity in desk.identities.iter_mut().filter(|identity| identity.is_of(user)) {
        identity.primary = identity.id == id;
    }
    if let Some(Record { values, .. }) = desk.users.get(user) {
        let mut values = values.clone();
        values.insert("email".to_owned(), json!(value));
        desk.users.put(user, values);
    }
    list(desk, user, ask)
}
