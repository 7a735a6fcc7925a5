//! `offtake plugin sign`.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::Context;
use offtake_core::Fault;
use offtake_plugin::inspect;
use offtake_registry::SigningKey;
use secrecy::SecretString;
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;

/// Where a password stands when nobody sits at the terminal.
const PASSWORD_VARIABLE: &str = "OFFTAKE_KEY_PASSWORD";

pub(super) fn sign(file: &Path, key: &Path, output: &Output) -> anyhow::Result<Exit> {
    let inspected = inspect(file).map_err(Fault::from)?;
    let text = std::fs::read_to_string(key).with_context(|| format!("cannot read {}", key.display()))?;
    let text = SecretString::from(text);
    let signing = match SigningKey::read(&text, None) {
        Ok(signing) => signing,
        Err(_) => SigningKey::read(&text, Some(&password(&terminal("password of the key: "))?)).map_err(Fault::from)?,
    };
    let manifest = &inspected.manifest;
    let comment = format!("{} {} sha256:{}", manifest.id, manifest.version, inspected.digest);
    let signature = signing.sign(&inspected.bytes, &comment).map_err(Fault::from)?;
    let beside = signature.put_beside(file).map_err(Fault::from)?;
    let key = signing.public();
    output.result(&json!({"schema": "offtake.sign/1", "signature": beside, "key": key, "signs": comment}), || {
        format!("{}\nsigns {comment}\nwith the key {key}", beside.display())
    })?;
    Ok(Exit::Success)
}

/// How a password is asked for at the terminal.
pub(super) fn terminal(prompt: &str) -> impl Fn() -> std::io::Result<String> {
    move || rpassword::prompt_password(prompt)
}

/// The password of a key: from the environment, or typed where nobody sees it.
pub(super) fn password(ask: &dyn Fn() -> std::io::Result<String>) -> anyhow::Result<SecretString> {
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok(SecretString::from(password));
    }
    if !std::io::stdin().is_terminal() {
        let fault = Fault::new("OFT-P044", "the key needs a password, and nobody can be asked for it");
        return Err(fault.with_help(format!("put it into {PASSWORD_VARIABLE}")).into());
    }
    Ok(SecretString::from(ask().context("cannot read from the terminal")?))
}
