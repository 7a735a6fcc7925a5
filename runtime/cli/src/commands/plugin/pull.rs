//! `offtake plugin pull`.

use std::path::Path;

use anyhow::Context;
use offtake_core::Fault;
use offtake_registry::{Origin, Place};
use serde_json::json;

use super::fetch::fetch;
use crate::args::RegistryArgs;
use crate::exit::Exit;
use crate::output::Output;

pub(super) async fn pull(
    folder: &Path,
    reference: &str,
    out: Option<&Path>,
    registry: &RegistryArgs,
    output: &Output,
) -> anyhow::Result<Exit> {
    // A file of this name is not what is meant.
    let reference = Place::reference(reference).map_err(Fault::from)?;
    let fetched = fetch(folder, &format!("oci://{}", reference.whole()), registry).await?;
    let own_name = format!("{}.wasm", fetched.inspected.manifest.id);
    let path = folder.join(out.unwrap_or(Path::new(&own_name)));
    std::fs::write(&path, &fetched.inspected.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    // minisign knows one signature a file; the others stay in the registry.
    let signature = fetched.signatures.first();
    let beside = signature.map(|signature| signature.put_beside(&path)).transpose().map_err(Fault::from)?;
    let Origin::Registry(pulled) = &fetched.origin else { anyhow::bail!("{reference} is no reference of a registry") };
    let document = json!({
        "schema": "offtake.pull/1", "file": path, "signature": beside, "reference": pulled,
        "sha256": fetched.inspected.digest, "signatures": fetched.signatures.len(),
    });
    output.result(&document, || {
        let signed =
            if beside.is_some() { "with its signature, which nobody has checked yet" } else { "without a signature" };
        format!("{}\nfrom {pulled}, {signed}", path.display())
    })?;
    Ok(Exit::Success)
}
