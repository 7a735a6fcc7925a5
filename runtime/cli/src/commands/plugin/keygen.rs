//! `offtake plugin keygen`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use offtake_core::Fault;
use offtake_registry::KeyPair;
use secrecy::ExposeSecret;
use serde_json::json;

use super::sign::{password, terminal};
use crate::exit::Exit;
use crate::output::Output;

pub(super) fn keygen(out: &Path, no_password: bool, output: &Output) -> anyhow::Result<Exit> {
    let password = match no_password {
        true => None,
        false => Some(password(&terminal("password for the new key: "))?),
    };
    let pair = KeyPair::generate(password.as_ref()).map_err(Fault::from)?;
    let public = out.with_extension("pub");
    write(out, pair.secret.expose_secret(), 0o600)?;
    write(&public, &pair.public, 0o644)?;
    let document = json!({"schema": "offtake.keygen/1", "secret_key": out, "public_key": public, "key": pair.key});
    output.result(&document, || {
        format!(
            "wrote {} (keep it to yourself) and {}\n\nWho trusts it has in offtake.yml:\n  trust: {{ signers: [{{ key: {} }}] }}",
            out.display(),
            public.display(),
            pair.key
        )
    })?;
    Ok(Exit::Success)
}

/// A key is never written over another one.
fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
