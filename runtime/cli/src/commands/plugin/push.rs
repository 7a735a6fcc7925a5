//! `offtake plugin push`.

use std::path::Path;

use offtake_core::Fault;
use offtake_plugin::inspect;
use offtake_registry::{Place, Signature};
use serde_json::json;

use super::fetch;
use crate::args::RegistryArgs;
use crate::exit::Exit;
use crate::output::Output;

pub(super) async fn push(
    folder: &Path,
    file: &Path,
    reference: &str,
    registry: &RegistryArgs,
    output: &Output,
) -> anyhow::Result<Exit> {
    let file = folder.join(file);
    let inspected = inspect(&file).map_err(Fault::from)?;
    let signature = Signature::beside(&file).map_err(Fault::from)?;
    let reference = Place::reference(reference).map_err(Fault::from)?;
    let registry = fetch::registry(folder, registry)?;
    let names = (inspected.imports.as_slice(), inspected.exports.as_slice());
    let pushed = registry.push(&reference, inspected.bytes, &inspected.manifest, names, signature.as_ref()).await;
    let pushed = pushed.map_err(Fault::from)?;
    let document = json!({"schema": "offtake.push/1", "reference": pushed.reference, "signed": pushed.signed});
    output.result(&document, || {
        let signed =
            if pushed.signed { "with its signature" } else { "without a signature: there is none beside the file" };
        format!("{}\n{signed}", pushed.reference)
    })?;
    Ok(Exit::Success)
}
