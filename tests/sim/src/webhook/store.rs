//! Everything that an account holds.

use serde::Serialize;
use serde_json::{Map, Value};

use super::person;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The id that the API gave a person, or the number of an event.
    pub id: String,
    /// As they were sent, without what was cleared.
    pub values: Map<String, Value>,
}

/// What became of a person.
pub(super) struct Written {
    pub(super) id: String,
    pub(super) is_new: bool,
}

struct Person {
    email: String,
    record: Record,
}

#[derive(Default)]
pub(super) struct Account {
    people: Vec<Person>,
    events: Vec<Record>,
    made: u64,
}

impl Account {
    pub(super) fn write(&mut self, email: &str, values: Map<String, Value>) -> Written {
        if let Some(known) = self.people.iter_mut().find(|known| known.email == email) {
            person::write(&mut known.record.values, email, values);
            return Written { id: known.record.id.clone(), is_new: false };
        }
        self.made += 1;
        let id = format!("per_{:06}", self.made);
        let mut record = Record { id: id.clone(), values: Map::new() };
        person::write(&mut record.values, email, values);
        self.people.push(Person { email: email.to_owned(), record });
        Written { id, is_new: true }
    }

    /// Whether there was such a person.
    pub(super) fn delete(&mut self, email: &str) -> bool {
        let before = self.people.len();
        self.people.retain(|known| known.email != email);
        self.people.len() < before
    }

    pub(super) fn add_events(&mut self, events: Vec<Map<String, Value>>) {
        for values in events {
            let id = self.events.len().to_string();
            self.events.push(Record { id, values });
        }
    }

    pub(super) fn records(&self, object: &str) -> Vec<Record> {
        match object {
            "people" => self.people.iter().map(|person| person.record.clone()).collect(),
            "events" => self.events.clone(),
            _ => Vec::new(),
        }
    }
}
