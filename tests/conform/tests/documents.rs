//! What the kit writes: the report, recordings, and what a connector costs.

use std::collections::BTreeMap;

use offtake_kit::{ALL, Error, Recording, Report, Talk};

use crate::support::{failed, guest, report, script, script_of, stage, talking, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_names_every_check_once_and_the_docs_do_too() {
    let script = script(&script_of("careless"), |text| text);
    let stage = stage(&guest::component("careless"), script);
    let unknown = Report::of(&stage, &["K99".to_owned()], &mut |_| {}).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownCheck(id) if id == "K99"));
    let report = Report::of(&stage, &["K10".to_owned(), "K01".to_owned()], &mut |_| {}).await.unwrap();
    let document = report.document();
    assert_eq!(document["schema"], "offtake.conformance/1");
    assert_eq!(document["connector"], "careless@0.1.0");
    assert_eq!(document["conforms"], true);
    let ids: Vec<_> = document["checks"].as_array().unwrap().iter().map(|check| check["id"].clone()).collect();
    assert_eq!(ids, ["K01", "K10"]);
    assert_eq!(document["checks"][0]["verdict"], "pass");

    let docs = std::fs::read_to_string(guest::folder().join("../../docs/spec/conformance.md")).unwrap();
    for check in ALL {
        let row = format!("| {} | {} |", check.id, check.name);
        assert_eq!(docs.matches(&row).count(), 1, "{row}");
    }
    let rows = docs.lines().filter(|line| line.starts_with("| K")).count();
    assert_eq!(rows, ALL.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_answers_as_the_vendor_did() {
    let component = guest::component("careless");
    let read = || script(&script_of("careless"), |text| text);
    let recorded = talking(&component, read(), Talk::Script, true);
    assert!(report(&recorded).await.is_good());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exchanges.json");
    recorded.recording().unwrap().write(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("offtake.exchanges/1") && !text.contains("canary"), "{text}");

    let replay = talking(&component, read(), Talk::Replay(Recording::read(&path).unwrap()), false);
    let report = report(&replay).await;
    assert!(failed(&report).is_empty(), "{}", told(&report));
    std::fs::write(&path, "{}").unwrap();
    assert_eq!(Recording::read(&path).unwrap_err().code(), "OFT-K003");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cost_is_counted_and_the_same_every_time() {
    let component = guest::component("careless");
    let stage = stage(&component, script(&script_of("careless"), |text| text));
    let first = offtake_kit::cost(&component, &stage).await.unwrap();
    let sizes: Vec<usize> = first.rows.iter().map(|row| row.rows).collect();
    // The connector takes fifty rows a call.
    assert_eq!(sizes, [1, 10, 50]);
    assert!(first.rows.windows(2).all(|pair| pair[0].instructions < pair[1].instructions), "{first:?}");
    assert!(first.rows.iter().all(|row| row.requests == 1 && row.memory_bytes > 0 && row.sent_bytes > 0));
    let (fixed, per_row) = first.line().unwrap();
    assert!(fixed > 0 && per_row > 0, "{first:?}");
    assert_eq!(first.document()["schema"], "offtake.cost/1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_is_not_there_is_refused() {
    let component = guest::component("careless");
    let secrets = BTreeMap::from([("key".to_owned(), "x".to_owned())]);
    let talk = Talk::Vendor("http://127.0.0.1:1".to_owned(), secrets);
    let options = offtake_kit::Options { script: script(&script_of("careless"), |text| text), talk, record: false };
    let connector = offtake_plugin::Host::new(offtake_plugin::Options::default()).unwrap().load(&component).unwrap();
    let Err(error) = offtake_kit::Stage::new(connector, options) else { panic!() };
    assert_eq!(error.code(), "OFT-K006");
}
