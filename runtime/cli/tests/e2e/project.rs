//! A project in a temporary folder, and the simulated HubSpot that it writes to.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use offtake_sim::hubspot::{Limits, Options, Simulator};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "pat-na1-e2e-test-token";

/// The HubSpot connector's component, built once.
pub(crate) static CONNECTOR: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let sources = offtake_build::unpack_bundled("hubspot", &folder.join("connectors")).unwrap();
    let out = folder.join("hubspot.wasm");
    let options =
        offtake_build::BuildOptions { out: Some(out.clone()), target_dir: Some(folder.join("plugin-target")) };
    offtake_build::build(&sources, &options, &mut |_| {}).unwrap();
    out
});

/// A project.
pub(crate) struct Project {
    pub(crate) folder: TempDir,
    pub(crate) simulator: Simulator,
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Codes of the errors of `--output json`.
    pub(crate) fn codes(&self) -> Vec<String> {
        let document = self.json();
        let errors = document["errors"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the binary.
pub(crate) fn offtake(folder: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offtake"));
    command.arg("-C").arg(folder).args(args).env("OFFTAKE_HUBSPOT_TOKEN", TOKEN).env("NO_COLOR", "1");
    command.output().unwrap().into()
}

const SYNC: &str = "\
version: 1
sync: crm
source: { connection: lake, model: models/people.sql }
destination: { connection: hubspot, object: contacts, mode: upsert }
match: [email]
on_delete: delete
fields:
  - { to: email, from: email }
  - { to: firstname, from: name }
  - { to: annualrevenue, from: revenue }
  - { to: lifecyclestage, sql: \"coalesce(stage, 'lead')\" }
  - { to: company, value: Example }
";

impl Project {
    /// A project that works, with these rows of `email,name,revenue,stage`.
    pub(crate) async fn new(rows: &[String]) -> Self {
        let options = Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, ..Options::default() };
        let simulator = Simulator::start(options).await.unwrap();
        let project = Self { folder: TempDir::new().unwrap(), simulator };
        project.write("offtake.yml", "version: 1\nproject: test\ntrust: { unsigned: allow }\n");
        project.write("models/people.sql", "SELECT email, name, revenue, stage\nFROM people\n");
        project.write(
            "connections/lake.yml",
            "version: 1\nconnection: lake\nsource:\n  tables:\n    people: { format: csv, path: people.csv }\n",
        );
        project.connect(&project.simulator.base_url(), "plugins/hubspot.wasm");
        project.write("syncs/crm.yml", SYNC);
        std::fs::create_dir_all(project.path("plugins")).unwrap();
        std::fs::copy(&*CONNECTOR, project.path("plugins/hubspot.wasm")).unwrap();
        project.rows(rows);
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

    /// Replaces text in a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        self.write(name, &text.replace(from, to));
    }

    pub(crate) fn connect(&self, base: &str, plugin: &str) {
        self.write(
            "connections/hubspot.yml",
            &format!(
                "version: 1\nconnection: hubspot\ndestination:\n  plugin: {plugin}\n  config: {{ tier: enterprise }}\n  \
                 credentials:\n    token: {{ env: OFFTAKE_HUBSPOT_TOKEN }}\n  endpoints: {{ api: \"{base}\" }}\n  \
                 allow: {{ plain_http: true, networks: [127.0.0.1/32] }}\n"
            ),
        );
    }

    pub(crate) fn rows(&self, rows: &[String]) {
        self.write("people.csv", &format!("email,name,revenue,stage\n{}\n", rows.join("\n")));
    }

    /// Runs the binary without stopping the simulator's tasks.
    pub(crate) async fn offtake(&self, args: &[&str]) -> Said {
        let folder = self.folder.path().to_owned();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let joined = tokio::task::spawn_blocking(move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            offtake(&folder, &args)
        });
        joined.await.unwrap()
    }

    /// Runs the sync and returns its record.
    pub(crate) async fn run(&self) -> Value {
        let said = self.offtake(&["run", "--output", "json"]).await;
        assert_eq!(said.code, 0, "{said:?}");
        said.json()["runs"][0].clone()
    }

    /// Paths of the write requests so far.
    pub(crate) fn writes(&self) -> Vec<String> {
        let journal = self.simulator.journal();
        journal
            .into_iter()
            .map(|entry| entry.path)
            .filter(|path| path.contains("/batch/") && !path.ends_with("/read"))
            .collect()
    }
}

/// Plain rows numbered `from..to`.
pub(crate) fn people(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| format!("person{n}@example.com,Person {n},{n}.50,lead")).collect()
}
