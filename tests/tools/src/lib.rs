//! Foreign tools that tests run: Python environments and npm packages, installed once and kept between runs.
//!
//! They are kept in the folder that `OFFTAKE_TEST_TOOLS` names, else in `test-tools` of cargo's target folder.
//! Several test binaries may ask for the same tool at once; one installs and the others wait for it.

pub mod registry;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A tool cannot be had.
#[derive(Debug)]
pub struct Unavailable(String);

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

impl From<std::io::Error> for Unavailable {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Where test tools are kept between runs.
pub fn folder() -> PathBuf {
    if let Some(tools) = std::env::var_os("OFFTAKE_TEST_TOOLS") {
        return tools.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    target.unwrap_or_else(|| repository.join("target")).join("test-tools")
}

/// The interpreter of a Python environment with what a `requirements.txt` pins.
///
/// # Errors
/// [`Unavailable`] when Python is missing or pip cannot install.
pub fn venv(name: &str, requirements: &Path) -> Result<PathBuf, Unavailable> {
    let wanted = std::fs::read_to_string(requirements)?;
    let home = folder().join(name);
    let python = home.join("bin").join("python");
    install_once(&home, &wanted, || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(&python).args(options).arg(requirements))
    })?;
    Ok(python)
}

/// A folder whose `node_modules` holds the exact dependencies of a `package.json`.
///
/// # Errors
/// [`Unavailable`] when npm is missing or cannot install.
pub fn node_modules(name: &str, package_json: &Path) -> Result<PathBuf, Unavailable> {
    let wanted = std::fs::read_to_string(package_json)?;
    let home = folder().join(name);
    install_once(&home, &wanted, || {
        std::fs::create_dir_all(&home)?;
        std::fs::write(home.join("package.json"), &wanted)?;
        let options = ["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix"];
        run(Command::new("npm").args(options).arg(&home))
    })?;
    Ok(home)
}

/// Installs unless the stamp beside the folder says that just this is there.
fn install_once(
    home: &Path,
    wanted: &str,
    install: impl FnOnce() -> Result<(), Unavailable>,
) -> Result<(), Unavailable> {
    std::fs::create_dir_all(folder())?;
    let lock = File::create(home.with_extension("lock"))?;
    lock.lock()?;
    let stamp = home.with_extension("stamp");
    let current = std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    if !current || !home.exists() {
        install()?;
        // Written last: an installation that was cut short is made again.
        std::fs::write(&stamp, wanted)?;
    }
    Ok(())
}

/// Runs a command to its end.
///
/// # Errors
/// [`Unavailable`] with all that the command said when it cannot start or does not succeed.
pub fn run(command: &mut Command) -> Result<(), Unavailable> {
    let output = command.output().map_err(|error| Unavailable(format!("{command:?}: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Unavailable(format!("{command:?}: {}\n{out}\n{error}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_kept_until_something_else_is_wanted() {
        let home = folder().join(format!("self-test-{}", std::process::id()));
        let mut installed = Vec::new();
        for wanted in ["a==1", "a==1", "a==2"] {
            let install = || {
                installed.push(wanted);
                Ok(std::fs::create_dir_all(&home)?)
            };
            install_once(&home, wanted, install).unwrap();
        }
        assert_eq!(installed, ["a==1", "a==2"]);
        let failing = install_once(&home, "a==3", || Err(Unavailable("no network".to_owned())));
        assert_eq!(failing.unwrap_err().to_string(), "no network");
        install_once(&home, "a==3", || Ok(())).unwrap();
        std::fs::remove_dir(&home).unwrap();
        for extension in ["lock", "stamp"] {
            std::fs::remove_file(home.with_extension(extension)).unwrap();
        }
    }

    #[test]
    fn a_failing_command_says_all_it_said() {
        let error = run(Command::new("python3").args(["-c", "import sys; print('out'); sys.exit('why')"])).unwrap_err();
        for words in ["out", "why", "exit status: 1"] {
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(run(&mut Command::new("offtake-no-such-program")).is_err());
    }
}
