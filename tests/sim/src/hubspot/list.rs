//! Lists, and the records on them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::clock;

pub(super) struct List {
    pub(super) id: u64,
    pub(super) name: String,
    /// Of the records on it.
    pub(super) type_id: String,
    /// `MANUAL`, `SNAPSHOT`, or `DYNAMIC`, whose members HubSpot alone chooses.
    pub(super) processing: String,
    pub(super) members: BTreeSet<u64>,
}

impl List {
    pub(super) fn takes_members(&self) -> bool {
        self.processing != "DYNAMIC"
    }

    pub(super) fn describe(&self) -> Value {
        let now = clock::text(clock::now());
        json!({
            "listId": self.id.to_string(), "listVersion": 1, "createdAt": now, "updatedAt": now,
            "filtersUpdatedAt": now, "processingStatus": "COMPLETE", "createdById": "1", "updatedById": "1",
            "processingType": self.processing, "objectTypeId": self.type_id, "name": self.name,
            "size": self.members.len()
        })
    }
}
