//! The table that is delivered, and everything that it ever held.

use std::collections::{BTreeMap, BTreeSet};

/// Rows come from this many people.
const PEOPLE: u32 = 300;
/// Rows that change between two runs, at most: some runs have more to do than they live for.
const EDITS_MAX: usize = 150;

/// Values of a row besides its key.
pub(crate) type Values = (String, String);

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Source {
    rows: BTreeMap<String, Values>,
    ever: BTreeSet<(String, Values)>,
}

impl Source {
    /// Changes, adds and removes rows; values often return to what they were. Returns the rows that have other values now.
    pub(crate) fn edit(&mut self, random: &mut fastrand::Rng) -> BTreeSet<String> {
        let before = self.rows.clone();
        for _ in 0..random.usize(1..=EDITS_MAX) {
            let email = format!("person{}@example.com", random.u32(0..PEOPLE));
            if random.u8(0..6) == 0 {
                self.rows.remove(&email);
            } else {
                let values = (format!("Name {}", random.u8(0..3)), format!("{}.5", random.u8(0..3)));
                self.ever.insert((email.clone(), values.clone()));
                self.rows.insert(email, values);
            }
        }
        let touched = before.keys().chain(self.rows.keys());
        touched.filter(|email| before.get(*email) != self.rows.get(*email)).cloned().collect()
    }

    /// As a file.
    pub(crate) fn csv(&self) -> String {
        let mut text = "email,name,revenue\n".to_owned();
        for (email, (name, revenue)) in &self.rows {
            text.push_str(&format!("{email},{name},{revenue}\n"));
        }
        text
    }

    pub(crate) fn rows(&self) -> &BTreeMap<String, Values> {
        &self.rows
    }

    /// Whether the row ever had these values.
    pub(crate) fn ever_had(&self, email: &str, values: &Values) -> bool {
        self.ever.contains(&(email.to_owned(), values.clone()))
    }
}
