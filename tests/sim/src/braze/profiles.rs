//! The user profiles of a workspace, found by external id without a look at every one.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::profile::Profile;

#[derive(Default)]
pub(super) struct Profiles {
    /// By number, which is their age.
    all: BTreeMap<u64, Profile>,
    by_external_id: HashMap<String, u64>,
    made: u64,
}

impl Profiles {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.all.values()
    }

    /// The profile that an object means.
    pub(super) fn find(&self, object: &Map<String, Value>) -> Option<&Profile> {
        self.all.get(&self.number(object)?)
    }

    pub(super) fn find_mut(&mut self, object: &Map<String, Value>) -> Option<&mut Profile> {
        self.all.get_mut(&self.number(object)?)
    }

    /// The profile that an object means, made where there is none.
    pub(super) fn find_or_make(&mut self, object: &Map<String, Value>) -> &mut Profile {
        let number = self.number(object).unwrap_or_else(|| {
            self.made += 1;
            self.made
        });
        self.all.entry(number).or_insert_with(|| {
            let profile = Profile::new(number, object);
            if let Some(id) = &profile.external_id {
                self.by_external_id.insert(id.clone(), number);
            }
            profile
        })
    }

    /// Gives a user that has none an external id, unless another user has it.
    pub(super) fn identify(&mut self, object: &Map<String, Value>, external_id: &str) {
        if self.by_external_id.contains_key(external_id) {
            return;
        }
        let Some(number) = self.number(object) else { return };
        if let Some(profile) = self.all.get_mut(&number)
            && profile.external_id.is_none()
        {
            profile.external_id = Some(external_id.to_owned());
            self.by_external_id.insert(external_id.to_owned(), number);
        }
    }

    /// Removes every profile that the object means.
    pub(super) fn remove(&mut self, object: &Map<String, Value>) {
        while let Some(profile) = self.number(object).and_then(|number| self.all.remove(&number)) {
            if let Some(id) = &profile.external_id {
                self.by_external_id.remove(id);
            }
        }
    }

    fn number(&self, object: &Map<String, Value>) -> Option<u64> {
        match object.get("external_id").filter(|id| !id.is_null()) {
            Some(id) => self.by_external_id.get(id.as_str()?).copied(),
            None => self.all.iter().find(|(_, profile)| profile.is_meant(object)).map(|(number, _)| *number),
        }
    }
}
