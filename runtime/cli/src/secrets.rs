//! Reads the secrets that a connection refers to.

use std::collections::BTreeMap;

use offtake_config::{DestinationConnection, Problem, Problems, SecretRef, suggest};
use offtake_core::manifest::Manifest;
use offtake_egress::Secret;

/// The secrets of a connection by slot, each with the way to read it again when it was rotated. What is missing is a
/// problem at its place.
pub(crate) fn read(
    connection: &DestinationConnection,
    manifest: &Manifest,
    problems: &mut Problems,
) -> BTreeMap<String, Secret> {
    let mut secrets = BTreeMap::new();
    for (slot, reference) in &connection.credentials {
        let pointer = format!("/destination/credentials/{slot}");
        let problem = |code, message: String| Problem::at(&connection.document, &pointer, code, message);
        if !manifest.credentials.contains_key(slot) {
            let known: Vec<&str> = manifest.credentials.keys().map(String::as_str).collect();
            let message = format!("connector `{}` has no credential slot `{slot}`", manifest.id);
            let help = suggest(slot, known.iter().copied())
                .map_or_else(|| format!("it has {}", known.join(", ")), |meant| format!("did you mean `{meant}`?"));
            problems.push(problem("OFT-C020", message).with_help(help));
            continue;
        }
        match value_of(reference) {
            Ok(value) => {
                let reference = reference.clone();
                let again = move || value_of(&reference).map_err(|(message, _)| message);
                secrets.insert(slot.clone(), Secret::new(value).read_again_by(again));
            }
            Err((message, help)) => problems.push(problem("OFT-A003", message).with_help(help)),
        }
    }
    for (slot, declared) in &manifest.credentials {
        if !connection.credentials.contains_key(slot) {
            let message = format!("credential `{slot}` is not set");
            let help = format!("add `{slot}: {{ env: … }}` under `credentials`: {}", declared.description);
            problems.push(
                Problem::at(&connection.document, "/destination/credentials", "OFT-A003", message).with_help(help),
            );
        }
    }
    secrets
}

/// What stands there now, or why there is nothing and what to do.
fn value_of(reference: &SecretRef) -> Result<String, (String, String)> {
    let empty = |value: &String| value.trim().is_empty();
    match reference {
        SecretRef::Env(name) => {
            let value = std::env::var(name).ok().filter(|value| !empty(value));
            value.ok_or_else(|| {
                (format!("the environment variable `{name}` is not set"), format!("export {name}=… and run again"))
            })
        }
        SecretRef::File(path) => {
            let read = std::fs::read_to_string(path);
            let value = read.map_err(|error| {
                (format!("cannot read {}: {error}", path.display()), "write the secret into that file".to_owned())
            })?;
            if empty(&value) {
                return Err((format!("{} is empty", path.display()), "write the secret into that file".to_owned()));
            }
            Ok(value)
        }
    }
}
