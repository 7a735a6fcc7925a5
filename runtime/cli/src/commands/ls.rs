//! `offtake ls`.

use std::path::Path;

use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) fn ls(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let sources = project.sources.iter().map(|(name, source)| {
        let tables: Vec<&str> = source.lake.tables.keys().map(|table| table.as_str()).collect();
        json!({"connection": name, "kind": "source", "tables": tables})
    });
    let destinations = project.destinations.iter().map(|(name, destination)| {
        json!({"connection": name, "kind": "destination", "plugin": project.shown(&destination.plugin)})
    });
    let connections: Vec<serde_json::Value> = sources.chain(destinations).collect();
    let syncs: Vec<serde_json::Value> = project
        .syncs
        .values()
        .map(|sync| {
            json!({
                "sync": sync.name,
                "source": sync.source,
                "destination": sync.destination,
                "object": sync.object,
                "mode": sync.mode.as_str(),
                "match": sync.match_keys,
                "fields": sync.fields.len(),
            })
        })
        .collect();
    let document =
        json!({"schema": "offtake.ls/1", "project": project.name, "connections": connections, "syncs": syncs});
    output.result(&document, || {
        let mut syncs = output.table(&["Sync", "From", "To", "Mode", "Match", "Fields"]);
        for sync in project.syncs.values() {
            syncs.add_row([
                sync.name.to_string(),
                sync.source.to_string(),
                format!("{}/{}", sync.destination, sync.object),
                sync.mode.as_str().to_owned(),
                sync.match_keys.join(", "),
                sync.fields.len().to_string(),
            ]);
        }
        let mut connections = output.table(&["Connection", "Kind", "What"]);
        for (name, source) in &project.sources {
            let tables: Vec<String> = source.lake.tables.keys().map(ToString::to_string).collect();
            connections.add_row([name.to_string(), "source".to_owned(), tables.join(", ")]);
        }
        for (name, destination) in &project.destinations {
            let plugin = project.shown(&destination.plugin).display().to_string();
            connections.add_row([name.to_string(), "destination".to_owned(), plugin]);
        }
        format!("{connections}\n\n{syncs}")
    })?;
    Ok(Exit::Success)
}
