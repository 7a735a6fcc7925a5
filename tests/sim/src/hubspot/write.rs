//! Decides what a write would do before anything is stored, so that a refused batch leaves no trace.

use std::collections::HashSet;

use super::error::Refusal;
use super::standard::LIFECYCLE;
use super::store::{Table, Values, fold};
use super::validate;

/// Which record a write is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    New,
    Existing(u64),
}

/// A write that may go ahead.
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) values: Values,
}

impl Plan {
    /// Carries it out and returns the record's id.
    pub(super) fn commit(&self, table: &mut Table) -> u64 {
        match self.target {
            Target::New => table.create(&self.values),
            Target::Existing(id) => {
                table.update(id, &self.values);
                id
            }
        }
    }
}

/// Plans the writes of one request, which must not clash with each other either.
pub(super) struct Planner<'a> {
    table: &'a Table,
    portal: u64,
    claimed: HashSet<(String, String)>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(table: &'a Table, portal: u64) -> Self {
        Self { table, portal, claimed: HashSet::new() }
    }

    pub(super) fn plan(&mut self, target: Target, given: &Values) -> Result<Plan, Refusal> {
        let mut values = validate::values(&self.table.object, self.portal, given)?;
        match target {
            Target::New => self.require(&values)?,
            Target::Existing(id) => self.adapt(id, &mut values),
        }
        let mut claims = Vec::new();
        for (name, value) in &values {
            if !value.is_empty() && self.table.object.is_unique(name) {
                self.refuse_conflict(target, name, value)?;
                claims.push((name.clone(), fold(value)));
            }
        }
        self.claimed.extend(claims);
        Ok(Plan { target, values })
    }

    fn require(&self, values: &Values) -> Result<(), Refusal> {
        let object = &self.table.object;
        let set = |name: &&String| values.get(*name).is_some_and(|value| !value.is_empty());
        let missing: Vec<&String> = object.required.iter().filter(|name| !set(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("Error creating {}. Some required properties were not set.", object.name);
        Err(Refusal::validation(message).with_context("properties", &missing))
    }

    /// Applies the rules that look at what the record holds.
    fn adapt(&self, id: u64, values: &mut Values) {
        let Some(record) = self.table.get(id) else {
            return;
        };
        let stage = |value: &str| LIFECYCLE.iter().position(|(_, stage)| *stage == value);
        if let Some(wanted) = values.get("lifecyclestage")
            && let (Some(held), Some(wanted)) =
                (record.properties.get("lifecyclestage").and_then(|held| stage(held)), stage(wanted))
            && wanted < held
        {
            // HubSpot takes the request and leaves the stage where it is.
            values.remove("lifecyclestage");
        }
        for (name, value) in values.iter_mut() {
            let many = self.table.object.property(name).is_some_and(|property| property.many());
            if let Some(added) = value.strip_prefix(';').filter(|_| many) {
                let mut parts: Vec<&str> = Vec::new();
                let held = record.properties.get(name).map(String::as_str).unwrap_or_default();
                for part in held.split(';').chain(added.split(';')) {
                    if !part.is_empty() && !parts.contains(&part) {
                        parts.push(part);
                    }
                }
                *value = parts.join(";");
            }
        }
    }

    fn refuse_conflict(&self, target: Target, name: &str, value: &str) -> Result<(), Refusal> {
        let object = &self.table.object;
        let holder = self.table.holder(name, value).filter(|id| target != Target::Existing(*id));
        let claimed = self.claimed.contains(&(name.to_owned(), fold(value)));
        let holder = match holder {
            Some(id) => id.to_string(),
            None if claimed => "Another input".to_owned(),
            None => return Ok(()),
        };
        if object.is_contact() && name == "email" {
            return Err(Refusal::conflict(format!("{} already exists. Existing ID: {holder}", object.singular)));
        }
        Err(validate::conflicting(self.portal, name, &holder))
    }
}
