//! Does a person keep the say: guards, approval, retry, ignoring, stopping, history, several syncs of one model?

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use offtake_sim::hubspot::{Fault, Limits, Options, Simulator};
use offtake_source::sample::{State, write_customers};
use serde_json::Value;

use crate::project::{Project, Said, TOKEN, people};

fn run_of(said: &Said) -> Value {
    said.json()["runs"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_back_run_sends_nothing_until_its_plan_is_approved() {
    let project = Project::new(&people(0..400)).await;
    project.run().await;
    project.rows(&people(0..50));
    let before = project.writes().len();
    let held = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!((held.code, run_of(&held)["status"].as_str()), (5, Some("needs_approval")), "{held:?}");
    assert_eq!(run_of(&held)["approval"]["objections"][0]["code"], "OFT-R016");
    let plan = run_of(&held)["approval"]["plan"].as_str().unwrap().to_owned();
    let shown = project.offtake(&["plan"]).await;
    assert!(shown.stdout.contains("OFT-R016") && shown.stdout.contains(&format!("--approve {plan}")), "{shown:?}");
    assert_eq!(project.offtake(&["run", "--approve", "000000000000"]).await.code, 5);
    assert_eq!(project.writes().len(), before);
    project.rows(&people(0..49));
    assert_eq!(project.offtake(&["run", "--approve", &plan]).await.code, 5, "an approval is of one plan");
    project.rows(&people(0..50));
    let approved = project.offtake(&["run", "--approve", &plan, "--output", "json"]).await;
    assert_eq!((approved.code, &run_of(&approved)["counts"]["delivered"]), (0, &350.into()), "{approved:?}");
    assert_eq!(project.simulator.records("contacts").iter().filter(|record| !record.archived).count(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_exported_ignored_and_retried() {
    let mut rows = people(0..20);
    rows[3] = "person3@example.com,=HYPERLINK(1),1.50,platinum".to_owned();
    rows[4] = "person4@example.com,Bad,1.50,gold".to_owned();
    let project = Project::new(&rows).await;
    project.run().await;
    let csv = project.offtake(&["rejects", "export"]).await.stdout;
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("person3@example.com") && csv.contains("platinum was not one of"), "{csv}");
    let jsonl = project.offtake(&["rejects", "export", "--format", "jsonl"]).await.stdout;
    assert_eq!(jsonl.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 2);

    let nobody =
        project.offtake(&["rejects", "ignore", "crm", "--key", "nobody@example.com", "--output", "json"]).await;
    assert_eq!((nobody.code, nobody.codes()), (2, vec!["OFT-R019".to_owned()]));
    assert_eq!(project.offtake(&["rejects", "ignore", "crm", "--key", "person3@example.com"]).await.code, 0);
    let again = project.run().await;
    assert_eq!((&again["counts"]["rejected"], &again["counts"]["kept"]), (&1.into(), &1.into()), "{again}");
    assert!(project.offtake(&["rejects"]).await.stdout.contains("ignored"));

    // A correction that nobody but its own run needs to know of.
    rows[3] = "person3@example.com,Good,1.50,lead".to_owned();
    rows[4] = "person4@example.com,Good,1.50,lead".to_owned();
    rows.push("new@example.com,New,1.50,lead".to_owned());
    project.rows(&rows);
    let one = project.offtake(&["retry", "--key", "person3@example.com", "--output", "json"]).await;
    let counts = run_of(&one)["counts"].clone();
    assert_eq!((&counts["delivered"], &counts["held"]), (&1.into(), &2.into()), "{one:?}");
    let left = project.offtake(&["retry", "--output", "json"]).await;
    assert_eq!(run_of(&left)["counts"]["delivered"], 1, "{left:?}");
    assert_eq!(project.run().await["counts"]["delivered"], 1);
    assert!(project.offtake(&["rejects"]).await.stdout.contains("no rejects"));

    let history = project.offtake(&["history", "crm", "--key", "person4@example.com", "--output", "json"]).await.json();
    let outcomes: Vec<&str> =
        history["entries"].as_array().unwrap().iter().map(|entry| entry["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["rejected", "rejected", "created"], "{history}");
    assert_eq!(history["entries"][0]["code"], "OFT-R001");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_what_it_read_and_with_what() {
    let project = Project::new(&people(0..20)).await;
    let run = project.run().await;
    let id = run["id"].as_str().unwrap();
    let shown = project.offtake(&["runs", "show", id.get(..20).unwrap()]).await;
    for word in [id, "hubspot@", "sha256:", "20 added", "Requests"] {
        assert!(shown.stdout.contains(word), "{word}: {shown:?}");
    }
    assert!(run["timings"]["send_ms"].as_u64().unwrap() > 0);
    let unknown = project.offtake(&["runs", "show", "01ZZ", "--output", "json"]).await;
    assert_eq!((unknown.code, unknown.codes()), (2, vec!["OFT-C023".to_owned()]));
}

/// Starts a run whose writes take this long, and returns when a few have arrived.
async fn under_way(project: &Project, delay_ms: u64) -> Child {
    project.edit("syncs/crm.yml", "on_delete: delete\n", "on_delete: delete\nlimits: { batch: 20 }\n");
    project.simulator.script([Fault::delay(delay_ms).on("/batch/").times(200)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
    command.arg("-C").arg(project.folder.path()).args(["run", "--output", "json"]).env("OFFTAKE_HUBSPOT_TOKEN", TOKEN);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while project.writes().len() < 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

async fn end(child: Child) -> Said {
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_a_second_signal_ends_the_process_and_what_was_under_way_goes_first() {
    let project = Project::new(&people(0..2_000)).await;
    // The first answers let further calls start, which then take longer than anybody waits.
    let child = under_way(&project, 400).await;
    signal(&child, "-TERM");
    tokio::time::sleep(Duration::from_millis(100)).await;
    signal(&child, "-TERM");
    let said = end(child).await;
    assert_eq!((said.code, said.stdout.as_str()), (143, ""), "{said:?}");
    project.simulator.take_journal();
    let next = project.run().await;
    assert!(next["recovered"]["rows"].as_u64().unwrap() > 0, "{next}");
    assert_eq!(project.simulator.records("contacts").len(), 2_000);
    assert_eq!(project.run().await["counts"]["unchanged"], 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_ctrl_c_finishes_what_is_under_way_and_the_next_run_goes_on() {
    let project = Project::new(&people(0..2_000)).await;
    let child = under_way(&project, 100).await;
    signal(&child, "-INT");
    let said = end(child).await;
    let run = run_of(&said);
    assert_eq!((said.code, run["status"].as_str()), (130, Some("interrupted")), "{said:?}");
    assert!(said.stderr.contains("press Ctrl-C again"), "{said:?}");
    let delivered = run["counts"]["delivered"].as_u64().unwrap();
    assert_eq!(delivered, project.simulator.records("contacts").len() as u64);
    assert_eq!(delivered + run["counts"]["pending"].as_u64().unwrap(), 2_000);
    let next = project.run().await;
    assert_eq!(next["recovered"], Value::Null, "nothing is in doubt");
    assert_eq!(next["counts"]["delivered"].as_u64().unwrap() + delivered, 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn syncs_of_one_model_run_side_by_side_and_a_broken_one_stops_none() {
    let project = Project::new(&people(0..30)).await;
    let sync = std::fs::read_to_string(project.path("syncs/crm.yml")).unwrap();
    let connection = std::fs::read_to_string(project.path("connections/hubspot.yml")).unwrap();
    let dead = connection
        .replace("connection: hubspot", "connection: dead")
        .replace(&project.simulator.base_url(), "http://127.0.0.1:1");
    project.write("connections/dead.yml", &dead);
    project.write(
        "syncs/dead.yml",
        &sync.replace("sync: crm", "sync: dead").replace("connection: hubspot", "connection: dead"),
    );
    let other = sync.replace("sync: crm", "sync: other").replace("model: models/people.sql", "table: people");
    project.write("syncs/other.yml", &other);
    let said = project.offtake(&["run", "--model", "models/people.sql", "--output", "json"]).await;
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(said.codes(), ["OFT-E101"]);
    let runs = said.json()["runs"].clone();
    assert_eq!(
        (runs.as_array().unwrap().len(), &runs[0]["sync"], &runs[0]["counts"]["delivered"]),
        (1, &"crm".into(), &30.into())
    );
    let unknown = project.offtake(&["run", "--model", "models/peple.sql", "--output", "json"]).await;
    assert_eq!((unknown.code, unknown.codes()), (2, vec!["OFT-C022".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_modes_and_removals_do_as_they_say() {
    let project =
        Project::new(&["a@example.com,Ada,1.50,lead".to_owned(), "b@example.com,Bea,2.50,lead".to_owned()]).await;
    project.edit("syncs/crm.yml", "on_delete: delete", "on_delete: clear");
    project.edit("syncs/crm.yml", "{ to: firstname, from: name }", "{ to: firstname, from: name, write: on_create }");
    project.edit(
        "syncs/crm.yml",
        "{ to: annualrevenue, from: revenue }",
        "{ to: annualrevenue, from: revenue, null: skip }",
    );
    project.run().await;
    project.rows(&["a@example.com,Other,,customer".to_owned()]);
    project.run().await;
    let records = project.simulator.records("contacts");
    let of = |email: &str, field: &str| {
        let record = records.iter().find(|record| record.properties["email"] == email).unwrap();
        record.properties.get(field).cloned().unwrap_or_default()
    };
    assert_eq!(of("a@example.com", "firstname"), "Ada", "written on creation only");
    assert_eq!(of("a@example.com", "annualrevenue"), "1.5", "a null is skipped");
    assert_eq!(of("a@example.com", "lifecyclestage"), "customer");
    assert_eq!(
        (of("b@example.com", "firstname"), of("b@example.com", "company")),
        (String::new(), String::new()),
        "cleared"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_looked_at_moved_and_mended_by_commands() {
    let project = Project::new(&people(0..40)).await;
    project.run().await;
    let info = project.offtake(&["state", "info", "--output", "json"]).await.json();
    assert_eq!((&info["states"][0]["rows"], &info["states"][0]["clean"]), (&40.into(), &true.into()), "{info}");
    assert!(project.offtake(&["state", "check"]).await.stdout.contains("✓ crm"));
    let file = project.path("crm.export");
    let file = file.to_str().unwrap();
    assert_eq!(project.offtake(&["state", "export", "crm", "--out", file]).await.code, 0);

    let unconfirmed = project.offtake(&["state", "reset", "crm", "--output", "json"]).await;
    assert_eq!((unconfirmed.code, unconfirmed.codes()), (2, vec!["OFT-S010".to_owned()]));
    assert_eq!(project.offtake(&["state", "reset", "crm", "--yes"]).await.code, 0);
    let plan = project.offtake(&["plan", "--output", "json"]).await.json();
    assert_eq!(plan["plans"][0]["counts"]["added"], 40);
    assert_eq!(project.offtake(&["state", "import", "crm", file, "--replace"]).await.code, 0);
    assert_eq!(project.run().await["counts"]["unchanged"], 40);

    // The index is only an index: without it nothing is lost, and nobody has to do anything.
    let folder = project.path("state/syncs/crm");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("gen-") {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
    assert!(project.offtake(&["state", "check"]).await.stdout.contains("nothing is lost"));
    assert_eq!(project.run().await["counts"]["unchanged"], 40);
    for part in ["checkpoint", "journal"] {
        std::fs::remove_dir_all(folder.join(part)).unwrap();
    }
    std::fs::remove_file(folder.join("MANIFEST.json")).unwrap();
    let refused = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!((refused.code, refused.codes()), (4, vec!["OFT-S005".to_owned()]), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn syncs_of_one_model_read_it_at_one_version() {
    let project = Project::new(&people(0..1)).await;
    let table = project.path("lake/customers");
    write_customers(&table, State::First).await.unwrap();
    let lake =
        "version: 1\nconnection: lake\nsource:\n  tables:\n    customers: { format: iceberg, path: lake/customers }\n";
    project.write("connections/lake.yml", lake);
    project.write(
        "models/people.sql",
        "SELECT email, first_name AS name FROM customers WHERE email LIKE 'customer.1_@%'\n",
    );
    let hubspot = std::fs::read_to_string(project.path("connections/hubspot.yml")).unwrap();
    // One destination is slow to say what its fields are: meanwhile the table gets another version.
    let slow =
        Simulator::start(Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, ..Options::default() }).await;
    let slow = slow.unwrap();
    slow.script([Fault::delay(3_000).on("/crm/").times(1)]);
    let other = hubspot.replace("connection: hubspot", "connection: slow");
    project.write("connections/slow.yml", &other.replace(&project.simulator.base_url(), &slow.base_url()));
    for (sync, connection) in [("crm", "hubspot"), ("other", "slow")] {
        project.write(
            &format!("syncs/{sync}.yml"),
            &format!(
                "version: 1\nsync: {sync}\nsource: {{ connection: lake, model: models/people.sql }}\n\
                 destination: {{ connection: {connection}, object: contacts }}\nmatch: [email]\nfields:\n  \
                 - {{ to: email, from: email }}\n  - {{ to: firstname, from: name }}\n"
            ),
        );
    }
    let running = project.offtake(&["run", "--model", "people", "--output", "json"]);
    let changing = async {
        while project.writes().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        write_customers(&table, State::Second).await.unwrap();
    };
    let (said, ()) = tokio::join!(running, changing);
    let runs = said.json()["runs"].clone();
    assert_eq!((said.code, runs.as_array().unwrap().len()), (0, 2), "{said:?}");
    assert_eq!(runs[0]["snapshot"], runs[1]["snapshot"], "{runs}");
    let later = project.run().await;
    assert_ne!(later["snapshot"], runs[0]["snapshot"], "the table has another version by now");
}
