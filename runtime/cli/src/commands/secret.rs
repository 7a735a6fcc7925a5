//! `offtake secret`.

use std::io::{IsTerminal, Read};
use std::path::Path;

use anyhow::Context;
use offtake_core::Fault;
use offtake_secrets::Store;
use secrecy::SecretString;
use serde_json::json;

use crate::args::Secret;
use crate::exit::Exit;
use crate::output::Output;
use crate::secrets;
use crate::wire::Workspace;

/// A little more than the store takes, so that it is the store that says what is too long.
const STDIN_BYTES_MAX: u64 = 1 << 20;

pub(crate) fn secret(folder: &Path, secret: &Secret, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::settings(folder)?;
    let secrets = secrets::of(&project);
    match secret {
        Secret::Set { name } => set(secrets.store(), name, output),
        Secret::List => list(secrets.store(), output),
        Secret::Rm { name } => remove(secrets.store(), name, output),
    }
}

fn set(store: &Store, name: &str, output: &Output) -> anyhow::Result<Exit> {
    let value = read(name)?;
    let made = store.set(name, &value).map_err(Fault::from)?;
    let identity = store.identity().path();
    let document = json!({"schema": "offtake.secret/1", "name": name, "identity": identity, "identity_made": made});
    output.result(&document, || {
        let kept = format!("kept; connections refer to it as {{ secret: {name} }}");
        if !made {
            return kept;
        }
        let path = identity.display();
        format!("{kept}\n{path} is the key to everything that is kept: keep a copy of it in a safe place")
    })?;
    Ok(Exit::Success)
}

/// From a person without showing it, or from a pipe.
fn read(name: &str) -> anyhow::Result<SecretString> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("secret `{name}`: ")).context("cannot read from the terminal")?
    } else {
        let mut text = String::new();
        std::io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text).context("cannot read from stdin")?;
        text
    };
    let text = SecretString::from(text.trim_end_matches(['\r', '\n']));
    if secrecy::ExposeSecret::expose_secret(&text).trim().is_empty() {
        return Err(Fault::new("OFT-A003", "the secret is empty").with_help("type it, or pipe it in").into());
    }
    Ok(text)
}

fn list(store: &Store, output: &Output) -> anyhow::Result<Exit> {
    let names = store.list().map_err(Fault::from)?;
    output.result(&json!({"schema": "offtake.secrets/1", "names": names}), || names.join("\n"))?;
    Ok(Exit::Success)
}

fn remove(store: &Store, name: &str, output: &Output) -> anyhow::Result<Exit> {
    let removed = store.remove(name).map_err(Fault::from)?;
    if !removed {
        let help = "`offtake secret list` shows what is kept";
        return Err(Fault::new("OFT-A003", format!("no secret `{name}` is kept")).with_help(help).into());
    }
    output
        .result(&json!({"schema": "offtake.secret/1", "name": name, "removed": true}), || format!("forgot {name}"))?;
    Ok(Exit::Success)
}
