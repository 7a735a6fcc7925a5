//! `offtake plugin list`.

use std::path::Path;

use serde_json::{Value, json};

use super::inspect::document;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Supply, Workspace};

/// Of a digest or a key, enough to tell it from others.
const SHOWN: usize = 12;

pub(super) fn list(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let supply = Supply::of(&project);
    let mut plugins = Vec::new();
    for (connection, destination) in &project.destinations {
        plugins.push((connection, project.shown(&destination.plugin), supply.admit(&destination.plugin)));
    }
    let documents: Vec<Value> = plugins
        .iter()
        .map(|(connection, path, admitted)| match admitted {
            Ok(admitted) => json!({
                "connection": connection,
                "file": path,
                "component": document(&admitted.inspected),
                "signer": admitted.signer,
                "pinned": admitted.is_pinned,
            }),
            Err(fault) => {
                json!({"connection": connection, "file": path, "error": fault.message, "code": fault.code})
            }
        })
        .collect();
    output.result(&json!({"schema": "offtake.plugins/1", "plugins": documents}), || {
        let mut table = output.table(&["Connection", "File", "Connector", "Version", "Digest", "Signed by", "Pinned"]);
        for (connection, path, admitted) in &plugins {
            let (connection, file) = (connection.to_string(), path.display().to_string());
            match admitted {
                Ok(admitted) => table.add_row([
                    connection,
                    file,
                    admitted.inspected.manifest.id.clone(),
                    admitted.inspected.manifest.version.clone(),
                    short(&admitted.inspected.digest),
                    admitted.signer.as_deref().map_or_else(|| "nobody known".to_owned(), short),
                    if admitted.is_pinned { "yes" } else { "no" }.to_owned(),
                ]),
                Err(fault) => table.add_row([connection, file, format!("{} {}", fault.code, fault.message)]),
            };
        }
        table.to_string()
    })?;
    Ok(Exit::Success)
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
