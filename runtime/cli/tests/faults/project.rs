//! A project in a temporary folder that delivers to the simulator.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(crate) const TOKEN: &str = "pat-na1-faults-test-token";

const SYNC: &str = "\
version: 1
sync: crm
source: { connection: lake, table: people }
destination: { connection: hubspot, object: contacts, mode: mirror }
match: [email]
fields:
  - { to: email, from: email }
  - { to: firstname, from: name }
  - { to: annualrevenue, from: revenue }
limits: { batch: 20, concurrency: 4 }
guards: { max_delete_rows: 1000, max_resend_rows: 1000, min_source_rows: 0 }
";

/// A project.
pub(crate) struct Project {
    folder: TempDir,
    binary: PathBuf,
}

impl Project {
    pub(crate) fn new(binary: &Path, base_url: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let project = Self { binary: binary.to_owned(), folder };
        project.write("offtake.yml", "version: 1\nproject: faults\ntrust: { unsigned: allow }\n")?;
        project.write("syncs/crm.yml", SYNC)?;
        let lake = "version: 1\nconnection: lake\nsource:\n  tables:\n    people: { format: csv, path: people.csv }\n";
        project.write("connections/lake.yml", lake)?;
        let hubspot = format!(
            "version: 1\nconnection: hubspot\ndestination:\n  plugin: hubspot.wasm\n  config: {{ tier: enterprise }}\n  \
             credentials:\n    token: {{ env: OFFTAKE_HUBSPOT_TOKEN }}\n  endpoints: {{ api: \"{base_url}\" }}\n  \
             allow: {{ plain_http: true, networks: [127.0.0.1/32] }}\n"
        );
        project.write("connections/hubspot.yml", &hubspot)?;
        let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("connectors");
        let sources = offtake_build::unpack_bundled("hubspot", &work)?;
        let out = project.folder.path().join("hubspot.wasm");
        let options = offtake_build::BuildOptions {
            out: Some(out),
            target_dir: Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-target")),
        };
        offtake_build::build(&sources, &options, &mut |_| {})?;
        Ok(project)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
        Ok(std::fs::write(path, text)?)
    }

    /// Starts the binary.
    pub(crate) fn start(&self, arguments: &[&str], kill_at: Option<&str>) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.binary);
        command.arg("-C").arg(self.folder.path()).args(arguments).args(["--output", "json"]);
        command.env("OFFTAKE_HUBSPOT_TOKEN", TOKEN).env("NO_COLOR", "1");
        if let Some(point) = kill_at {
            command.env("OFFTAKE_KILL_AT", point);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command.spawn()?)
    }

    /// Leaves the folder for a person to look at.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}
