//! Associations between records, and their labels.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

/// The type that pairs without a label have; each pair of object types has its own number at HubSpot.
const DEFAULT_TYPE: u64 = 279;
const FIRST_OWN_TYPE: u64 = 31;

/// An association as it is stored, from one record to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Association {
    /// Type id and id of the record that it starts from.
    pub from: (String, String),
    /// Type id and id of the record that it leads to.
    pub to: (String, String),
    /// The label's name; none for HubSpot's own type.
    pub label: Option<String>,
}

/// What an account calls associations from one object type to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) type_id: u64,
    pub(super) name: Option<String>,
}

#[derive(Default)]
pub(super) struct Associations {
    labels: Vec<Label>,
    stored: BTreeSet<Association>,
}

impl Label {
    pub(super) fn category(&self) -> &'static str {
        if self.name.is_some() { "USER_DEFINED" } else { "HUBSPOT_DEFINED" }
    }

    pub(super) fn describe(&self) -> Value {
        json!({ "category": self.category(), "typeId": self.type_id, "label": self.name })
    }
}

impl Associations {
    pub(super) fn all(&self) -> impl Iterator<Item = &Association> {
        self.stored.iter()
    }

    /// The labels from one object type to another, HubSpot's own first.
    pub(super) fn labels(&self, from: &str, to: &str) -> Vec<Label> {
        let (from, to) = (from.to_owned(), to.to_owned());
        let own = Label { from: from.clone(), to: to.clone(), type_id: DEFAULT_TYPE, name: None };
        let defined = self.labels.iter().filter(|label| label.from == from && label.to == to);
        std::iter::once(own).chain(defined.cloned()).collect()
    }

    pub(super) fn define(&mut self, from: &str, to: &str, name: &str) -> Label {
        let type_id = FIRST_OWN_TYPE + self.labels.len() as u64;
        let label = Label { from: from.to_owned(), to: to.to_owned(), type_id, name: Some(name.to_owned()) };
        self.labels.push(label.clone());
        label
    }

    /// A pair that has a label has HubSpot's own type, too.
    pub(super) fn add(&mut self, association: Association) {
        self.stored.insert(Association { label: None, ..association.clone() });
        self.stored.insert(association);
    }

    pub(super) fn remove(&mut self, association: &Association) {
        self.stored.remove(association);
    }

    /// Removes everything between two records.
    pub(super) fn part(&mut self, from: &(String, String), to: &(String, String)) {
        self.stored.retain(|stored| stored.from != *from || stored.to != *to);
    }
}
