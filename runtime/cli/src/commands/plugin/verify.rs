//! `offtake plugin verify`.

use std::path::Path;

use offtake_core::Fault;
use serde_json::json;

use super::fetch::fetch;
use crate::args::RegistryArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Supply, Workspace};

pub(super) async fn verify(
    folder: &Path,
    place: &str,
    key: Option<&str>,
    registry: &RegistryArgs,
    output: &Output,
) -> anyhow::Result<Exit> {
    let fetched = fetch(folder, place, registry).await?;
    let inspected = &fetched.inspected;
    let signer = match key {
        Some(key) => {
            let by = fetched.signatures.iter().find_map(|signature| signature.by(&inspected.bytes, [key].into_iter()));
            let by = by.ok_or_else(|| {
                let message = format!("{place} is not signed with the key {key}");
                Fault::new("OFT-P045", message).with_help("check where it comes from, and the key")
            })?;
            Some(by.to_owned())
        }
        None => {
            let supply = Supply::of(&Workspace::settings(folder)?);
            supply.judge(inspected, &fetched.signatures)?
        }
    };
    let manifest = &inspected.manifest;
    let document = json!({
        "schema": "offtake.verify/1",
        "id": manifest.id,
        "version": manifest.version,
        "sha256": inspected.digest,
        "origin": fetched.origin,
        "signer": signer,
        "signatures": fetched.signatures.len(),
    });
    output.result(&document, || {
        let who = match &signer {
            Some(key) => format!("signed with the key {key}"),
            None => "not signed by anybody known; the project allows that".to_owned(),
        };
        format!("{} {}\nsha256 {}\n{who}", manifest.id, manifest.version, inspected.digest)
    })?;
    Ok(Exit::Success)
}
