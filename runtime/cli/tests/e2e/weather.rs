//! A destination in bad weather: a run while it lasts, a run after it, and what has to be true after each.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use offtake_sim::hubspot::Fault;
use serde_json::Value;

use crate::ledger::{Properties, count, run_of, sums};
use crate::project::{Project, people};

/// What goes wrong, and how the run ends in which it does.
pub(crate) struct Weather {
    pub(crate) name: &'static str,
    pub(crate) faults: fn() -> Vec<Fault>,
    /// New rows.
    pub(crate) rows: u32,
    pub(crate) exit: i32,
    pub(crate) status: &'static str,
    /// Code of the error in the run's record.
    pub(crate) code: Option<&'static str>,
    pub(crate) delivered: RangeInclusive<u64>,
    /// Write requests while it lasts.
    pub(crate) writes: RangeInclusive<usize>,
    /// What has to stand in the audit afterwards.
    pub(crate) audited: &'static str,
}

/// A fault that a run gets over: all of two batches arrive, by one more request a fault.
pub(crate) const PASSES: Weather = Weather {
    name: "",
    faults: Vec::new,
    rows: 120,
    exit: 0,
    status: "completed",
    code: None,
    delivered: 120..=120,
    writes: 3..=3,
    audited: "",
};

/// Everybody's properties once everything has arrived.
fn expected(rows: u32) -> BTreeMap<String, Properties> {
    let person = |n: u32| {
        let email = format!("person{n}@example.com");
        let properties = [
            ("email", email.clone()),
            ("firstname", format!("Person {n}")),
            ("annualrevenue", format!("{n}.5")),
            ("lifecyclestage", "lead".to_owned()),
            ("company", "Example".to_owned()),
        ];
        (email, properties.map(|(name, value)| (name.to_owned(), value)).into())
    };
    (0..rows).map(person).collect()
}

/// The mapped properties of every contact.
fn written(project: &Project) -> BTreeMap<String, Properties> {
    const MAPPED: [&str; 5] = ["email", "firstname", "annualrevenue", "lifecyclestage", "company"];
    let mut contacts = project.contacts();
    contacts.values_mut().for_each(|properties| properties.retain(|name, _| MAPPED.contains(&name.as_str())));
    contacts
}

/// Runs through all of it with one project, each time with new rows, and says everything that is not as it should be.
pub(crate) async fn weathered(cases: &[Weather]) {
    let project = Project::new(&people(0..1)).await;
    project.run().await;
    let (mut wrong, mut seen) = (Vec::new(), 1);
    for case in cases {
        let before = wrong.len();
        storm(&project, case, seen, &mut wrong).await;
        seen += case.rows;
        calm(&project, case, seen, &mut wrong).await;
        wrong.iter_mut().skip(before).for_each(|what| *what = format!("{}: {what}", case.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
    project.simulator.take_journal();
    let last = project.run().await;
    assert_eq!((count(&last, "unchanged"), project.writes().len()), (u64::from(seen), 0), "{last}");
}

async fn storm(project: &Project, case: &Weather, seen: u32, wrong: &mut Vec<String>) {
    project.rows(&people(0..seen + case.rows));
    project.simulator.take_journal();
    project.simulator.script((case.faults)());
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = run_of(&said);
    wrong.extend(sums(&run));
    let delivered = count(&run, "delivered");
    let ended = (said.code, run["status"].as_str(), run["error"]["code"].as_str());
    if ended != (case.exit, Some(case.status), case.code) || !case.delivered.contains(&delivered) {
        wrong.push(format!("ended as {ended:?} with {delivered} delivered: {said:?}"));
    }
    if !case.writes.contains(&project.writes().len()) {
        wrong.push(format!("{} writes", project.writes().len()));
    }
    let (all, stored) = (expected(seen + case.rows), written(project));
    wrong.extend(
        stored
            .iter()
            .filter(|(email, properties)| all.get(*email) != Some(properties))
            .map(|(email, found)| format!("{email} is {found:?}")),
    );
    if (stored.len() as u64) < u64::from(seen) + delivered {
        wrong.push(format!("{delivered} are said to be delivered, and there are {} in place of {seen}", stored.len()));
    }
    if !project.audit().contains(case.audited) {
        wrong.push(format!("{} is not in the audit", case.audited));
    }
}

async fn calm(project: &Project, case: &Weather, seen: u32, wrong: &mut Vec<String>) {
    project.simulator.heal();
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run: Value = run_of(&said);
    wrong.extend(sums(&run));
    if (said.code, run["status"].as_str()) != (0, Some("completed")) || count(&run, "source_rows") != u64::from(seen) {
        wrong.push(format!("does not come home: {said:?}"));
    }
    if written(project) != expected(seen) {
        wrong.push(format!("{} of {seen} are at home after {}", written(project).len(), case.rows));
    }
}
