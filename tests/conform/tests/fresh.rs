//! Interpreters are snapshotted when a connector is built: two fresh instances must not draw the same numbers, and their
//! clock must move. K50 and K51 see it, for every source of randomness and time that the languages have.

use std::path::Path;

use offtake_build::Language;
use offtake_kit::{Report, Script, Verdict};

use crate::connectors::build;
use crate::support::{stage, told};

/// A new connector after a change of its source.
async fn checked(language: Language, name: &str, source: &str, change: &[(&str, &str)]) -> (Report, String) {
    let folder = tempfile::tempdir().unwrap();
    let scaffolded = offtake_build::scaffold(name, language, folder.path()).unwrap();
    let path = scaffolded.dir.join(source);
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    std::fs::write(&path, text).unwrap();
    let script = Script::read(Path::new(&scaffolded.dir.join("conformance.toml"))).unwrap();
    let stage = stage(&build(&scaffolded.dir, name), script);
    let only = ["K10", "K50", "K51"].map(str::to_owned);
    let report = Report::of(&stage, &only, &mut |_| {}).await.unwrap();
    let told = told(&report);
    (report, told)
}

fn verdicts(report: &Report) -> Vec<&'static str> {
    report.outcomes.iter().map(|outcome| outcome.verdict.word()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_is_fresh_in_every_instance() {
    let headers = "headers={\"x-uuid\": str(uuid.uuid4()), \"x-random\": f\"{random.random():.17f}\", \
                   \"x-secret\": secrets.token_hex(16), \"x-entropy\": entropy.hex(16), \"x-unix\": str(int(time.time())), \
                   \"x-iso\": datetime.datetime.now(datetime.UTC).strftime(\"%Y-%m-%dT%H:%M:%SZ\"), \
                   \"x-clock\": str(clock.now_unix_ms())}, auth=\"token\", **more";
    let imports = "import datetime, random, secrets, time, uuid\nfrom offtake_sdk import clock, entropy\n\
                   from typing import Any";
    let change = [("auth=\"token\", **more", headers), ("from typing import Any", imports)];
    let (report, told) = checked(Language::Python, "fresh-python", "connector.py", &change).await;
    assert_eq!(verdicts(&report), ["pass", "pass", "pass"], "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_python_draws_while_it_is_built_is_found() {
    // A generator that the connector makes for itself is part of the snapshot, and nobody can seed it anew.
    let imports = "import random\nfrom typing import Any\nOWN = random.Random()\nBUILT = 1_700_000_000";
    let headers = "headers={\"x-trace\": f\"{OWN.random():.17f}\", \"x-at\": str(BUILT)}, auth=\"token\", **more";
    let change = [("auth=\"token\", **more", headers), ("from typing import Any", imports)];
    let (report, told) = checked(Language::Python, "frozen-python", "connector.py", &change).await;
    assert_eq!(verdicts(&report), ["pass", "fail", "fail"], "{told}");
    assert!(matches!(&report.outcomes[1].verdict, Verdict::Fail(why) if why.contains("fresh instances")), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_is_fresh_in_every_instance() {
    let headers = "auth: \"token\", headers: {\"x-uuid\": crypto.randomUUID(), \"x-random\": Math.random().toFixed(17), \
                   \"x-values\": Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte + 256).toString(16).slice(1)).join(\"\"), \
                   \"x-now\": String(Date.now()), \"x-date\": new Date().toISOString(), \"x-unix\": String(Math.floor(new Date() / 1000))},";
    let change = [("auth: \"token\",", headers)];
    let (report, told) = checked(Language::JavaScript, "fresh-js", "connector.js", &change).await;
    assert_eq!(verdicts(&report), ["pass", "pass", "pass"], "{told}");
}
