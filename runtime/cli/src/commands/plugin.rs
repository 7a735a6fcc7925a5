//! `offtake plugin`.

use std::path::{Path, PathBuf};

use offtake_build::{BuildOptions, build, scaffold};
use offtake_core::Fault;
use offtake_plugin::{Inspected, inspect};
use serde_json::json;

use crate::args::Plugin;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Workspace, cache_folder};

pub(crate) fn plugin(folder: &Path, plugin: Plugin, output: &Output) -> anyhow::Result<Exit> {
    match plugin {
        Plugin::New { name, folder: within } => new(&name, &folder.join(within), output),
        Plugin::Build { folder: connector, out } => {
            let options = BuildOptions { out, target_dir: cache_folder().map(|cache| cache.join("plugin-target")) };
            let built = build(&folder.join(connector), &options, &mut |line| output.note(line))?;
            let document = json!({
                "schema": "offtake.build/1",
                "path": built.path,
                "bytes": built.size_bytes,
                "sha256": built.sha256,
                "toolchain": built.toolchain.to_string(),
            });
            output.result(&document, || {
                format!(
                    "{}\n{} bytes, sha256 {}\nbuilt with {}",
                    built.path.display(),
                    built.size_bytes,
                    built.sha256,
                    built.toolchain
                )
            })?;
            Ok(Exit::Success)
        }
        Plugin::Inspect { file } => {
            let inspected = inspect(&folder.join(file)).map_err(Fault::from)?;
            output.result(&document(&inspected), || text(&inspected))?;
            Ok(Exit::Success)
        }
        Plugin::List => list(folder, output),
    }
}

fn new(name: &str, folder: &Path, output: &Output) -> anyhow::Result<Exit> {
    // What is shown is typed again by people: without the dots of joined defaults.
    let folder: PathBuf = folder.components().collect();
    let scaffolded = scaffold(name, &folder)?;
    let document = json!({"schema": "offtake.scaffold/1", "folder": scaffolded.dir, "next": scaffolded.next});
    output.result(&document, || {
        format!("wrote {}\n\nNext:\n  {}", scaffolded.dir.display(), scaffolded.next.join("\n  "))
    })?;
    Ok(Exit::Success)
}

fn list(folder: &Path, output: &Output) -> anyhow::Result<Exit> {
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

fn document(inspected: &Inspected) -> serde_json::Value {
    json!({
        "schema": "offtake.inspect/1",
        "manifest": inspected.manifest,
        "imports": inspected.imports,
        "exports": inspected.exports,
        "bytes": inspected.bytes.len(),
        "sha256": inspected.digest,
    })
}

fn text(inspected: &Inspected) -> String {
    let manifest = &inspected.manifest;
    let mut text = format!(
        "{} {} ({})\n{}\nbuilt for {}\n{} bytes, sha256 {}\n",
        manifest.name,
        manifest.version,
        manifest.id,
        manifest.description,
        manifest.wit,
        inspected.bytes.len(),
        inspected.digest
    );
    text.push_str("\nwants to reach\n");
    for (name, endpoint) in &manifest.endpoints {
        let methods = endpoint.methods.join(" ");
        text.push_str(&format!("  {name}: {methods} {} {}\n", endpoint.base, endpoint.paths.join(" ")));
    }
    text.push_str("\nwants sent with its requests, and never sees\n");
    for (slot, credential) in &manifest.credentials {
        let endpoints = credential.endpoints.join(", ");
        text.push_str(&format!("  {slot}: in {} to {endpoints} ({})\n", credential.header, credential.description));
    }
    let limits = manifest.limits;
    text.push_str(&format!(
        "\nwants for one call\n  {} MiB, {} ms of CPU, {} ms in all\n",
        limits.memory_mib, limits.cpu_ms, limits.wall_ms
    ));
    for (title, names) in [("imports", &inspected.imports), ("exports", &inspected.exports)] {
        text.push_str(&format!("\n{title}\n  {}\n", names.join("\n  ")));
    }
    text
}
