//! What authors of connectors meet: the kit's verdict as an exit code, and what is told where something is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use offtake_sim::hubspot::{Limits, Options, Simulator};
use tempfile::TempDir;

use crate::project::{CONNECTOR, Said, TOKEN, offtake};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/hubspot/conformance.toml")
}

/// `plugin test` on the real connector, with a script after a change.
fn test(folder: &Path, change: (&str, &str), more: &[&str]) -> Said {
    let text = std::fs::read_to_string(script()).unwrap();
    assert!(text.contains(change.0), "{}", change.0);
    std::fs::write(folder.join("conformance.toml"), text.replacen(change.0, change.1, 1)).unwrap();
    std::fs::copy(&*CONNECTOR, folder.join("hubspot.wasm")).unwrap();
    offtake(folder, &[&["plugin", "test", "hubspot.wasm"], more].concat())
}

#[test]
fn the_verdict_is_the_exit_code() {
    let folder = TempDir::new().unwrap();
    let same = ("offtake.script/1", "offtake.script/1");
    let good = test(folder.path(), same, &[]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.contains("hubspot@0.1.0 conforms: ") && good.stdout.contains(" 0 failed"), "{good:?}");
    let bad = test(folder.path(), ("phone == ''", "phone == 'gone'"), &["--output", "json"]);
    assert_eq!((bad.code, &bad.json()["conforms"]), (1, &false.into()), "{bad:?}");
    let checks = bad.json()["checks"].as_array().unwrap().clone();
    let failed: Vec<_> = checks.iter().filter(|check| check["verdict"] == "fail").map(|check| &check["id"]).collect();
    assert_eq!(failed, ["K14"]);
    let cost = test(folder.path(), same, &["--cost", "--output", "json"]);
    let sizes: Vec<_> =
        cost.json()["batches"].as_array().unwrap().iter().map(|batch| batch["rows"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [1, 10, 100], "{cost:?}");
}

#[test]
fn what_keeps_the_kit_from_testing_has_a_code() {
    let folder = TempDir::new().unwrap();
    let same = ("offtake.script/1", "offtake.script/1");
    let cases: [((&str, &str), &[&str], &str); 7] = [
        (("offtake.script/1", "offtake.script/9"), &[], "OFT-K002"),
        (same, &["--script", "nowhere.toml"], "OFT-K001"),
        (same, &["--replay", "nowhere.json"], "OFT-K003"),
        (same, &["--vendor", "not a url"], "OFT-K004"),
        (same, &["--only", "K99"], "OFT-K005"),
        (same, &["--vendor", "http://127.0.0.1:1", "--secret", "token=OFFTAKE_NO_SUCH_VARIABLE"], "OFT-K006"),
        (("path = \"/crm/objects", "path = \"/nowhere"), &["--cost"], "OFT-K007"),
    ];
    for (change, more, code) in cases {
        // Each of the paths is another rule, and the first one is only for reading.
        let text = std::fs::read_to_string(script()).unwrap();
        let everywhere = (change.0 != "offtake.script/1").then(|| text.replace(change.0, change.1));
        let said = match everywhere {
            None => test(folder.path(), change, &[more, &["--output", "json"]].concat()),
            Some(text) => {
                std::fs::write(folder.path().join("conformance.toml"), text).unwrap();
                offtake(folder.path(), &[&["plugin", "test", "hubspot.wasm"], more, &["--output", "json"]].concat())
            }
        };
        assert_eq!((said.code, said.codes()), (2, vec![code.to_owned()]), "{more:?} {said:?}");
    }
    let nothing = TempDir::new().unwrap();
    assert_eq!(offtake(nothing.path(), &["plugin", "test", "--output", "json"]).codes(), ["OFT-B001"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_with_a_vendor_are_kept_and_answer_again() {
    let options = Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, ..Options::default() };
    let simulator = Simulator::start(options).await.unwrap();
    let url = simulator.base_url();
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        let same = ("offtake.script/1", "offtake.script/1");
        let secret = "token=OFFTAKE_HUBSPOT_TOKEN";
        let asked = test(&path, same, &["--vendor", &url, "--secret", secret, "--record", "exchanges.json"]);
        let again = test(&path, same, &["--replay", "exchanges.json"]);
        (asked, again)
    });
    let (asked, again) = said.await.unwrap();
    assert_eq!((asked.code, again.code), (0, 0), "{asked:?} {again:?}");
    let kept = std::fs::read_to_string(folder.path().join("exchanges.json")).unwrap();
    assert!(kept.contains("offtake.exchanges/1") && !kept.contains(TOKEN) && !kept.contains("canary"), "{kept}");
}

#[test]
fn a_language_that_is_not_here_is_told_by_name() {
    for (lang, words) in [("python", "python3"), ("js", "npm")] {
        let folder = TempDir::new().unwrap();
        assert_eq!(offtake(folder.path(), &["plugin", "new", "acme", "--lang", lang]).code, 0);
        let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
        command.arg("-C").arg(folder.path()).args(["plugin", "build", "acme", "--output", "json"]);
        let said: Said = command.env("PATH", "/nowhere").output().unwrap().into();
        assert_eq!((said.code, said.codes()), (2, vec!["OFT-B014".to_owned()]), "{said:?}");
        let error = said.json()["errors"][0].to_string();
        assert!(error.contains(words) && error.contains("apt-get install"), "{error}");
    }
}
