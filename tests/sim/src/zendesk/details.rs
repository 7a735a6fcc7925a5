//! What is wrong with a record, attribute by attribute.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The faults of one record.
#[derive(Clone, Debug, Default)]
pub(super) struct Details(BTreeMap<String, Vec<Fault>>);

#[derive(Clone, Debug)]
struct Fault {
    description: String,
    error: Option<&'static str>,
}

impl Details {
    pub(super) fn one(attribute: &str, description: &str, error: Option<&'static str>) -> Self {
        let mut details = Self::default();
        details.add(attribute, description, error);
        details
    }

    /// Adds a fault; Zendesk puts the attribute's name before the words.
    pub(super) fn add(&mut self, attribute: &str, description: &str, error: Option<&'static str>) {
        let description = format!("{}: {description}", title(attribute));
        self.0.entry(attribute.to_owned()).or_default().push(Fault { description, error });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As `details` of a refusal.
    pub(super) fn json(&self) -> Value {
        let show = |fault: &Fault| match fault.error {
            Some(error) => json!({ "description": fault.description, "error": error }),
            None => json!({ "description": fault.description }),
        };
        let shown = self.0.iter().map(|(attribute, faults)| (attribute.clone(), faults.iter().map(show).collect()));
        Value::Object(shown.collect())
    }

    /// As `details` of a job's result.
    pub(super) fn text(&self) -> String {
        let all: Vec<&str> = self.0.values().flatten().map(|fault| fault.description.as_str()).collect();
        all.join(" ")
    }
}

/// `external_id` is shown as `External`, `email` as `Email`.
fn title(attribute: &str) -> String {
    let words = attribute.strip_suffix("_id").unwrap_or(attribute).replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
