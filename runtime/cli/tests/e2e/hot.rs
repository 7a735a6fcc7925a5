//! Are connectors replaced while the binary runs, and does a bad one harm nothing?

use std::time::{Duration, Instant};

use jiff::Timestamp;
use offtake_sim::hubspot::Fault;
use serde_json::Value;

use crate::project::{CONNECTOR, Project, Said, people};
use crate::versions::{version, with};

/// At the vendor's 1,900 rows a second long enough for what is to happen meanwhile.
const ROWS: u32 = 20_000;

impl Project {
    /// Puts a component in place as a copy does: whole or not at all.
    fn drop_in(&self, component: &[u8]) {
        std::fs::write(self.path("fresh"), component).unwrap();
        std::fs::rename(self.path("fresh"), self.path("plugins/hubspot.wasm")).unwrap();
    }

    /// A slow vendor, so that a run lasts some seconds.
    async fn slow(rows: u32) -> Self {
        let project = Self::new(&people(0..rows)).await;
        project.simulator.script([Fault::delay(150).on("/batch/upsert").times(9_999)]);
        project
    }

    /// Runs while something else happens, once the first requests have arrived.
    async fn run_while(&self, meanwhile: impl AsyncFnOnce()) -> (Said, Value) {
        let running = self.offtake(&["run", "-v", "--log-format", "json", "--output", "json"]);
        let beside = async {
            while self.writes().len() < 4 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            meanwhile().await;
        };
        let (said, ()) = tokio::join!(running, beside);
        let run = said.json()["runs"][0].clone();
        (said, run)
    }

    async fn look(&self) {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }

    fn delivered_whole(&self, said: &Said, run: &Value, rows: u32) {
        assert_eq!((said.code, &run["counts"]["delivered"]), (0, &rows.into()), "{said:?}");
        let stored = self.simulator.records("contacts");
        assert_eq!(stored.len(), rows as usize);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_versions_in_one_run_lose_no_row() {
    let project = Project::slow(ROWS).await;
    // Two calls at once, each half a second: long enough for twenty versions, until the vendor is quick again.
    project.edit("syncs/crm.yml", "on_delete: delete", "on_delete: delete\nlimits: { concurrency: 2 }");
    project.simulator.heal();
    project.simulator.script([Fault::delay(500).on("/batch/upsert").times(9_999)]);
    let mut dropped = Vec::new();
    let (said, run) = project
        .run_while(async || {
            for number in 1..=20 {
                let version = format!("0.1.{number}");
                let component = self::version(&version);
                dropped.push((format!("hubspot@{version}"), Timestamp::now()));
                project.drop_in(&component);
                let sent = format!("\"hubspot@{version}\"");
                let began = Instant::now();
                while !project.audit().contains(&sent) && began.elapsed() < Duration::from_secs(10) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            project.simulator.heal();
        })
        .await;
    project.delivered_whole(&said, &run, ROWS);
    assert_eq!(said.stderr.matches("a connector is replaced").count(), 20, "{}", said.stderr);
    assert!(run["counts"]["rejected"] == 0 && run["counts"]["pending"] == 0, "{run}");
    let mut took: Vec<i64> = dropped.iter().map(|(to, at)| ready(&said.stderr, to, *at)).collect();
    took.sort_unstable();
    println!("from the file to calls: median {} ms, at most {} ms", took[took.len() / 2], took[took.len() - 1]);
}

/// Milliseconds from a file's appearance to the line that says that calls go to it.
fn ready(log: &str, to: &str, at: Timestamp) -> i64 {
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.find(|line| line["fields"]["to"] == to).unwrap();
    let written: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    written.duration_since(at).as_millis().try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_run_is_not_put_in_place() {
    let project = Project::slow(ROWS).await;
    let greedy = with(|manifest| {
        manifest["version"] = "0.2.0".into();
        manifest["endpoints"]["api"]["methods"] = serde_json::json!(["GET", "POST", "DELETE"]);
    });
    let strange = with(|manifest| {
        manifest["version"] = "0.3.0".into();
        manifest["config"] = serde_json::json!({"type": "object", "required": ["region"]});
    });
    let half = std::fs::read(&*CONNECTOR).unwrap();
    let half = half.get(..half.len() / 2).unwrap();
    let (said, run) = project
        .run_while(async || {
            for component in [half, &greedy, &strange] {
                project.drop_in(component);
                project.look().await;
            }
            // A person says that it may have what it asks for.
            project.drop_in(&std::fs::read(&*CONNECTOR).unwrap());
            std::fs::write(project.path("greedy.wasm"), &greedy).unwrap();
            let installed = project.offtake(&["plugin", "install", "greedy.wasm"]).await;
            assert_eq!(installed.code, 0, "{installed:?}");
            project.look().await;
        })
        .await;
    project.delivered_whole(&said, &run, ROWS);
    for code in ["OFT-P011", "OFT-P036", "OFT-P023"] {
        assert!(said.stderr.contains(code), "{code}: {}", said.stderr);
    }
    assert_eq!(said.stderr.matches("a connector is replaced").count(), 1, "{}", said.stderr);
    assert!(said.stderr.contains("hubspot@0.2.0"), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_breaks_gives_way_to_the_one_before() {
    let project = Project::slow(ROWS).await;
    let broken = with(|manifest| {
        manifest["version"] = "0.2.0".into();
        // Less than its own data needs: each call ends at the memory limit.
        manifest["limits"]["memory_mib"] = 1.into();
    });
    let (said, run) = project
        .run_while(async || {
            project.drop_in(&broken);
            project.look().await;
        })
        .await;
    project.delivered_whole(&said, &run, ROWS);
    assert!(said.stderr.contains("OFT-P022"), "{}", said.stderr);
}
