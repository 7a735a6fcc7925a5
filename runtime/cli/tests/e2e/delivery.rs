//! Does the destination equal the source, with the fewest requests?

use offtake_sim::hubspot::Fault;
use serde_json::Value;

use crate::project::{Project, people};

fn count(run: &Value, name: &str) -> u64 {
    run["counts"][name].as_u64().unwrap_or_else(|| panic!("{name} of {run}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_run_sends_only_what_changed() {
    let mut rows = people(0..250);
    let project = Project::new(&rows).await;
    let first = project.run().await;
    assert_eq!((count(&first, "added"), count(&first, "delivered")), (250, 250));
    assert_eq!(first["requests"], 4, "one for the fields, three for 250 rows");
    assert_eq!(project.simulator.records("contacts").len(), 250);

    let nothing = project.run().await;
    assert_eq!((count(&nothing, "unchanged"), count(&nothing, "delivered")), (250, 0));
    assert_eq!(nothing["requests"], 1);

    rows[7] = "person7@example.com,Søren 👋,7.50,lead".to_owned();
    rows.remove(100);
    rows.push("new@example.com,New,1.00,lead".to_owned());
    project.rows(&rows);
    let before = project.writes().len();
    let third = project.run().await;
    assert_eq!((count(&third, "added"), count(&third, "changed"), count(&third, "removed")), (1, 1, 1));
    assert_eq!(third["requests"], 3, "fields, upsert, archive");
    let writes = project.writes().split_off(before);
    assert!(writes[0].ends_with("/batch/upsert") && writes[1].ends_with("/batch/archive"), "{writes:?}");
    let live: Vec<_> = project.simulator.records("contacts").into_iter().filter(|record| !record.archived).collect();
    assert_eq!(live.len(), 250);
    assert!(live.iter().any(|record| record.properties.get("firstname").is_some_and(|name| name == "Søren 👋")));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_value_is_stored_makes_no_change() {
    let project = Project::new(&["a@example.com,A,1.50,lead".to_owned()]).await;
    project.edit("models/people.sql", "revenue,", "CAST(revenue AS DECIMAL(10, 2)) AS revenue,");
    project.run().await;
    project.edit("models/people.sql", "DECIMAL(10, 2)", "DECIMAL(12, 4)");
    project.edit("models/people.sql", "SELECT", "SELECT 1 AS unmapped,");
    assert_eq!(count(&project.run().await, "unchanged"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_clears_and_an_unmapped_field_is_left_alone() {
    let project = Project::new(&["a@example.com,Ada,1.50,lead".to_owned()]).await;
    project.run().await;
    project.rows(&["a@example.com,,1.50,lead".to_owned()]);
    project.edit("syncs/crm.yml", "  - { to: company, value: Example }\n", "");
    assert_eq!(count(&project.run().await, "changed"), 1);
    let record = project.simulator.records("contacts").remove(0);
    assert!(record.properties.get("firstname").is_none_or(|name| name.is_empty()));
    assert_eq!(record.properties.get("company").map(String::as_str), Some("Example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_key_of_their_own_are_set_apart_and_never_sent() {
    let mut rows = people(0..3);
    rows.push(",Nobody,1,lead".to_owned());
    rows.push("twin@example.com,One,1,lead".to_owned());
    rows.push("twin@example.com,Two,2,lead".to_owned());
    let project = Project::new(&rows).await;
    let run = project.run().await;
    assert_eq!((count(&run, "invalid"), count(&run, "delivered")), (3, 3));
    let sent = format!("{:?}", project.simulator.journal());
    assert!(!sent.contains("Nobody") && !sent.contains("twin@"), "{sent}");
    let rejects = project.offtake(&["rejects", "--output", "json"]).await.json();
    let codes: Vec<&str> =
        rejects["syncs"][0]["rejects"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"OFT-R010") && codes.contains(&"OFT-R011"), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_row_is_rejected_in_hubspots_words_and_the_others_arrive() {
    let mut rows = people(0..150);
    rows[40] = "person40@example.com,Bad,1.50,platinum".to_owned();
    let project = Project::new(&rows).await;
    let run = project.run().await;
    assert_eq!((count(&run, "delivered"), count(&run, "rejected")), (149, 1));
    let rejects = project.offtake(&["rejects"]).await.stdout;
    assert!(rejects.contains("person40@example.com") && rejects.contains("platinum was not one of"), "{rejects}");

    rows[40] = "person40@example.com,Good,1.50,customer".to_owned();
    project.rows(&rows);
    assert_eq!(count(&project.run().await, "delivered"), 1);
    assert!(project.offtake(&["rejects"]).await.stdout.contains("no rejects"));
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_d5_faults_of_the_destination_cost_no_row() {
    let faults: [(&str, Vec<Fault>); 5] = [
        ("503 twice", vec![Fault::reply(503, "down").on("batch/upsert").times(2)]),
        (
            "429",
            vec![
                Fault::reply(429, "{\"policyName\":\"SECONDLY\",\"message\":\"slow down\"}")
                    .on("batch/upsert")
                    .times(1),
            ],
        ),
        ("stored, then no answer", vec![Fault::hangup_after(60).on("batch/upsert").times(1)]),
        ("no answer", vec![Fault::hangup().on("batch/upsert").times(1)]),
        (
            "no word for which row",
            vec![Fault::reply(400, "{\"status\":\"error\",\"message\":\"no\"}").on("batch/upsert").times(1)],
        ),
    ];
    for (name, faults) in faults {
        let project = Project::new(&people(0..120)).await;
        project.simulator.script(faults);
        let run = project.run().await;
        assert_eq!((count(&run, "delivered"), count(&run, "pending")), (120, 0), "{name}: {run}");
        assert_eq!(project.simulator.records("contacts").len(), 120, "{name}");
        assert_eq!(count(&project.run().await, "unchanged"), 120, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v10_a_source_that_fails_while_it_is_read_sends_and_deletes_nothing() {
    let project = Project::new(&people(0..50)).await;
    project.run().await;
    let before = project.writes().len();
    project.edit(
        "models/people.sql",
        "SELECT email, name, revenue,",
        "SELECT email, name, CAST(name AS INT) AS revenue,",
    );
    let said = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(said.json()["runs"][0]["error"]["code"], "OFT-D007");
    assert_eq!(project.writes().len(), before);
    assert_eq!(project.simulator.records("contacts").iter().filter(|record| !record.archived).count(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_what_a_run_does_and_sends_nothing() {
    let mut rows = people(0..30);
    let project = Project::new(&rows).await;
    project.run().await;
    rows[3] = "person3@example.com,Renamed,3.50,lead".to_owned();
    rows.truncate(29);
    project.rows(&rows);
    let before = project.writes().len();
    let said = project.offtake(&["plan", "--detailed-exitcode", "--output", "json"]).await;
    assert_eq!(said.code, 2, "{said:?}");
    let plan = said.json()["plans"][0].clone();
    assert_eq!((&plan["counts"]["changed"], &plan["counts"]["removed"]), (&1.into(), &1.into()));
    assert_eq!(plan["cost"]["requests"], 2);
    let name = plan["samples"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["field"] == "firstname")
        .unwrap()
        .clone();
    assert_eq!((name["before"].as_str(), name["after"].as_str()), (Some("\"Person 3\""), Some("\"Renamed\"")));
    assert_eq!(project.writes().len(), before);
    assert_eq!(project.offtake(&["run"]).await.code, 0);
    assert_eq!(project.offtake(&["plan", "--detailed-exitcode"]).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_changes_its_spelling_keeps_its_record() {
    let project = Project::new(&["Ada@example.com,Ada,1.50,lead".to_owned()]).await;
    project.run().await;
    project.rows(&["ada@example.com,Ada,1.50,lead".to_owned()]);
    let run = project.run().await;
    assert_eq!((count(&run, "removed"), count(&run, "kept")), (1, 1));
    let live: Vec<_> = project.simulator.records("contacts").into_iter().filter(|record| !record.archived).collect();
    assert_eq!(live.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_not_taken_for_that_of_another_object() {
    let project = Project::new(&people(0..3)).await;
    project.run().await;
    project.connect("http://127.0.0.2:1", "plugins/hubspot.wasm");
    project.edit("connections/hubspot.yml", "127.0.0.1/32", "127.0.0.2/32");
    let elsewhere = project.offtake(&["run", "--output", "json"]).await;
    assert_ne!(elsewhere.code, 0);
    project.connect(&project.simulator.base_url(), "plugins/hubspot.wasm");
    project.edit("syncs/crm.yml", "object: contacts", "object: companies");
    project.edit("syncs/crm.yml", "match: [email]", "match: [domain]");
    for line in [
        "  - { to: firstname, from: name }\n",
        "  - { to: lifecyclestage, sql: \"coalesce(stage, 'lead')\" }\n",
        "  - { to: company, value: Example }\n",
    ] {
        project.edit("syncs/crm.yml", line, "");
    }
    project.edit("syncs/crm.yml", "to: email", "to: domain");
    let said = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!(said.code, 4, "{said:?}");
    assert_eq!(said.json()["runs"][0]["error"]["code"], "OFT-S007");
    assert!(project.simulator.records("companies").is_empty());
}
