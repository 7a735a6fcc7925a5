//! Every connector of the repository, and what `offtake plugin new` writes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use offtake_build::{BuildOptions, Language};
use offtake_kit::{Script, Talk};
use offtake_sim::hubspot::{Options, Simulator};
use offtake_sim::{Running, Vendor, braze, marketo, salesforce, zendesk};

use crate::support::{failed, report, stage, talking, told};

/// The token that the simulator takes.
const TOKEN: &str = "pat-conform-test-token";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn build(folder: &Path, name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let out = place.join("conform").join(format!("{name}.wasm"));
    let options = BuildOptions { out: Some(out), target_dir: Some(place.join("guests")) };
    offtake_build::build(folder, &options, &mut |_| {}).unwrap().path
}

async fn conforms(folder: &Path, name: &str) {
    let script = Script::read(&folder.join("conformance.toml")).unwrap();
    let stage = stage(&build(folder, name), script);
    let report = report(&stage).await;
    println!("{name}: {} passed, {} failed\n{}", report.count("pass"), report.count("fail"), told(&report));
    assert!(report.is_good(), "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connector_conforms() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(repository().join("plugins")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().join("connector.toml").is_file() {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names.sort();
    assert!(names.contains(&"hubspot".to_owned()), "{names:?}");
    for name in names {
        conforms(&repository().join("plugins").join(&name), &name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_connector_conforms_in_every_language() {
    for (name, language) in
        [("acme-rust", Language::Rust), ("acme-python", Language::Python), ("acme-js", Language::JavaScript)]
    {
        let folder = tempfile::tempdir().unwrap();
        let scaffolded = offtake_build::scaffold(name, language, folder.path()).unwrap();
        conforms(&scaffolded.dir, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hubspot_conforms_in_front_of_the_simulator() {
    let simulator = Simulator::start(Options { token: TOKEN.to_owned(), ..Options::default() }).await.unwrap();
    let folder = repository().join("plugins/hubspot");
    let secrets = BTreeMap::from([("token".to_owned(), TOKEN.to_owned())]);
    let talk = Talk::Vendor(simulator.base_url(), secrets);
    let script = Script::read(&folder.join("conformance.toml")).unwrap();
    let stage = talking(&build(&folder, "hubspot-relayed"), script, talk, true);
    let report = report(&stage).await;
    assert!(failed(&report).is_empty(), "{}", told(&report));

    let recorded = tempfile::NamedTempFile::new().unwrap();
    stage.recording().unwrap().write(recorded.path()).unwrap();
    let text = std::fs::read_to_string(recorded.path()).unwrap();
    assert!(text.contains("/crm/objects/2026-03/contacts/batch/upsert") && !text.contains(TOKEN), "{text}");
}

/// The kit between a connector and a simulator of its vendor, which decides what the script leaves open: how it refuses, and
/// how long its jobs take.
async fn conforms_in_front_of<V: Vendor>(simulator: &Running<V>, name: &str) {
    let script = repository().join("plugins").join(name).join("conformance.toml");
    conforms_by(&script, simulator, name).await;
}

/// The same with another script.
async fn conforms_by<V: Vendor>(script: &Path, simulator: &Running<V>, name: &str) {
    let folder = repository().join("plugins").join(name);
    let secrets = BTreeMap::from([("token".to_owned(), TOKEN.to_owned())]);
    let talk = Talk::Vendor(simulator.base_url(), secrets);
    let script = Script::read(script).unwrap();
    let report = report(&talking(&build(&folder, &format!("{name}-relayed")), script, talk, false)).await;
    assert!(failed(&report).is_empty(), "{}", told(&report));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn zendesk_conforms_in_front_of_the_simulator() {
    let limits = zendesk::Limits::GENEROUS;
    let options = zendesk::Options { token: TOKEN.to_owned(), limits, ..zendesk::Options::default() };
    conforms_in_front_of(&zendesk::Simulator::start(options).await.unwrap(), "zendesk").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn braze_conforms_in_front_of_the_simulator() {
    let limits = braze::Limits::GENEROUS;
    let options = braze::Options { token: TOKEN.to_owned(), limits, ..braze::Options::default() };
    conforms_in_front_of(&braze::Simulator::start(options).await.unwrap(), "braze").await;
}

/// A connector's script with a configuration by which its full batch, of a thousand rows, goes as the vendor's bulk job.
fn in_bulk(name: &str, bulk_above: u32) -> tempfile::NamedTempFile {
    let script = repository().join("plugins").join(name).join("conformance.toml");
    let script = std::fs::read_to_string(script).unwrap();
    let configured = script.replacen("[row]", &format!("[config]\nbulk_above = {bulk_above}\n\n[row]"), 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), configured).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn salesforce_conforms_in_front_of_the_simulator() {
    let limits = salesforce::Limits::GENEROUS;
    let options = salesforce::Options { token: TOKEN.to_owned(), limits, ..salesforce::Options::default() };
    let simulator = salesforce::Simulator::start(options).await.unwrap();
    assert!(simulator.add_field("Contact", "Ext__c", "string", true));
    conforms_in_front_of(&simulator, "salesforce").await;
    assert!(!simulator.take_journal().iter().any(|entry| entry.path.contains("/jobs/ingest")));
    conforms_by(in_bulk("salesforce", 200).path(), &simulator, "salesforce").await;
    assert!(simulator.journal().iter().any(|entry| entry.path.ends_with("/successfulResults/")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marketo_conforms_in_front_of_the_simulator() {
    let limits = marketo::Limits::GENEROUS;
    let options = marketo::Options { token: TOKEN.to_owned(), limits, ..marketo::Options::default() };
    let simulator = marketo::Simulator::start(options).await.unwrap();
    conforms_in_front_of(&simulator, "marketo").await;
    assert!(!simulator.take_journal().iter().any(|entry| entry.path.starts_with("/bulk/")));
    conforms_by(in_bulk("marketo", 300).path(), &simulator, "marketo").await;
    assert!(simulator.journal().iter().any(|entry| entry.path.starts_with("/bulk/v1/leads/batch/")));
}
