//! `offtake plugin inspect`: what a component asks for, what the project grants, and what lies between.

use std::path::Path;

use offtake_config::{PROJECT_FILE, Project};
use offtake_core::Fault;
use offtake_core::grant::Withheld;
use offtake_core::manifest::CredentialKind;
use offtake_plugin::{CEILING, Inspected};
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(super) fn inspect(folder: &Path, file: &Path, output: &Output) -> anyhow::Result<Exit> {
    let inspected = offtake_plugin::inspect(&folder.join(file)).map_err(Fault::from)?;
    // A vendor inspects where there is no project, and everything is granted as it is asked for.
    let project = folder.join(PROJECT_FILE).is_file().then(|| Workspace::settings(folder)).transpose()?;
    let withheld = project.as_ref().map(|project| withheld(project, &inspected));
    let mut document = document(&inspected);
    if let (Some(withheld), Some(members)) = (&withheld, document.as_object_mut()) {
        let words: Vec<String> = withheld.iter().map(ToString::to_string).collect();
        members.insert("withheld".to_owned(), words.into());
        let granted = project.as_ref().map(|project| project.granted(&inspected.manifest.id).limits);
        let limits = granted.unwrap_or_default().of(inspected.manifest.limits).at_most(CEILING);
        members.insert("granted_limits".to_owned(), json!(limits));
    }
    output.result(&document, || text(&inspected, withheld.as_deref()))?;
    Ok(Exit::Success)
}

fn withheld(project: &Project, inspected: &Inspected) -> Vec<Withheld> {
    project.granted(&inspected.manifest.id).withholds(&inspected.manifest, &project.block)
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

fn text(inspected: &Inspected, withheld: Option<&[Withheld]>) -> String {
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
        let how = match credential.kind {
            CredentialKind::StandardWebhooks => format!("signs requests to {endpoints}, itself not sent"),
            _ => format!("in {} to {endpoints}", credential.header),
        };
        let optional = if credential.optional { ", if the connection has it" } else { "" };
        text.push_str(&format!("  {slot}: {how}{optional} ({})\n", credential.description));
        if let Some(oauth2) = &credential.oauth2 {
            text.push_str(&format!("    the host may get access tokens from {}{}\n", oauth2.endpoint, oauth2.path));
        }
    }
    if !manifest.quotas.is_empty() {
        let names: Vec<&str> = manifest.quotas.keys().map(String::as_str).collect();
        text.push_str(&format!("\nits vendor tells of quotas, which the host keeps\n  {}\n", names.join(", ")));
    }
    let limits = manifest.limits;
    text.push_str(&format!(
        "\nwants for one call\n  {} MiB, {} ms of CPU, {} ms in all\n",
        limits.memory_mib, limits.cpu_ms, limits.wall_ms
    ));
    match withheld {
        None => {}
        Some([]) => text.push_str("\nthis project grants all of it\n"),
        Some(withheld) => {
            let lines: Vec<String> = withheld.iter().map(ToString::to_string).collect();
            text.push_str(&format!("\nthis project grants less\n  {}\n", lines.join("\n  ")));
        }
    }
    for (title, names) in [("imports", &inspected.imports), ("exports", &inspected.exports)] {
        text.push_str(&format!("\n{title}\n  {}\n", names.join("\n  ")));
    }
    text
}
