//! The rows of the source: as messy as people are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) const COUNT: usize = 5_000;

/// Texts that somewhere between a table and a vendor are often taken for something else.
const MESSY: [&str; 20] = [
    "Ada",
    "Zoë Ångström",
    "O'Brien",
    "Smith, \"Jr.\"",
    "two\nlines",
    "a tab\there",
    "null",
    "NULL",
    "true",
    "00123",
    "1e5",
    "=1+1",
    "@handle",
    "😀 👩‍👩‍👧 emoji",
    "שלום עולם",
    "<b>bold</b> & co.",
    "back\\slash / slash",
    "100 % {braces}",
    "a;b;c",
    "- a dash",
];

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) number: usize,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    /// Cents.
    pub(crate) score: i64,
    pub(crate) active: bool,
    /// The vendor refuses the row as long as this is set.
    pub(crate) bad: bool,
}

/// A record's fields as text; one that is empty is not among them.
pub(crate) type Fields = BTreeMap<&'static str, String>;

/// The table at first. One row in twenty is one that the vendor refuses.
pub(crate) fn all() -> Vec<Person> {
    (0..COUNT).map(person).collect()
}

fn person(number: usize) -> Person {
    let messy = MESSY[number % MESSY.len()];
    Person {
        number,
        email: format!("o'brien+{number}@example.com"),
        name: format!("{messy} {number}"),
        note: (!number.is_multiple_of(3)).then(|| format!("{number}: {}", MESSY[(number / 3) % MESSY.len()])),
        score: number as i64 * 137 - 90_000,
        active: number.is_multiple_of(2),
        bad: number % 20 == 7,
    }
}

/// One row in a hundred changes, and its note is cleared; twenty rows go. None of them is one that is refused.
pub(crate) fn later(mut people: Vec<Person>) -> Vec<Person> {
    people.retain(|person| !is_gone(person));
    for person in people.iter_mut().filter(|person| is_edited(person)) {
        person.name.push_str(" edited");
        person.note = None;
    }
    people
}

pub(crate) fn is_edited(person: &Person) -> bool {
    person.number % 100 == 3
}

pub(crate) fn is_gone(person: &Person) -> bool {
    person.number % 250 == 11
}

impl Person {
    /// The key that systems beside email use.
    pub(crate) fn key(&self) -> String {
        format!("P-{:05}", self.number)
    }

    /// With two decimals, as the column has it.
    pub(crate) fn score_text(&self) -> String {
        let sign = if self.score < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.score.abs() / 100, self.score.abs() % 100)
    }

    pub(crate) fn line(&self) -> String {
        let row: Value = json!({
            "key": self.key(), "email": self.email, "name": self.name, "note": self.note,
            "score": self.score_text(), "active": self.active, "bad": self.bad, "team": format!("T-{}", self.number % 40),
        });
        format!("{row}\n")
    }

    /// Fields under a vendor's names; null ones left out.
    pub(crate) fn fields(fields: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Fields {
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
