//! `offtake plugin inspect`.

use std::path::Path;

use offtake_core::Fault;
use offtake_plugin::Inspected;
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;

pub(super) fn inspect(file: &Path, output: &Output) -> anyhow::Result<Exit> {
    let inspected = offtake_plugin::inspect(file).map_err(Fault::from)?;
    output.result(&document(&inspected), || text(&inspected))?;
    Ok(Exit::Success)
}

pub(super) fn document(inspected: &Inspected) -> serde_json::Value {
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
