//! Python, by componentize-py.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{OUT, copy_sources, install, run};
use crate::embedded::{self, VENDORED_PYTHON, VENDORED_WIT};
use crate::error::Error;

const PYTHON: &str = "python3";
/// The module that every connector has.
const MODULE: &str = "connector";

pub(super) fn make(dir: &Path, stage: &Path, target: &Path, progress: &mut dyn FnMut(&str)) -> Result<String, Error> {
    if !dir.join("connector.py").is_file() {
        return Err(Error::NotAConnector { dir: dir.to_owned(), missing: "connector.py" });
    }
    let (app, sdk, wit) = (stage.join("app"), stage.join("sdk"), stage.join("wit"));
    copy_sources(dir, &app, 0)?;
    embedded::place_sdk(&dir.join(VENDORED_PYTHON), &sdk, embedded::unpack_python)?;
    embedded::place_sdk(&dir.join(VENDORED_WIT), &wit, embedded::unpack_wit)?;
    let python = interpreter()?;
    let requirements = sdk.join("requirements.txt");
    let wanted = fs::read(&requirements).map_err(Error::reading(&requirements))?;
    // Another interpreter needs another environment.
    let home = install(target, "python", &[&wanted, python.as_bytes()].concat(), |home| {
        progress("installing componentize-py");
        let failed = |output| Error::Tools { language: "Python", output };
        run(Command::new(PYTHON).args(["-m", "venv", "--clear"]).arg(home), failed)?;
        let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
        let pip = home.join("bin/python");
        let hashes = ["--only-binary", ":all:", "--require-hashes", "--requirement"];
        run(Command::new(pip).args(options).args(hashes).arg(&requirements), failed).map(|_| ())
    })?;
    progress("building with componentize-py");
    let mut tool = Command::new(home.join("bin/componentize-py"));
    tool.current_dir(stage).args(["--quiet", "--wit-path"]).arg(wit.join(embedded::WIT_VERSION));
    tool.args(["--world", "destination", "componentize", MODULE, "--python-path"]).arg(&app);
    tool.arg("--python-path").arg(&sdk).args(["--output", OUT]);
    // An environment of somebody else's would be searched for modules, too.
    tool.env_remove("VIRTUAL_ENV").env_remove("PYTHONPATH").env("PYTHONDONTWRITEBYTECODE", "1");
    run(&mut tool, |output| Error::Componentize { tool: "componentize-py", dir: dir.to_owned(), output })?;
    let version = run(Command::new(home.join("bin/componentize-py")).arg("--version"), |output| Error::Tools {
        language: "Python",
        output,
    })?;
    Ok(format!("{version} ({python})"))
}

fn interpreter() -> Result<String, Error> {
    let missing = |found: String| Error::NoInterpreter {
        found,
        mend: "install python3 with venv and pip: apt-get install -y --no-install-recommends python3-venv".to_owned(),
    };
    let version = Command::new(PYTHON).arg("--version").output();
    let version = version.map_err(|error| missing(format!("cannot run {PYTHON} ({error})")))?;
    run(Command::new(PYTHON).args(["-c", "import venv, ensurepip"]), |_| {
        missing(format!("{PYTHON} has no module `venv`"))
    })?;
    Ok(String::from_utf8_lossy(&version.stdout).trim().to_owned())
}
