//! JavaScript, by componentize-qjs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{OUT, copy_sources, install, run};
use crate::embedded::{self, VENDORED_JS, VENDORED_WIT};
use crate::error::Error;

/// The file that every connector has.
const ENTRY: &str = "connector.js";
const LOCK: &str = "tool/package-lock.json";

pub(super) fn make(dir: &Path, stage: &Path, target: &Path, progress: &mut dyn FnMut(&str)) -> Result<String, Error> {
    if !dir.join(ENTRY).is_file() {
        return Err(Error::NotAConnector { dir: dir.to_owned(), missing: ENTRY });
    }
    let (app, wit) = (stage.join("app"), stage.join("wit"));
    let sdk = app.join("node_modules/@offtake/sdk");
    copy_sources(dir, &app, 0)?;
    embedded::place_sdk(&dir.join(VENDORED_JS), &sdk, embedded::unpack_js)?;
    embedded::place_sdk(&dir.join(VENDORED_WIT), &wit, embedded::unpack_wit)?;
    let node = interpreter()?;
    let lock = fs::read(sdk.join(LOCK)).map_err(Error::reading(sdk.join(LOCK)))?;
    let home = install(target, "js", &[&lock, node.as_bytes()].concat(), |home| {
        progress("installing componentize-qjs");
        for name in ["package.json", "package-lock.json"] {
            fs::copy(sdk.join("tool").join(name), home.join(name)).map_err(Error::writing(home.join(name)))?;
        }
        // The lock file's versions by its hashes, and no package runs a script. Not `ci`: it takes platforms of the tool that
        // were never published for a lock file that is out of date.
        let options = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
        let failed = |output| Error::Tools { language: "JavaScript", output };
        run(Command::new("npm").args(options).current_dir(home), failed).map(|_| ())
    })?;
    progress("building with componentize-qjs");
    let tool = home.join("node_modules/componentize-qjs/bin/componentize-qjs");
    let mut node_tool = Command::new("node");
    node_tool.current_dir(&app).arg(tool).arg("--wit").arg(wit.join(embedded::WIT_VERSION));
    node_tool.args(["--world", "destination", "--js", ENTRY, "--module-root", "."]);
    // The host's world is synchronous. Without WASI the component imports what the contract names and nothing else; the SDK
    // takes time and randomness from there.
    node_tool.args(["--sync", "--stub-wasi", "--output"]).arg(stage.join(OUT));
    run(&mut node_tool, |output| Error::Componentize { tool: "componentize-qjs", dir: dir.to_owned(), output })?;
    let package = home.join("node_modules/componentize-qjs/package.json");
    let package = fs::read_to_string(&package).map_err(Error::reading(&package))?;
    let package: serde_json::Value = serde_json::from_str(&package).unwrap_or_default();
    let version = package.get("version").and_then(serde_json::Value::as_str).unwrap_or("of unknown version");
    Ok(format!("componentize-qjs {version} (node {node})"))
}

fn interpreter() -> Result<String, Error> {
    let mend = "install Node.js 18 or newer with npm: apt-get install -y --no-install-recommends nodejs npm";
    let asked = |program: &str| {
        let missing = |found: String| Error::NoInterpreter { found, mend: mend.to_owned() };
        let output = Command::new(program).arg("--version").output();
        let output = output.map_err(|error| missing(format!("cannot run {program} ({error})")))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    asked("npm")?;
    asked("node")
}
