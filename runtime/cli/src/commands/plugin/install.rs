//! `offtake plugin install`: the only way in which pins change, beside going back.

use std::path::{Path, PathBuf};

use offtake_core::Fault;
use offtake_core::grant::Ask;
use offtake_plugin::inspect;
use offtake_registry::{Installed, Lock, Origin, Pin, Signature};
use serde_json::json;

use super::fetch::{Fetched, fetch};
use crate::args::RegistryArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Workspace, settings_problems};

/// Where a connector goes that no connection names yet.
const FOLDER: &str = "plugins";

/// What a person wants to have installed.
pub(super) struct Wanted<'a> {
    /// A file, or a reference of a registry.
    pub(super) place: &'a str,
    /// Where it goes.
    pub(super) file: Option<PathBuf>,
    /// Whether it may have more than was approved before.
    pub(super) approve: bool,
}

pub(super) async fn install(
    folder: &Path,
    wanted: Wanted<'_>,
    registry: &RegistryArgs,
    output: &Output,
) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let fetched = fetch(folder, wanted.place, registry).await?;
    let mut lock = Lock::load(&workspace.project.folder).map_err(Fault::from)?;
    let before = lock.pin(&fetched.inspected.manifest.id).cloned();
    let mut pin = pin(&workspace, &fetched, before.as_ref())?;
    if let Some(file) = wanted.file {
        pin.file = file;
    }
    if let Some(before) = &before
        && !wanted.approve
    {
        let beyond = pin.approved.beyond(&before.approved);
        if !beyond.is_empty() {
            return Err(not_approved(&pin, &beyond).into());
        }
    }
    let path = workspace.project.folder.join(&pin.file);
    let problems = settings_problems(&workspace.project, &path, &fetched.inspected.manifest);
    if !problems.is_empty() {
        return Err(problems.into());
    }
    // What cannot be compiled is not installed. It also means that the next run finds it ready.
    let signature = vouching(&fetched, pin.signer.as_deref()).cloned();
    let component = fetched.inspected.bytes.clone();
    workspace.host.compile(&path, fetched.inspected).map_err(Fault::from)?;
    let installed = Installed::of(&workspace.project.folder);
    installed.keep(&pin.file, &component, signature.as_ref()).map_err(Fault::from)?;
    lock.put(pin.clone());
    lock.save(&workspace.project.folder).map_err(Fault::from)?;
    installed.activate(&pin).map_err(Fault::from)?;
    installed.sweep(&lock, &pin.file).map_err(Fault::from)?;
    show(&pin, before.as_ref(), output)
}

/// Puts back what the lock pins: after a checkout on another machine, or when a file was damaged.
pub(super) async fn restore(folder: &Path, registry: &RegistryArgs, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let lock = Lock::load(&workspace.project.folder).map_err(Fault::from)?;
    let installed = Installed::of(&workspace.project.folder);
    let mut restored = Vec::new();
    for pin in lock.pins() {
        let path = workspace.project.folder.join(&pin.file);
        if inspect(&path).is_ok_and(|found| found.digest == pin.sha256) {
            continue;
        }
        if inspect(&installed.kept(&pin.file, &pin.sha256)).is_err() {
            let place = match &pin.origin {
                Origin::Registry(reference) => format!("oci://{reference}"),
                Origin::File(path) => path.display().to_string(),
            };
            let fetched = fetch(folder, &place, registry).await?;
            if fetched.inspected.digest != pin.sha256 {
                let message = format!("{place} is not the {} {} that offtake.lock pins", pin.id, pin.version);
                return Err(Fault::new("OFT-P035", message)
                    .with_help("install the version that you want by its place")
                    .into());
            }
            let signature = vouching(&fetched, pin.signer.as_deref());
            installed.keep(&pin.file, &fetched.inspected.bytes, signature).map_err(Fault::from)?;
        }
        installed.activate(pin).map_err(Fault::from)?;
        workspace.supply.admit(&path)?;
        restored.push(format!("{} {}", pin.id, pin.version));
    }
    output.result(&json!({"schema": "offtake.install/1", "restored": restored}), || match restored.as_slice() {
        [] => "everything that offtake.lock pins is in its place".to_owned(),
        restored => format!("put back {}", restored.join(", ")),
    })?;
    Ok(Exit::Success)
}

/// The pin that a component would get.
pub(super) fn pin(workspace: &Workspace, fetched: &Fetched, before: Option<&Pin>) -> Result<Pin, Fault> {
    let inspected = &fetched.inspected;
    let manifest = &inspected.manifest;
    let signer = workspace.supply.judge(inspected, &fetched.signatures)?;
    let usual = || PathBuf::from(FOLDER).join(format!("{}.wasm", manifest.id));
    Ok(Pin {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        file: before.map_or_else(usual, |before| before.file.clone()),
        sha256: inspected.digest.clone(),
        wit: manifest.wit.clone(),
        origin: fetched.origin.clone(),
        signer,
        approved: Ask::of(manifest),
        previous: Vec::new(),
    })
}

/// The signature that is kept: the one by which it is trusted, or any.
fn vouching<'a>(fetched: &'a Fetched, signer: Option<&str>) -> Option<&'a Signature> {
    let by = |signature: &&Signature| signer.is_some_and(|key| signature.verify(&fetched.inspected.bytes, key).is_ok());
    fetched.signatures.iter().find(by).or(fetched.signatures.first())
}

fn not_approved(pin: &Pin, beyond: &[String]) -> Fault {
    let message = format!("{} {} asks for more than was approved:\n  {}", pin.id, pin.version, beyond.join("\n  "));
    Fault::new("OFT-P036", message).with_help("if it is meant, install it with --approve; what is installed goes on")
}

fn show(pin: &Pin, before: Option<&Pin>, output: &Output) -> anyhow::Result<Exit> {
    let document = json!({"schema": "offtake.install/1", "installed": pin, "replaces": before.map(|pin| &pin.version)});
    output.result(&document, || {
        let mut text = format!("{} {} → {}", pin.id, pin.version, pin.file.display());
        if let Some(before) = before {
            text.push_str(&format!("\nin place of {}; back with: offtake plugin rollback {}", before.version, pin.id));
        }
        text.push_str(&match &pin.signer {
            Some(key) => format!("\nsigned with the key {key}"),
            None => "\nnot signed by anybody known, which the project allows".to_owned(),
        });
        for reach in &pin.approved.reach {
            text.push_str(&format!("\n  may send {reach}"));
        }
        for secret in &pin.approved.secrets {
            text.push_str(&format!("\n  may have sent {secret}"));
        }
        text.push_str("\nless than that is granted under `plugins` of offtake.yml");
        text
    })?;
    Ok(Exit::Success)
}
