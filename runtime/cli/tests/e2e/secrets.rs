//! Are secrets found wherever they may stand, and do they turn up nowhere else?

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use offtake_sim::hubspot::{App, Limits, Options, Simulator};
use serde_json::Value;
use tempfile::TempDir;

use crate::project::{Project, Said, TOKEN, people};

const CLIENT_SECRET: &str = "canary-client-s3cr3t-7f3a";
const REFRESH_TOKEN: &str = "canary-refresh-t0ken-91bc";
/// How access tokens of the simulated HubSpot begin.
const ACCESS_TOKEN: &str = "CNiMarked-";

/// Runs the binary with what is piped into it and an identity of its own; beside what it said stands every log line.
fn offtake(project: &Path, home: &Path, args: &[&str], piped: &str) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
    command.arg("-C").arg(project).args(args).args(["-vv", "--log-format", "json"]);
    command.env("OFFTAKE_HUBSPOT_TOKEN", TOKEN).env("OFFTAKE_IDENTITY", home.join("identity.txt"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that needs no input may have ended already.
    drop(child.stdin.take().unwrap().write_all(piped.as_bytes()));
    child.wait_with_output().unwrap().into()
}

fn credential(project: &Project, text: &str) {
    project.connect(&project.simulator.base_url(), "plugins/hubspot.wasm");
    project.edit("connections/hubspot.yml", "{ env: OFFTAKE_HUBSPOT_TOKEN }", text);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Where a secret stands in the clear, or in base64 or hex, other than where the operator put it.
fn found(marked: &str, said: &str, folders: &[&Path], own: &[&str]) -> Vec<String> {
    let hex: String = marked.bytes().map(|byte| format!("{byte:02x}")).collect();
    let spellings = [marked.to_owned(), hex, base64(marked)];
    let mut places = Vec::new();
    let mut look = |place: String, bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        if spellings.iter().any(|spelling| text.contains(spelling)) {
            places.push(format!("{marked} in {place}"));
        }
    };
    look("what was printed".to_owned(), said.as_bytes());
    for path in folders.iter().flat_map(|folder| files(folder)) {
        if !own.iter().any(|own| path.ends_with(own)) {
            look(path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
    places
}

/// The part of a base64 text that does not depend on what follows.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let triples = text.as_bytes().chunks_exact(3);
    let digits = triples.flat_map(|triple| {
        let bits = triple.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[((bits >> shift) & 63) as usize]))
    });
    digits.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_read_from_wherever_it_is_kept() {
    let home = TempDir::new().unwrap();
    let project = Project::new(&people(0..10)).await;
    let folder = project.path("");
    let home_path = home.path().to_owned();
    let run = async |piped: &'static str, args: &'static [&'static str]| {
        let (folder, home) = (folder.clone(), home_path.clone());
        tokio::task::spawn_blocking(move || offtake(&folder, &home, args, piped)).await.unwrap()
    };
    credential(&project, "{ secret: crm }");
    let missing = run("", &["validate", "--online", "--output", "json"]).await;
    assert_eq!((missing.code, missing.codes()), (2, vec!["OFT-A003".to_owned()]), "{missing:?}");
    let kept = run(concat!("pat-na1-e2e-test-token", "\n"), &["secret", "set", "crm"]).await;
    assert_eq!(kept.code, 0, "{kept:?}");
    assert!(kept.stdout.contains("identity.txt"), "the first one tells of the key: {kept:?}");
    assert_eq!(run("", &["secret", "list"]).await.stdout, "crm\n");
    assert_eq!(run("", &["secret", "set", "Crm"]).await.code, 2);
    assert_eq!(run("", &["secret", "set", "empty"]).await.code, 2);
    let cases = [
        "{ secret: crm }",
        "{ command: [\"sh\", \"-c\", \"echo pat-na1-e2e-test-token\"] }",
        "{ file: token }",
        "{ env: OFFTAKE_HUBSPOT_TOKEN }",
    ];
    project.write("token", TOKEN);
    for case in cases {
        credential(&project, case);
        let said = run("", &["validate", "--online"]).await;
        assert_eq!(said.code, 0, "{case}: {said:?}");
    }
    credential(&project, "{ env: A, file: token }");
    let both = run("", &["validate", "--output", "json"]).await;
    assert_eq!(both.codes(), ["OFT-C009"]);
    assert_eq!(run("", &["secret", "rm", "crm"]).await.code, 0);
    assert_eq!(run("", &["secret", "rm", "crm"]).await.code, 2);
    assert_eq!(run("", &["secret", "list"]).await.stdout, "");
}

async fn with_app() -> (Project, TempDir) {
    let mut project = Project::new(&people(0..300)).await;
    let app = App {
        client_id: "the-app".to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        refresh_token: REFRESH_TOKEN.to_owned(),
    };
    let options =
        Options { token: "nobody".to_owned(), app: Some(app), limits: Limits::GENEROUS, ..Options::default() };
    project.simulator = Simulator::start(options).await.unwrap();
    credential(
        &project,
        "{ oauth2: { flow: refresh_token, client_id: the-app, client_secret: { file: client-secret }, refresh_token: { secret: hubspot-refresh } } }",
    );
    project.write("client-secret", CLIENT_SECRET);
    (project, TempDir::new().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_turn_up_in_no_output_and_no_file() {
    let (project, home) = with_app().await;
    let (folder, home_path) = (project.path(""), home.path().to_owned());
    let mut heard = String::new();
    let mut run = async |piped: &str, args: &[&str]| {
        let (folder, home) = (folder.clone(), home_path.clone());
        let (args, piped): (Vec<String>, String) =
            (args.iter().map(|arg| (*arg).to_owned()).collect(), piped.to_owned());
        let said = tokio::task::spawn_blocking(move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            offtake(&folder, &home, &args, &piped)
        });
        let said = said.await.unwrap();
        heard.push_str(&said.stdout);
        heard.push_str(&said.stderr);
        said
    };
    assert_eq!(run(REFRESH_TOKEN, &["secret", "set", "hubspot-refresh"]).await.code, 0);
    for args in
        [&["validate", "--online"][..], &["plan"], &["run", "--output", "json"], &["status"], &["runs"], &["ls"]]
    {
        let said = run("", args).await;
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
    }
    assert_eq!(project.simulator.records("contacts").len(), 300);
    let tokens = project.audit().lines().filter(|line| line.contains("token_request")).count();
    assert_eq!(tokens, 1, "the access token outlives the process that got it");

    // A vendor that puts what it was sent into an error, which goes on to a reject, a log line and a page.
    let refused = "{\"status\":\"error\",\"category\":\"VALIDATION_ERROR\",\"message\":\"not with canary-client-s3cr3t-7f3a and canary-refresh-t0ken-91bc\"}";
    project.simulator.script([offtake_sim::hubspot::Fault {
        answer: offtake_sim::hubspot::Answer::Reply {
            status: 400,
            headers: std::collections::BTreeMap::new(),
            body: refused.into(),
        },
        ..offtake_sim::hubspot::Fault::delay(0).on("/batch/upsert").times(1_000)
    }]);
    project.rows(&people(300..303));
    run("", &["run", "--output", "json"]).await;
    run("", &["rejects"]).await;
    run("", &["rejects", "export", "--format", "jsonl"]).await;
    project.simulator.heal();

    // A refused app says so, with its own secret in the vendor's words.
    project.write("client-secret", "canary-client-s3cr3t-7f3a-wrong");
    std::fs::remove_dir_all(project.path("state/secrets")).unwrap();
    run(REFRESH_TOKEN, &["secret", "set", "hubspot-refresh"]).await;
    let said = run("", &["run", "--output", "json"]).await;
    assert_eq!(said.code, 6, "{said:?}");
    let document: Value = said.json();
    assert_eq!(document["errors"][0]["code"], "OFT-A004", "{document}");
    run("", &["history", "crm", "--key", "person1@example.com"]).await;
    run("", &["state", "info"]).await;

    let folders = [folder.as_path(), home.path()];
    for marked in [CLIENT_SECRET, REFRESH_TOKEN, ACCESS_TOKEN] {
        assert_eq!(found(marked, &heard, &folders, &["client-secret"]), Vec::<String>::new());
    }
}
