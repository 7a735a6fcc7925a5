//! Programs that tests start, and the Debian packages that bring them.

use std::process::{Command, Stdio};

use anyhow::bail;

/// A command that succeeds where the need is met, and the package that meets it.
struct Need {
    command: &'static [&'static str],
    package: &'static str,
}

const NEEDS: [Need; 8] = [
    Need { command: &["cc", "--version"], package: "gcc" },
    Need { command: &["pkg-config", "--version"], package: "pkg-config" },
    Need { command: &["python3", "-c", "import venv, ensurepip"], package: "python3-venv" },
    Need { command: &["node", "--version"], package: "nodejs" },
    Need { command: &["npm", "--version"], package: "npm" },
    Need { command: &["git", "--version"], package: "git" },
    Need { command: &["minisign", "-v"], package: "minisign" },
    Need { command: &["docker-registry", "--version"], package: "docker-registry" },
];

/// Installs what is missing where that is possible, or says what to type.
pub(crate) fn meet() -> anyhow::Result<()> {
    let missing: Vec<_> = NEEDS.iter().filter(|need| !is_met(need)).map(|need| need.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let update = succeeds(&["apt-get", "--version"]) && is_root() && show(&["apt-get", "update", "--quiet"]);
    let mut install = vec!["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"];
    install.extend(missing);
    if update && show(&install) && NEEDS.iter().all(is_met) {
        return Ok(());
    }
    bail!(
        "the tests need what is not installed here; type:\n  sudo apt-get install --no-install-recommends {packages}"
    );
}

fn is_met(need: &Need) -> bool {
    succeeds(need.command)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &[&str]) -> bool {
    start(command, Stdio::null)
}

fn show(command: &[&str]) -> bool {
    start(command, Stdio::inherit)
}

fn start(command: &[&str], output: fn() -> Stdio) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        return false;
    };
    let status = Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(output())
        .stderr(output())
        .status();
    status.is_ok_and(|status| status.success())
}
