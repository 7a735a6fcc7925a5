//! `offtake plugin list`.

use std::path::Path;

use offtake_plugin::inspect;
use serde_json::json;

use super::inspect::document;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(super) fn list(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let mut plugins = Vec::new();
    for (connection, destination) in &project.destinations {
        plugins.push((connection, project.shown(&destination.plugin), inspect(&destination.plugin)));
    }
    let documents: Vec<serde_json::Value> = plugins
        .iter()
        .map(|(connection, path, inspected)| match inspected {
            Ok(inspected) => json!({"connection": connection, "file": path, "component": document(inspected)}),
            Err(error) => {
                json!({"connection": connection, "file": path, "error": error.to_string(), "code": error.code()})
            }
        })
        .collect();
    output.result(&json!({"schema": "offtake.plugins/1", "plugins": documents}), || {
        let mut table = output.table(&["Connection", "File", "Connector", "Version", "Digest"]);
        for (connection, path, inspected) in &plugins {
            let file = path.display().to_string();
            match inspected {
                Ok(found) => table.add_row([
                    connection.to_string(),
                    file,
                    found.manifest.id.clone(),
                    found.manifest.version.clone(),
                    found.digest.chars().take(12).collect(),
                ]),
                Err(error) => table.add_row([connection.to_string(), file, error.to_string()]),
            };
        }
        table.to_string()
    })?;
    Ok(Exit::Success)
}
