//! Runs the vendors' own clients, which are installed when they are missing (`offtake-test-tools`).

use std::path::Path;
use std::process::Command;

/// A Node script of a vendor's folder in `clients`, with the packages of its `package.json` within reach.
pub(crate) fn node(vendor: &str, script: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(vendor).join("js");
    let home = offtake_test_tools::node_modules(&format!("sim-{vendor}-node"), &folder.join("package.json")).unwrap();
    let mut command = Command::new("node");
    command.arg(folder.join(script)).current_dir(home);
    command
}

/// A Python script of a vendor's folder in `clients`, run with what its `requirements.txt` pins.
pub(crate) fn python(vendor: &str, script: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(vendor).join("python");
    let python = offtake_test_tools::venv(&format!("sim-{vendor}-python"), &folder.join("requirements.txt")).unwrap();
    let mut command = Command::new(python);
    command.arg(folder.join(script));
    command
}

/// Runs a client to its end while the simulator answers on other threads.
pub(crate) async fn run(mut command: Command) {
    let run = move || offtake_test_tools::run(&mut command).unwrap_or_else(|error| panic!("{error}"));
    tokio::task::spawn_blocking(run).await.unwrap();
}
