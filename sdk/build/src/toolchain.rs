//! Finds what compiles to wasm on this machine: rustup's target first, Debian's packages otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The target that every connector is compiled to.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Names the way to take, `rustup` or `debian`.
const CHOICE_VARIABLE: &str = "OFFTAKE_WASM_TOOLCHAIN";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_PACKAGES: &str = "rustc-web rust-web-src";

/// Where the compiler comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolchainKind {
    /// A compiler that has the target's library, as `rustup target add` installs it.
    Rustup,
    /// Debian's compiler, which builds the library from its source.
    Debian,
}

/// A compiler for wasm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// Where it comes from.
    pub kind: ToolchainKind,
    /// What `rustc --version` says.
    pub version: String,
    /// Where the compiler has its libraries.
    pub(crate) sysroot: PathBuf,
    /// The linker to use where the compiler has none of its own.
    linker: Option<PathBuf>,
}

impl std::fmt::Display for Toolchain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way = match self.kind {
            ToolchainKind::Rustup => "rustup target",
            ToolchainKind::Debian => "Debian packages, library built from source",
        };
        write!(f, "{} ({way})", self.version)
    }
}

/// What there is on this machine, without changing it.
#[derive(Debug, Clone)]
pub struct ToolchainReport {
    /// The toolchain that a build would take; none when it would have to install one first.
    pub ready: Option<Toolchain>,
    /// What was looked at, a sentence each.
    pub found: Vec<String>,
}

/// Looks for a toolchain and installs nothing.
#[must_use]
pub fn check_toolchain() -> ToolchainReport {
    let dir = Path::new(".");
    let mut found = Vec::new();
    let mut ready = None;
    for toolchain in [look_for_rustup(dir), look_for_debian(dir).map_err(|(lacking, _)| lacking)] {
        match toolchain {
            Ok(toolchain) => {
                found.push(format!("found {toolchain}"));
                ready = ready.or(Some(toolchain));
            }
            Err(missing) => found.push(missing),
        }
    }
    ToolchainReport { ready, found }
}

