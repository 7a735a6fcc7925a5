//! What happens to every vendor: a first sync in which a token ends and a quota runs out half-way, an edit, a removal, a
//! correction. In the end the vendor has what the source has.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use offtake_sim::{Entry, Fault, Running, Vendor};
use serde_json::Value;

use crate::people::{self, COUNT, Fields, Person};
use crate::project::{Project, Way};

/// How often the vendor says that a quota ran out.
pub(crate) const THROTTLED: u32 = 2;

/// Requests that were answered with one of these statuses.
pub(crate) fn answered(journal: &[Entry], statuses: &[u16]) -> usize {
    journal.iter().filter(|entry| entry.status.is_some_and(|status| statuses.contains(&status))).count()
}

/// What is a vendor's own.
pub(crate) struct Story<V: Vendor> {
    pub(crate) simulator: Running<V>,
    pub(crate) way: Way,
    /// A request of the first sync before which the token ends.
    pub(crate) expire_at: usize,
    /// Has another secret take the place of the one that ended, where the host does not get one by itself.
    pub(crate) renew: fn(&Running<V>, &Path),
    /// The vendor's refusal when a quota runs out, for the requests that write.
    pub(crate) throttle: Fault,
    /// What is stored, by key.
    pub(crate) stored: fn(&Running<V>) -> BTreeMap<String, Fields>,
    /// What a row should be there.
    pub(crate) expected: fn(&Person) -> (String, Fields),
    /// Requests without which so many rows cannot be written and so many removed.
    pub(crate) least: fn(usize, usize) -> usize,
    /// How many of the requests the vendor refused for what was done to it; they went again.
    pub(crate) faults: fn(&Running<V>, &[Entry]) -> usize,
}

impl<V: Vendor> Story<V> {
    pub(crate) async fn tell(self) {
        let project = Project::new(&self.way);
        let mut people = people::all();
        project.people(&people);
        self.simulator.script([self.throttle.clone().times(THROTTLED)]);
        let bad = people.iter().filter(|person| person.bad).count();

        let expiry = async {
            while self.simulator.requests() < self.expire_at {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.simulator.expire_token();
            (self.renew)(&self.simulator, project.folder.path());
        };
        let (first, ()) = tokio::join!(project.run(), expiry);
        self.counts("first", &first, (COUNT - bad, bad), (COUNT, 0));
        self.compare("first", &people);

        people = people::later(people);
        project.people(&people);
        let (edited, gone) = (COUNT / 100, COUNT / 250);
        let second = project.run().await;
        // Rows that were refused are tried in every run.
        self.counts("second", &second, (edited + gone, bad), (edited + bad, gone));
        self.compare("second", &people);

        people.iter_mut().for_each(|person| person.bad = false);
        project.people(&people);
        let third = project.run().await;
        self.counts("third", &third, (bad, 0), (bad, 0));
        self.compare("third", &people);
        let nothing = project.run().await;
        self.counts("fourth", &nothing, (0, 0), (0, 0));
        assert_eq!(self.simulator.limits_crossed(), 0, "no limit of the vendor was ever crossed");
    }

    /// Delivered and rejected rows, and requests: `sent` are the rows to write and to remove.
    fn counts(&self, name: &str, run: &Value, (delivered, rejected): (usize, usize), sent: (usize, usize)) {
        let count = |name: &str| run["counts"][name].as_u64().unwrap() as usize;
        let found = (count("delivered"), count("rejected"), count("pending"), count("invalid"));
        assert_eq!(found, (delivered, rejected, 0, 0), "{name}: {run}");
        let journal = self.simulator.take_journal();
        let faults = (self.faults)(&self.simulator, &journal);
        let (calls, least) = (journal.len() - faults, (self.least)(sent.0, sent.1));
        println!("{} {name}: {calls} calls, {least} at least, {faults} refused", self.way.connector);
        if name == "first" {
            assert!(faults > THROTTLED as usize, "a quota ran out and a token ended: {faults}");
        }
        let paths: Vec<String> = journal.iter().map(|entry| format!("{} {}", entry.method, entry.path)).collect();
        assert!(calls * 20 <= least * 21, "{name}: {calls} calls where {least} would do: {paths:#?}");
    }

    fn compare(&self, name: &str, people: &[Person]) {
        let stored = (self.stored)(&self.simulator);
        let expected: BTreeMap<String, Fields> =
            people.iter().filter(|person| !person.bad).map(|person| (self.expected)(person)).collect();
        let missing = expected.keys().find(|key| !stored.contains_key(*key));
        assert_eq!(missing, None, "{name}: {} stored, {} expected", stored.len(), expected.len());
        for (key, fields) in &stored {
            assert_eq!(Some(fields), expected.get(key), "{name}: {key}");
        }
    }
}
