//! Lists the guests, so that the tests do not compile where one of them has no test.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let guests = Path::new("../guests");
    println!("cargo::rerun-if-changed={}", guests.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(guests)? {
        let entry = entry?;
        if entry.path().join("connector.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut code =
        "/// A folder of `tests/guests`.\n#[derive(Debug, Clone, Copy)]\npub(crate) enum Guest {\n".to_owned();
    let written = names.iter().try_for_each(|name| writeln!(code, "    /// `{name}`.\n    {},", variant(name)));
    written.map_err(io::Error::other)?;
    code.push_str("}\n\n/// All of them with their names.\npub(crate) const ALL: &[(Guest, &str)] = &[\n");
    let written = names.iter().try_for_each(|name| writeln!(code, "    (Guest::{}, \"{name}\"),", variant(name)));
    written.map_err(io::Error::other)?;
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo gives no folder"))?;
    fs::write(Path::new(&out).join("guests.rs"), code)
}

/// `calls-out` as `CallsOut`.
fn variant(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(part).collect()
}
