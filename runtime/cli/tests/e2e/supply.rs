//! Does just that code run which the operator trusts, pins and grants?

use offtake_test_tools::registry::{Access, Server};
use serde_json::{Value, json};

use crate::project::{Project, people};
use crate::versions::{version, with};

const STRICT: &str = "version: 1\nproject: test\n";

/// A project that trusts one key, and the key.
async fn strict() -> (Project, String) {
    let project = Project::new(&people(0..20)).await;
    let made = project.offtake(&["plugin", "keygen", "--no-password", "--output", "json"]).await;
    assert_eq!(made.code, 0, "{made:?}");
    let key = made.json()["key"].as_str().unwrap().to_owned();
    project.write("offtake.yml", &format!("{STRICT}trust: {{ signers: [{{ key: {key}, connectors: [hubspot] }}] }}\n"));
    (project, key)
}

impl Project {
    fn component(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    async fn sign(&self, file: &str) {
        let said = self.offtake(&["plugin", "sign", file, "--key", "offtake.key"]).await;
        assert_eq!(said.code, 0, "{said:?}");
    }

    /// The code of the first error, or nothing where it succeeded; and what it printed.
    async fn code(&self, args: &[&str]) -> (Option<String>, Value) {
        let said = self.offtake(&[args, &["--output", "json"]].concat()).await;
        let document = said.json();
        let code = document["errors"][0]["code"].as_str().map(str::to_owned);
        assert_eq!(code.is_none(), said.code == 0, "{said:?}");
        (code, document)
    }
}

fn refused(code: &str) -> Option<String> {
    Some(code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_signed_by_a_trusted_key_runs() {
    let (project, key) = strict().await;
    assert_eq!(project.code(&["run"]).await.0, refused("OFT-P030"));
    assert_eq!(project.code(&["validate"]).await.0, refused("OFT-P030"));
    assert_eq!(project.writes().len(), 0);
    project.sign("plugins/hubspot.wasm").await;
    let (code, verified) = project.code(&["plugin", "verify", "plugins/hubspot.wasm"]).await;
    assert_eq!((code, verified["signer"].as_str()), (None, Some(key.as_str())));
    assert_eq!(project.code(&["run"]).await.0, None);

    // Another file under the same signature, another key, another connector than the key may sign, a denied digest.
    project.component("plugins/hubspot.wasm", &version("0.1.1"));
    assert_eq!(project.code(&["run"]).await.0, refused("OFT-P031"));
    project.sign("plugins/hubspot.wasm").await;
    assert_eq!(project.code(&["run"]).await.0, None);
    let digest = project.code(&["plugin", "inspect", "plugins/hubspot.wasm"]).await.1["sha256"].clone();
    let settings = std::fs::read_to_string(project.path("offtake.yml")).unwrap();
    let cases = [
        ("connectors: [hubspot]", "connectors: [desk-*]".to_owned(), "OFT-P031"),
        ("trust: {", format!("trust: {{ deny: [{}],", digest.as_str().unwrap()), "OFT-P032"),
        ("trust: {", "trust: { minimum: { hubspot: 0.2.0 },".to_owned(), "OFT-P033"),
    ];
    for (from, to, expected) in cases {
        project.write("offtake.yml", &settings.replace(from, &to));
        assert_eq!(project.code(&["run"]).await.0, refused(expected), "{to}");
    }
    project.write("offtake.yml", &settings.replace(&key, "RWQ"));
    assert_eq!(project.code(&["run"]).await.0, refused("OFT-C010"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_holds_until_a_person_installs_another_version_or_goes_back() {
    let (project, _) = strict().await;
    std::fs::remove_file(project.path("plugins/hubspot.wasm")).unwrap();
    for number in ["0.1.0", "0.2.0"] {
        let file = format!("hubspot-{number}.wasm");
        project.component(&file, &version(number));
        project.sign(&file).await;
    }
    assert_eq!(project.code(&["plugin", "install", "hubspot-0.1.0.wasm"]).await.0, None);
    assert_eq!(project.code(&["run"]).await.0, None);

    // Signed or not: what is pinned is what runs.
    let pinned = std::fs::read(project.path("plugins/hubspot.wasm")).unwrap();
    for file in ["hubspot.wasm", "hubspot.wasm.minisig"] {
        let other = file.replace("hubspot", "hubspot-0.2.0");
        std::fs::copy(project.path(&other), project.path(&format!("plugins/{file}"))).unwrap();
    }
    assert_eq!(project.code(&["run"]).await.0, refused("OFT-P035"));
    assert_eq!(project.code(&["plugin", "install"]).await.1["restored"], json!(["hubspot 0.1.0"]));
    assert_eq!(std::fs::read(project.path("plugins/hubspot.wasm")).unwrap(), pinned);
    assert_eq!(project.code(&["run"]).await.0, None);

    let (_, diff) = project.code(&["plugin", "diff", "hubspot-0.2.0.wasm"]).await;
    assert_eq!((&diff["installed"]["version"], &diff["offered"]["version"]), (&json!("0.1.0"), &json!("0.2.0")));
    assert_eq!((&diff["asks_for_more"], &diff["refused"]), (&json!([]), &Value::Null));
    assert_eq!(project.code(&["plugin", "install", "hubspot-0.2.0.wasm"]).await.1["replaces"], "0.1.0");
    assert!(project.run().await["connector"].as_str().unwrap().contains("0.2.0"));
    assert_eq!(project.code(&["plugin", "rollback", "hubspot"]).await.1["to"], "0.1.0");
    assert_eq!(std::fs::read(project.path("plugins/hubspot.wasm")).unwrap(), pinned);
    assert!(project.run().await["connector"].as_str().unwrap().contains("0.1.0"));
    assert_eq!(project.code(&["plugin", "rollback", "hubspot"]).await.0, refused("OFT-P038"));
    assert_eq!(project.code(&["plugin", "rollback", "desk"]).await.0, refused("OFT-P039"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_asks_for_more_waits_for_a_person() {
    let project = Project::new(&people(0..20)).await;
    assert_eq!(project.code(&["plugin", "install", "plugins/hubspot.wasm"]).await.0, None);
    let greedy = with(|manifest| {
        manifest["version"] = "0.2.0".into();
        manifest["endpoints"]["files"] =
            json!({"base": "https://files.example.com", "methods": ["PUT"], "paths": ["/**"]});
        manifest["limits"]["memory_mib"] = 128.into();
    });
    project.component("greedy.wasm", &greedy);
    let (_, diff) = project.code(&["plugin", "diff", "greedy.wasm"]).await;
    let more = json!(["PUT https://files.example.com/**", "memory_mib 128 instead of 64"]);
    assert_eq!(diff["asks_for_more"], more);
    let (code, document) = project.code(&["plugin", "install", "greedy.wasm"]).await;
    assert_eq!(code, refused("OFT-P036"));
    assert!(document["errors"][0]["message"].as_str().unwrap().contains("files.example.com"), "{document}");
    assert!(project.run().await["connector"].as_str().unwrap().contains("0.1.0"), "what is installed goes on");
    assert_eq!(project.code(&["plugin", "install", "greedy.wasm", "--approve"]).await.0, None);
    assert!(project.run().await["connector"].as_str().unwrap().contains("0.2.0"));

    // A connector that the connection's settings do not fit is not put in its place either.
    let strange = with(|manifest| {
        manifest["version"] = "0.3.0".into();
        manifest["config"] = json!({"type": "object", "required": ["region"]});
    });
    project.component("strange.wasm", &strange);
    assert_eq!(project.code(&["plugin", "install", "strange.wasm"]).await.0, refused("OFT-C004"));
    assert_eq!(project.code(&["run"]).await.0, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_grants_less_than_the_manifest_asks() {
    let project = Project::new(&people(0..20)).await;
    let settings = std::fs::read_to_string(project.path("offtake.yml")).unwrap();
    let cases = [
        ("plugins: { hubspot: { hosts: [127.0.0.1], limits: { memory_mib: 32 } } }", None),
        ("plugins: { hubspot: { hosts: [api.hubapi.com] } }", refused("OFT-E308")),
        ("plugins: { hubspot: { slots: [] } }", refused("OFT-E306")),
        ("plugins: { hubspot: { limits: { memory_mib: 1 } } }", refused("OFT-P004")),
        ("block: { hosts: [127.0.0.1] }", refused("OFT-E309")),
        ("block: { networks: [127.0.0.0/8] }", refused("OFT-E301")),
        ("block: { networks: [everything] }", refused("OFT-C010")),
        ("plugins: { hubspot: { hosts: [\"https://api.hubapi.com\"] } }", refused("OFT-C010")),
    ];
    for (grant, expected) in cases {
        project.write("offtake.yml", &format!("{settings}{grant}\n"));
        assert_eq!(project.code(&["validate", "--online"]).await.0, expected, "{grant}");
    }
    project.write(
        "offtake.yml",
        &format!("{settings}plugins: {{ hubspot: {{ hosts: [], slots: [], limits: {{ cpu_ms: 9 }} }} }}\n"),
    );
    let (_, inspected) = project.code(&["plugin", "inspect", "plugins/hubspot.wasm"]).await;
    let withheld = json!(["may not reach api.hubapi.com", "credential `token` is not filled", "cpu_ms is 9, not 5000"]);
    assert_eq!((&inspected["withheld"], &inspected["granted_limits"]["cpu_ms"]), (&withheld, &json!(9)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_gives_back_what_was_pushed_and_the_pin_says_which_bytes() {
    let (project, key) = strict().await;
    let registry = Server::start(Access::Open);
    let reference = format!("{}/acme/hubspot:0.1.0", registry.host());
    project.sign("plugins/hubspot.wasm").await;
    let (_, pushed) = project.code(&["plugin", "push", "plugins/hubspot.wasm", &reference, "--plain-http"]).await;
    assert_eq!(pushed["signed"], true);
    let by_digest = pushed["reference"].as_str().unwrap().to_owned();
    let component = std::fs::read(project.path("plugins/hubspot.wasm")).unwrap();

    let (_, pulled) = project.code(&["plugin", "pull", &reference, "--plain-http", "--out", "pulled.wasm"]).await;
    assert_eq!(pulled["reference"], by_digest.as_str());
    assert_eq!(std::fs::read(project.path("pulled.wasm")).unwrap(), component);
    assert_eq!(project.code(&["plugin", "verify", "pulled.wasm", "--key", &key]).await.0, None);
    assert_eq!(project.code(&["plugin", "verify", &reference, "--plain-http"]).await.1["signer"], key.as_str());

    std::fs::remove_dir_all(project.path("plugins")).unwrap();
    let (code, installed) = project.code(&["plugin", "install", &reference, "--plain-http"]).await;
    assert_eq!((code, &installed["installed"]["origin"]["registry"]), (None, &json!(by_digest)));
    assert_eq!(project.code(&["run"]).await.0, None);
    // Another machine, with the lock alone.
    std::fs::remove_dir_all(project.path("plugins")).unwrap();
    assert_eq!(project.code(&["plugin", "install", "--plain-http"]).await.1["restored"], json!(["hubspot 0.1.0"]));
    assert_eq!(project.code(&["run"]).await.0, None);
    assert_eq!(project.code(&["plugin", "pull", "nowhere/hubspot", "--plain-http"]).await.0, refused("OFT-P046"));
    let missing = format!("{}/acme/none:1.0.0", registry.host());
    assert_eq!(project.code(&["plugin", "pull", &missing, "--plain-http"]).await.0, refused("OFT-P041"));
}
