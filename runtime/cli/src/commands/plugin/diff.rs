//! `offtake plugin diff`.

use std::collections::BTreeSet;
use std::path::Path;

use offtake_core::Fault;
use offtake_core::grant::Ask;
use offtake_registry::{Lock, Pin};
use serde_json::json;

use super::fetch::fetch;
use super::install::pin;
use crate::args::RegistryArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(super) async fn diff(folder: &Path, place: &str, registry: &RegistryArgs, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let fetched = fetch(folder, place, registry).await?;
    let lock = Lock::load(&workspace.project.folder).map_err(Fault::from)?;
    let before = lock.pin(&fetched.inspected.manifest.id);
    let judged = pin(&workspace, &fetched, before);
    let asks = Ask::of(&fetched.inspected.manifest);
    let approved = before.map(|before| before.approved.clone()).unwrap_or_default();
    let (more, less) = (asks.beyond(&approved), approved.beyond(&asks));
    let manifest = &fetched.inspected.manifest;
    let document = json!({
        "schema": "offtake.diff/1",
        "id": manifest.id,
        "installed": before.map(|pin| json!({"version": pin.version, "sha256": pin.sha256, "signer": pin.signer})),
        "offered": {
            "version": manifest.version,
            "sha256": fetched.inspected.digest,
            "signer": judged.as_ref().ok().and_then(|pin| pin.signer.clone()),
        },
        "asks_for_more": more,
        "asks_for_less": less,
        "refused": judged.as_ref().err().map(|fault| json!({"code": fault.code, "message": fault.message})),
    });
    output.result(&document, || {
        let mut lines = vec![match before {
            Some(Pin { version, .. }) => format!("{}: {version} → {}", manifest.id, manifest.version),
            None => format!("{}: not installed → {}", manifest.id, manifest.version),
        }];
        let signers: BTreeSet<&str> = before.iter().filter_map(|pin| pin.signer.as_deref()).collect();
        match &judged {
            Ok(pin) => {
                let who = pin.signer.as_deref().unwrap_or("nobody known");
                let changed = !signers.is_empty() && !signers.contains(who);
                lines.push(format!("signed by {who}{}", if changed { ", and before by another" } else { "" }));
            }
            Err(fault) => lines.push(format!("would be refused: {} {}", fault.code, fault.message)),
        }
        lines.extend(more.iter().map(|more| format!("+ {more}")));
        lines.extend(less.iter().map(|less| format!("- {less}")));
        if more.is_empty() && less.is_empty() {
            lines.push("asks for the same as before".to_owned());
        }
        lines.join("\n")
    })?;
    Ok(Exit::Success)
}
