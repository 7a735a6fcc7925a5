//! HubSpot's own clients run against the simulator, unchanged but for the base URL.
//!
//! Their packages are kept in the folder that `OFFTAKE_TEST_TOOLS` names, and are installed there when they are
//! missing: `node` is an npm prefix, `venv` a Python environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::drive::{TOKEN, call, generous, send, start};

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

/// Where test tools are kept between runs.
fn tools() -> PathBuf {
    if let Some(tools) = std::env::var_os("OFFTAKE_TEST_TOOLS") {
        return tools.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    target.unwrap_or_else(|| repository.join("target")).join("test-tools")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{error}", output.status);
}

/// Runs a client while the simulator answers on other threads.
async fn drive_with(mut command: Command) {
    let simulator = start(generous()).await;
    command.args([simulator.base_url().as_str(), TOKEN]);
    tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    let kept: Vec<bool> = simulator.records("contacts").iter().map(|record| record.archived).collect();
    assert_eq!(kept, [true, true, true], "the script archives all that it made");
    let journal = simulator.journal();
    assert!(journal.iter().all(|entry| entry.path.starts_with("/crm/")), "{journal:?}");
    // The script has shown that it was refused where it should be; nothing else was.
    let refused: Vec<u16> = journal.iter().filter_map(|entry| entry.status).filter(|status| *status >= 400).collect();
    assert_eq!(refused, [400, 404]);
}

fn package(folder: &Path, name: &str, version: &str) -> bool {
    let text = std::fs::read_to_string(folder.join("node_modules").join(name).join("package.json"));
    let manifest: Option<Value> = text.ok().and_then(|text| serde_json::from_str(&text).ok());
    manifest.is_some_and(|manifest| manifest["version"] == version)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_works_unchanged() {
    let prefix = tools().join("node");
    std::fs::create_dir_all(&prefix).unwrap();
    let manifest = std::fs::read_to_string(format!("{CLIENTS}/js/package.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for (name, version) in manifest["dependencies"].as_object().unwrap() {
        let version = version.as_str().unwrap();
        if !package(&prefix, name, version) {
            let options = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--save-exact", "--prefix"];
            run(Command::new("npm").args(options).arg(&prefix).arg(format!("{name}@{version}")));
        }
    }
    let mut command = Command::new("node");
    command.arg(format!("{CLIENTS}/js/crud.mjs")).current_dir(&prefix);
    drive_with(command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    let venv = tools().join("venv");
    let python = venv.join("bin/python");
    let requirements = format!("{CLIENTS}/python/requirements.txt");
    let (name, version) = ("hubspot-api-client", "12.0.0");
    assert_eq!(std::fs::read_to_string(&requirements).unwrap().trim(), format!("{name}=={version}"));
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    let question = format!("import importlib.metadata as m; assert m.version('{name}') == '{version}'");
    let installed = Command::new(&python).args(["-c", &question]).output().unwrap().status.success();
    if !installed {
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement", &requirements]));
    }
    let mut command = Command::new(&python);
    command.arg(format!("{CLIENTS}/python/crud.py"));
    drive_with(command).await;
}

#[tokio::test]
async fn the_command_says_where_it_listens() {
    use tokio::io::{AsyncBufReadExt, BufReader};

    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_offtake-sim"))
        .args(["hubspot", "--listen", "127.0.0.1:0", "--token", TOKEN, "--generous"])
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let base = line.trim().strip_prefix("listening on ").unwrap();
    let (path, token) = ("/account-info/2026-03/details", format!("Bearer {TOKEN}"));
    let details = send(base, "GET", path, Some(&token), String::new()).await.unwrap();
    assert_eq!(details.body["portalId"], 62_515);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn both_spellings_of_the_api_lead_to_the_same_records() {
    let simulator = start(generous()).await;
    let body = json!({ "properties": { "email": "ada@example.com" } });
    let made = call(&simulator, "POST", "/crm/v3/objects/contacts", &body).await;
    let id = made.body["id"].as_str().unwrap();
    for base in ["v3/objects", "objects/2025-09", "objects/2026-03", "objects/2026-09"] {
        for name in ["contacts", "CONTACT", "contact", "0-1"] {
            let path = format!("/crm/{base}/{name}/{id}");
            let reply = call(&simulator, "GET", &path, &Value::Null).await;
            assert_eq!(reply.status, 200, "{path}");
            assert_eq!(reply.body["id"], id);
            assert!(reply.headers.contains_key("x-hubspot-ratelimit-remaining"));
        }
    }
}
