//! A project whose connection leads to a simulated vendor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::people::Person;

const MODEL: &str = "\
SELECT key, email, name, note, CAST(score AS DECIMAL(12, 2)) AS score, active, bad, team
FROM people
";

/// A connector's component, built once.
fn connector(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(name).canonicalize().unwrap();
        let out = place.join("vendors").join(format!("{name}.wasm"));
        let options = offtake_build::BuildOptions { out: Some(out), target_dir: Some(place.join("plugin-target")) };
        offtake_build::build(&sources, &options, &mut |_| {}).unwrap().path
    };
    built.entry(name.to_owned()).or_insert_with(build).clone()
}

/// How a sync reaches its vendor.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) connector: &'static str,
    pub(crate) base_url: String,
    /// Of the connection, as YAML in braces.
    pub(crate) config: String,
    /// The same.
    pub(crate) credentials: String,
    pub(crate) object: &'static str,
    pub(crate) key: &'static str,
    /// Destination fields and the SQL that makes them.
    pub(crate) fields: Vec<(&'static str, &'static str)>,
    /// Rows in a call, where fewer than the connector takes.
    pub(crate) batch: Option<u32>,
}

pub(crate) struct Project {
    pub(crate) folder: TempDir,
}

impl Project {
    pub(crate) fn new(way: &Way) -> Self {
        let project = Self { folder: TempDir::new().unwrap() };
        project.write("offtake.yml", "version: 1\nproject: test\ntrust: { unsigned: allow }\n");
        project.write("models/people.sql", MODEL);
        project.write(
            "connections/lake.yml",
            "version: 1\nconnection: lake\nsource:\n  tables:\n    people: { format: ndjson, path: people.ndjson }\n",
        );
        let Way { connector: name, base_url, config, credentials, object, key, .. } = way;
        project.write(
            "connections/vendor.yml",
            &format!(
                "version: 1\nconnection: vendor\ndestination:\n  plugin: plugins/{name}.wasm\n  config: {config}\n  \
                 credentials: {credentials}\n  endpoints: {{ api: \"{base_url}\" }}\n  \
                 allow: {{ plain_http: true, networks: [127.0.0.1/32] }}\n"
            ),
        );
        let fields = way.fields.iter().map(|(to, sql)| format!("  - {{ to: {to}, sql: \"{sql}\" }}\n"));
        let limits = way.batch.map(|rows| format!("limits: {{ batch: {rows} }}\n")).unwrap_or_default();
        project.write(
            "syncs/people.yml",
            &format!(
                "version: 1\nsync: people\nsource: {{ connection: lake, model: models/people.sql }}\n\
                 destination: {{ connection: vendor, object: {object}, mode: mirror }}\nmatch: [{key}]\n{limits}fields:\n{}",
                fields.collect::<String>()
            ),
        );
        project.write("key", &format!("{name}-simulated"));
        std::fs::create_dir_all(project.path("plugins")).unwrap();
        std::fs::copy(connector(name), project.path(&format!("plugins/{name}.wasm"))).unwrap();
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn people(&self, people: &[Person]) {
        self.write("people.ndjson", &people.iter().map(Person::line).collect::<String>());
    }

    /// Runs the sync and returns its record.
    pub(crate) async fn run(&self) -> Value {
        let (folder, identity) = (self.folder.path().to_owned(), self.path("identity.txt"));
        let output = tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
            command.arg("-C").arg(folder).args(["run", "--output", "json"]);
            command.env("OFFTAKE_IDENTITY", identity).env("NO_COLOR", "1").output().unwrap()
        });
        let output = output.await.unwrap();
        let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let document: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}\n{log}"));
        let run = document["runs"][0].clone();
        assert!(run["error"].is_null(), "{run}\n{log}");
        run
    }
}
