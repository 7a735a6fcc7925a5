//! Holds classes of replies against the recordings, and against the exact list of those that no recording shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::drive::Reply;
use super::recording::Recording;
use super::shape;

/// A reply and the class that it falls into.
pub(crate) type Classed = (String, Reply);

/// How a vendor's replies are compared with recorded ones.
pub(crate) struct Measure<'a> {
    pub(crate) recordings: &'a [Recording],
    /// Classes that no recording shows; nothing else may stand here.
    pub(crate) documented_only: &'a [&'a str],
    /// Classes whose recording is known to differ from what the vendor documents today, as the README says why.
    pub(crate) deviating: &'a [&'a str],
    /// Which headers a client acts on, by lower-case name.
    pub(crate) telling: fn(&str) -> bool,
    /// What documentation promises of any reply that no recording shows.
    pub(crate) plausible: fn(&Reply) -> Result<(), String>,
}

impl Measure<'_> {
    /// Fails unless every reply looks like a recording of its class or stands in the list, which must be exact.
    pub(crate) fn hold(&self, replies: &[Classed]) {
        let mut complaints = Vec::new();
        let (mut unrecorded, mut given) = (BTreeSet::new(), BTreeSet::new());
        for (class, reply) in replies {
            let alike: Vec<&Recording> = self.recordings.iter().filter(|recording| recording.class == *class).collect();
            let deviates = self.deviating.contains(&class.as_str());
            let verdict = match alike.is_empty() || deviates {
                true => (self.plausible)(reply),
                false => self.compare(reply, &alike),
            };
            if let Err(complaint) = verdict {
                complaints.push(format!("{class}: {complaint}"));
            }
            if alike.is_empty() {
                unrecorded.insert(class.as_str());
            }
            given.insert(class.as_str());
        }
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        let listed: BTreeSet<&str> = self.documented_only.iter().copied().collect();
        let unlisted: Vec<_> = unrecorded.difference(&listed).collect();
        let stale: Vec<_> = listed.difference(&unrecorded).collect();
        assert!(unlisted.is_empty(), "neither recorded nor listed: {unlisted:#?}");
        assert!(stale.is_empty(), "listed, but recorded or never given: {stale:#?}");
        let idle: Vec<_> = self.deviating.iter().filter(|class| !given.contains(**class)).collect();
        assert!(idle.is_empty(), "said to deviate, but never given: {idle:#?}");
    }

    fn compare(&self, reply: &Reply, alike: &[&Recording]) -> Result<(), String> {
        let bodies: Vec<&Value> = alike.iter().map(|recording| &recording.body).collect();
        shape::fits(&reply.body, &bodies, "body")?;
        let ours = self.told(&reply.headers);
        if alike.iter().any(|recording| self.told(&recording.headers) == ours) {
            return Ok(());
        }
        let recorded: BTreeSet<_> = alike.iter().map(|recording| self.told(&recording.headers)).collect();
        Err(format!("headers are {ours:?}, recorded are {recorded:?}"))
    }

    /// The headers that a client acts on; the type of the body with its value, the others by name.
    fn told(&self, headers: &BTreeMap<String, String>) -> BTreeSet<String> {
        let told = headers.iter().filter_map(|(name, value)| match name.as_str() {
            "content-type" => Some(format!("{name}: {}", value.to_lowercase())),
            "retry-after" | "location" => Some(name.clone()),
            _ if (self.telling)(name) => Some(name.clone()),
            _ => None,
        });
        told.collect()
    }
}

/// Fails unless the README's list of a vendor says just this.
pub(crate) fn readme_lists(vendor: &str, classes: &[&str]) {
    let readme = include_str!("../../README.md");
    let mark = format!("<!-- documented only: {vendor} -->");
    let section = readme.split(&mark).nth(1).unwrap_or_else(|| panic!("the README has no list between two {mark}"));
    let entry = |line: &str| line.strip_prefix("- `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let listed: Vec<String> = section.lines().filter_map(entry).collect();
    assert_eq!(listed, classes);
}

/// Fails unless the replies are of every recorded class that this picks.
pub(crate) fn all_driven(recordings: &[Recording], replies: &[Classed], ours: fn(&str) -> bool) {
    let driven: BTreeSet<&str> = replies.iter().map(|(class, _)| class.as_str()).collect();
    let recorded: BTreeSet<&str> = recordings.iter().map(|recording| recording.class.as_str()).collect();
    let idle: Vec<_> = recorded.into_iter().filter(|class| ours(class) && !driven.contains(class)).collect();
    assert!(idle.is_empty(), "recorded, but no case drives the simulator there: {idle:?}");
}
