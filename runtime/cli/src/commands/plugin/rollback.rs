//! `offtake plugin rollback`.

use std::path::Path;

use offtake_core::Fault;
use offtake_plugin::inspect;
use offtake_registry::{Installed, Lock, Signature};
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Supply, Workspace};

pub(super) fn rollback(folder: &Path, id: &str, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::settings(folder)?;
    let mut lock = Lock::load(&project.folder).map_err(Fault::from)?;
    let from = lock.pin(id).map(|pin| pin.version.clone()).unwrap_or_default();
    let pin = lock.go_back(id).map_err(Fault::from)?;
    let installed = Installed::of(&project.folder);
    // What ran once may be denied by now.
    let kept = installed.kept(&pin.file, &pin.sha256);
    let inspected = inspect(&kept).map_err(Fault::from)?;
    let signature = Signature::beside(&kept).map_err(Fault::from)?;
    Supply::of(&project).judge(&inspected, signature.as_slice())?;
    lock.save(&project.folder).map_err(Fault::from)?;
    installed.activate(&pin).map_err(Fault::from)?;
    output.result(&json!({"schema": "offtake.rollback/1", "id": id, "from": from, "to": pin.version}), || {
        format!("{id}: {from} → {}", pin.version)
    })?;
    Ok(Exit::Success)
}
