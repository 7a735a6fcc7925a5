//! Components of published interface versions, as they were built then: they run on the host of today.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use offtake_core::destination::{OutcomeKind, Rate, WriteRequest};
use offtake_core::object::Operation;
use offtake_core::ports::{Destination, Egress};
use offtake_plugin::inspect;

use crate::support::way_out::Nowhere;
use crate::support::{HOST, MACHINE, bind, rows};

/// Of each published version: its folder, a component of it, the package by which the component calls itself, and its digest.
const GOLDEN: [(&str, &str, &str, &str); 2] = [
    (
        "offtake-destination-0.1.0",
        "complete.wasm",
        "offtake:destination@0.1.0",
        "e771ac99f983c5ba825c7a84c3628a3aeded6599ff3333b99221f1de7ec6acaf",
    ),
    // An addition: what exports it is a connector of 0.1.0 as well.
    (
        "offtake-destination-0.1.1",
        "later.wasm",
        "offtake:destination@0.1.0",
        "b50060cbd1ec54901cc335e9416e721466a567823ff96f7ab3de755687362d79",
    ),
];

fn path(folder: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden").join(folder).join(file)
}

#[test]
fn every_published_version_has_its_component() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let versions = std::fs::read_dir(root.join("wit")).unwrap().map(|entry| entry.unwrap());
    let folders = versions.filter(|entry| entry.path().is_dir());
    let mut published: Vec<String> =
        folders.map(|entry| format!("offtake-destination-{}", entry.file_name().to_string_lossy())).collect();
    published.sort();
    assert_eq!(published, GOLDEN.map(|(folder, ..)| folder));
    for (folder, file, interface, digest) in GOLDEN {
        let inspected = inspect(&path(folder, file)).unwrap();
        assert_eq!((inspected.manifest.wit.as_str(), inspected.digest.as_str()), (interface, digest), "{folder}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_of_published_versions_still_run() {
    let _machine = MACHINE.read().await;
    for (folder, file, ..) in GOLDEN.into_iter().filter(|(_, file, ..)| *file == "complete.wasm") {
        let way_out = Arc::new(Nowhere::default());
        let golden = bind(&HOST.load(&path(folder, file)).unwrap(), way_out.clone());
        assert!(golden.check().await.unwrap().contains("204"), "{folder}");
        let objects: Vec<String> = golden.objects().await.unwrap().into_iter().map(|object| object.id).collect();
        assert_eq!(objects, ["things", "other-things"], "{folder}");
        assert_eq!(golden.fields("things").await.unwrap().len(), 2, "{folder}");
        let limits = golden.limits("things", Operation::Upsert).await.unwrap();
        assert_eq!((limits.max_rows, limits.max_concurrency), (100, 2), "{folder}");
        assert_eq!(limits.rates, [Rate { requests: 100, window: Duration::from_secs(1) }], "{folder}");
        let found = golden.lookup("things", &["id".to_owned()], &["name".to_owned()], "{\"id\":\"1\"}\n").await;
        assert_eq!(found, Ok(Some(vec!["null".to_owned()])), "{folder}");
        let before = way_out.requests();
        let batch =
            WriteRequest { rows: "{\"id\":\"a\",\"name\":null}\n{\"id\":\"b\"}\n".to_owned(), ..rows("things", 2) };
        let results = golden.write(batch).await.unwrap();
        let outcomes: Vec<_> = results.iter().map(|result| (result.row, result.outcome.clone().unwrap())).collect();
        assert_eq!(outcomes, [(0, OutcomeKind::Updated), (1, OutcomeKind::Created)], "{folder}");
        assert_eq!(results[1].remote_id.as_deref(), Some("b"), "{folder}");
        assert_eq!(way_out.requests() - before, 2, "{folder}: a request a row");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_with_the_first_jobs_is_still_waited_for() {
    let _machine = MACHINE.read().await;
    let way_out = Arc::new(Nowhere::default());
    let later = bind(&HOST.load(&path("offtake-destination-0.1.1", "later.wasm")).unwrap(), way_out.clone());
    let results = later.write(rows("things", 2)).await.unwrap();
    assert!(results.iter().all(|result| result.outcome == Ok(OutcomeKind::Accepted)));
    assert_eq!(way_out.requests(), 4, "one to start, three to ask");
}
