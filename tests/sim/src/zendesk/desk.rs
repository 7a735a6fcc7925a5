//! Everything that an account holds.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::custom::CustomObject;
use super::details::Details;
use super::field::Field;
use super::identity::Identity;
use super::job::Job;
use super::kind::Kind;
use super::refusal::Refusal;
use super::table::{Record, Table};
use super::{Options, organization, ticket, user};
use crate::clock;

/// Ids start where no test data does, so that neither a position nor a row number is taken for one.
const FIRST_ID: u64 = 421_000_000_000;

pub(super) struct Desk {
    pub(super) users: Table,
    pub(super) organizations: Table,
    pub(super) tickets: Table,
    pub(super) user_fields: Vec<Field>,
    pub(super) organization_fields: Vec<Field>,
    pub(super) ticket_fields: Vec<Field>,
    pub(super) identities: Vec<Identity>,
    pub(super) objects: BTreeMap<String, CustomObject>,
    pub(super) jobs: Vec<Job>,
    pub(super) job_takes: Duration,
    pub(super) job_kept: Duration,
    pub(super) open_jobs_max: u32,
    next: u64,
}

impl Desk {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            users: Table::new(Kind::User, FIRST_ID),
            organizations: Table::new(Kind::Organization, FIRST_ID + 1),
            tickets: Table::new(Kind::Ticket, 6_001),
            user_fields: Vec::new(),
            organization_fields: Vec::new(),
            ticket_fields: Vec::new(),
            identities: Vec::new(),
            objects: BTreeMap::new(),
            jobs: Vec::new(),
            job_takes: options.job_takes,
            job_kept: options.job_kept,
            open_jobs_max: options.limits.open_jobs,
            next: 360_001_266_052,
        }
    }

    /// An id for anything but records.
    pub(super) fn next_id(&mut self) -> u64 {
        self.next += 100;
        self.next
    }

    pub(super) fn table(&self, kind: Kind) -> &Table {
        match kind {
            Kind::User => &self.users,
            Kind::Organization => &self.organizations,
            Kind::Ticket => &self.tickets,
        }
    }

    pub(super) fn table_mut(&mut self, kind: Kind) -> &mut Table {
        match kind {
            Kind::User => &mut self.users,
            Kind::Organization => &mut self.organizations,
            Kind::Ticket => &mut self.tickets,
        }
    }

    pub(super) fn fields(&self, kind: Kind) -> &[Field] {
        match kind {
            Kind::User => &self.user_fields,
            Kind::Organization => &self.organization_fields,
            Kind::Ticket => &self.ticket_fields,
        }
    }

    /// The record that a create-or-update means; tickets have no such call.
    pub(super) fn target(&self, kind: Kind, given: &Map<String, Value>) -> Option<u64> {
        match kind {
            Kind::User => user::target(self, given),
            Kind::Organization => organization::target(self, given),
            Kind::Ticket => None,
        }
    }

    pub(super) fn write(&mut self, kind: Kind, id: Option<u64>, given: &Map<String, Value>) -> Result<u64, Details> {
        match kind {
            Kind::User => user::write(self, id, given),
            Kind::Organization => organization::write(self, id, given),
            Kind::Ticket => ticket::write(self, id, given),
        }
    }

    /// Stores what was written.
    pub(super) fn keep(&mut self, kind: Kind, id: Option<u64>, mut values: Map<String, Value>) -> u64 {
        let now = json!(clock::seconds(clock::now()));
        values.insert("updated_at".to_owned(), now.clone());
        match id {
            Some(id) => {
                self.table_mut(kind).put(id, values);
                id
            }
            None => {
                values.insert("created_at".to_owned(), now);
                self.table_mut(kind).insert(values)
            }
        }
    }

    pub(super) fn add_field(&mut self, object: &str, given: &Map<String, Value>) -> Result<(), Details> {
        let kind = Kind::called(object).ok_or_else(|| Details::one("base", "no such object", None))?;
        let key = given.get("key").and_then(Value::as_str).unwrap_or_default();
        if kind != Kind::Ticket && (key.is_empty() || self.fields(kind).iter().any(|field| field.key == key)) {
            return Err(Details::one("key", "has already been taken", Some("DuplicateValue")));
        }
        let field = Field::read(self.next_id(), self.fields(kind).len(), given)?;
        match kind {
            Kind::User => self.user_fields.push(field),
            Kind::Organization => self.organization_fields.push(field),
            Kind::Ticket => self.ticket_fields.push(field),
        }
        Ok(())
    }

    pub(super) fn add_custom_object(&mut self, key: &str, fields: &[(&str, &str)]) -> Result<(), Details> {
        if self.objects.contains_key(key) {
            return Err(Details::one("key", "has already been taken", Some("DuplicateValue")));
        }
        let mut object = CustomObject::new(key, key, &format!("{key}s"));
        for (key, kind) in fields {
            let given = json!({ "key": key, "title": key, "type": kind });
            let given = given.as_object().cloned().unwrap_or_default();
            object.add_field(self.next_id(), &given)?;
        }
        self.objects.insert(key.to_owned(), object);
        Ok(())
    }

    pub(super) fn object(&self, key: &str) -> Result<&CustomObject, Refusal> {
        self.objects.get(key).ok_or_else(Refusal::not_found)
    }

    pub(super) fn records(&self, object: &str) -> Vec<Record> {
        match Kind::called(object) {
            Some(kind) => self.table(kind).all().cloned().collect(),
            None => self.objects.get(object).map(CustomObject::records).unwrap_or_default(),
        }
    }

    /// Runs the jobs whose time has come, in the order in which they were queued, and forgets those that are too old.
    pub(super) fn settle(&mut self, now: Instant) {
        for index in 0..self.jobs.len() {
            let due = self.jobs.get_mut(index).and_then(|job| job.due(now));
            if let Some(work) = due {
                let outcome = work.run(self);
                if let Some(job) = self.jobs.get_mut(index) {
                    job.finish(outcome, now);
                }
            }
        }
        let kept = self.job_kept;
        self.jobs.retain(|job| !job.is_older_than(kept, now));
    }

    pub(super) fn kill_jobs(&mut self) {
        self.jobs.iter_mut().for_each(Job::kill);
    }

    pub(super) fn finish_jobs(&mut self) {
        self.settle(Instant::now() + self.job_takes);
    }

    pub(super) fn forget_jobs(&mut self) {
        self.finish_jobs();
        self.jobs.clear();
    }
}
