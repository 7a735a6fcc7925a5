//! `offtake init`, and the files of a project.

use std::fs;
use std::path::Path;

use anyhow::Context;
use offtake_config::{PROJECT_FILE, Problem, Problems};
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;

/// Which project is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Template<'a> {
    /// A CSV file towards the real HubSpot.
    Init,
    /// An Iceberg table towards a simulated one.
    Demo {
        /// Its base URL.
        simulator: &'a str,
        /// Its token, kept in a file of the project.
        token: &'a str,
    },
}

pub(super) fn init(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    if folder.join(PROJECT_FILE).exists() {
        let problem = Problem::general("OFT-C021", format!("{} is a project already", folder.display()));
        return Err(Problems(vec![problem.with_help("choose another folder: offtake init FOLDER")]).into());
    }
    let files = write_project(folder, Template::Init)?;
    output.result(&json!({"schema": "offtake.init/1", "folder": folder, "files": files}), || {
        format!(
            "wrote {}\n  {}\n\nNext:\n  put a connector at plugins/hubspot.wasm (offtake plugin build FOLDER --out …)\n  \
             export OFFTAKE_HUBSPOT_TOKEN=…\n  offtake validate --online\n  offtake plan",
            folder.display(),
            files.join("\n  ")
        )
    })?;
    Ok(Exit::Success)
}

/// Writes a project's files and returns their names.
pub(crate) fn write_project(folder: &Path, template: Template<'_>) -> anyhow::Result<Vec<String>> {
    let shared = [
        ("offtake.yml", include_str!("../../templates/offtake.yml")),
        (".gitignore", include_str!("../../templates/gitignore")),
    ];
    let own: &[(&str, &str)] = match template {
        Template::Init => &[
            ("connections/files.yml", include_str!("../../templates/init/files.yml")),
            ("connections/hubspot.yml", include_str!("../../templates/init/hubspot.yml")),
            ("data/customers.csv", include_str!("../../templates/init/customers.csv")),
            ("models/customers.sql", include_str!("../../templates/init/customers.sql")),
            ("syncs/customers-to-hubspot.yml", include_str!("../../templates/init/customers-to-hubspot.yml")),
        ],
        Template::Demo { .. } => &[
            ("connections/lake.yml", include_str!("../../templates/demo/lake.yml")),
            ("connections/hubspot.yml", include_str!("../../templates/demo/hubspot.yml")),
            ("models/customers.sql", include_str!("../../templates/demo/customers.sql")),
            ("syncs/customers-to-hubspot.yml", include_str!("../../templates/demo/customers-to-hubspot.yml")),
        ],
    };
    let mut written = Vec::new();
    for (name, text) in shared.iter().chain(own) {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        let text = match template {
            Template::Demo { simulator, .. } => text.replace("{simulator}", simulator),
            Template::Init => (*text).to_owned(),
        };
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        written.push((*name).to_owned());
    }
    if let Template::Demo { token, .. } = template {
        let path = folder.join("secrets").join("hubspot-token");
        fs::create_dir_all(folder.join("secrets"))?;
        fs::write(&path, token).with_context(|| format!("cannot write {}", path.display()))?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(written)
}