/// Finds a toolchain for a build in `dir`, and installs one where that can be done without asking.
pub(crate) fn find(dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, Error> {
    let choice = std::env::var(CHOICE_VARIABLE).ok();
    match choice.as_deref() {
        None | Some("") => rustup(dir, progress)
            .or_else(|no_rustup| debian(dir, progress).map_err(|no_debian| both(&no_rustup, &no_debian))),
        Some("rustup") => rustup(dir, progress).map_err(|missing| missing.into_error()),
        Some("debian") => debian(dir, progress).map_err(|missing| missing.into_error()),
        Some(value) => Err(Error::UnknownToolchain { value: value.to_owned() }),
    }
}

struct Missing {
    found: String,
    mend: String,
}

impl Missing {
    fn into_error(self) -> Error {
        Error::NoToolchain { found: self.found, mend: self.mend }
    }
}

fn both(no_rustup: &Missing, no_debian: &Missing) -> Error {
    Error::NoToolchain {
        found: format!("{}; {}", no_rustup.found, no_debian.found),
        mend: format!("{}\nor, on Debian: {}", no_rustup.mend, no_debian.mend),
    }
}

fn rustup(dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, Missing> {
    look_for_rustup(dir).or_else(|found| {
        let mend = format!("rustup target add {TARGET}");
        progress(&mend);
        match run(dir, "rustup", &["target", "add", TARGET]) {
            Ok(_) => look_for_rustup(dir).map_err(|found| Missing { found, mend }),
            Err(reason) => Err(Missing { found: format!("{found}, and `{mend}` failed: {reason}"), mend }),
        }
    })
}

fn debian(dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, Missing> {
    // Which linker fits is known once the compiler is there, so that there may be two rounds.
    let mut asked: Vec<String> = Vec::new();
    loop {
        let (found, packages) = match look_for_debian(dir) {
            Ok(toolchain) => return Ok(toolchain),
            Err(lacking) => lacking,
        };
        let line = format!("apt-get install -y --no-install-recommends {packages}");
        let mend = if is_root() { line.clone() } else { format!("sudo {line}") };
        if !is_root() || asked.contains(&packages) {
            return Err(Missing { found, mend });
        }
        progress(&line);
        let arguments: Vec<&str> = line.split(' ').skip(1).collect();
        if let Err(reason) = run(dir, "apt-get", &arguments) {
            let found = format!("{found}, and `{line}` failed: {reason}");
            return Err(Missing { found, mend: format!("apt-get update && {mend}") });
        }
        asked.push(packages);
    }
}

/// The library of the target is what tells, whoever installed it.
fn look_for_rustup(dir: &Path) -> Result<Toolchain, String> {
    let (version, sysroot) = ask(dir, "rustc").map_err(|reason| format!("no rustc on PATH ({reason})"))?;
    if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(Toolchain { kind: ToolchainKind::Rustup, version, sysroot, linker: None });
    }
    Err(format!("{version} has no library for {TARGET}"))
}

/// The toolchain, or what is lacking and the packages that have it.
fn look_for_debian(dir: &Path) -> Result<Toolchain, (String, String)> {
    let lacking = |found: String| (found, DEBIAN_PACKAGES.to_owned());
    let (version, sysroot) = ask(dir, DEBIAN_RUSTC).map_err(|_| lacking(format!("no {DEBIAN_RUSTC}")))?;
    if !sysroot.join("lib/rustlib/src/rust/library/std").is_dir() {
        return Err(lacking(format!("{DEBIAN_RUSTC} ({version}) has no library source")));
    }
    let llvm = llvm_major(dir).unwrap_or_default();
    let Some(linker) = linker(dir, &llvm) else {
        return Err((format!("{DEBIAN_RUSTC} ({version}) has no linker for wasm"), format!("lld-{llvm}")));
    };
    Ok(Toolchain { kind: ToolchainKind::Debian, version, sysroot, linker: Some(linker) })
}

/// Debian's compiler leaves its linker to another package, named after the version of LLVM that both share.
fn linker(dir: &Path, llvm: &str) -> Option<PathBuf> {
    let of_rustup = || {
        let (_, sysroot) = ask(dir, "rustc").ok()?;
        let host = run(dir, "rustc", &["-vV"]).ok()?;
        let host = host.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
        Some(sysroot.join("lib/rustlib").join(host).join("bin/rust-lld"))
    };
    let own = [PathBuf::from(format!("/usr/bin/wasm-ld-{llvm}")), PathBuf::from("/usr/bin/rust-lld")];
    own.into_iter().chain(of_rustup()).chain([PathBuf::from("/usr/bin/wasm-ld")]).find(|path| path.exists())
}

fn llvm_major(dir: &Path) -> Option<String> {
    let said = run(dir, DEBIAN_RUSTC, &["-vV"]).ok()?;
    let version = said.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next().map(str::to_owned)
}

fn ask(dir: &Path, rustc: &str) -> Result<(String, PathBuf), String> {
    let version = run(dir, rustc, &["--version"])?;
    let sysroot = run(dir, rustc, &["--print", "sysroot"])?;
    Ok((version, PathBuf::from(sysroot)))
}

fn run(dir: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned())
}

fn is_root() -> bool {
    run(Path::new("/"), "id", &["-u"]).is_ok_and(|uid| uid == "0")
}

impl Toolchain {
    /// What makes cargo take this compiler.
    pub(crate) fn prepare(&self, cargo: &mut Command) {
        match self.kind {
            ToolchainKind::Rustup => {}
            ToolchainKind::Debian => {
                // A distribution's compiler is a stable one; this is the switch it has for building its own library.
                cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
                if let Some(linker) = &self.linker {
                    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                }
            }
        }
    }
}
