//! What `cargo xtask test` does, in order.

use std::path::Path;

use anyhow::Context;

/// One command; its tests are counted where it runs any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Step {
    fn cargo(name: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name: name.to_owned(), arguments, environment: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }
}

/// Named points at which tests end the binary. They are in every test build, because another choice of features would
/// build the tree a second time.
const WITH_POINTS: [&str; 2] = ["--features", "offtake/failpoints"];

/// The program that kills the binary.
pub(crate) fn faults(kills: u32, seed: Option<u64>) -> Step {
    let (kills, seed) = (kills.to_string(), seed.map(|seed| seed.to_string()));
    let mut arguments =
        [&["test", "--workspace", "--locked", "--quiet", "--test", "faults"], &WITH_POINTS[..]].concat();
    arguments.extend(["--", "--kills", &kills]);
    arguments.extend(seed.iter().flat_map(|seed| ["--seed", seed.as_str()]));
    Step::cargo("faults", &arguments)
}

/// The conformance kit on every connector of the repository; among the workspace's tests, too.
pub(crate) fn conform() -> Step {
    let arguments = [
        &["test", "--workspace", "--locked", "--quiet", "--test", "conform"],
        &WITH_POINTS[..],
        &["--", "connectors::", "--nocapture"],
    ];
    Step::cargo("conform", &arguments.concat())
}

/// Figures of the engine, the state and the sandbox.
pub(crate) fn bench() -> Step {
    Step::cargo("bench", &["run", "--release", "--locked", "--quiet", "--package", "offtake-bench"])
}

/// Every step; a failing one does not keep the next from running.
pub(crate) fn all(root: &Path, doc: bool) -> anyhow::Result<Vec<Step>> {
    let mut steps = vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo(
            "lints",
            &[
                &["clippy", "--workspace", "--all-targets", "--locked", "--keep-going"],
                &WITH_POINTS[..],
                &["--", "--deny", "warnings"],
            ]
            .concat(),
        ),
    ];
    if doc {
        let step = Step::cargo("documentation", &["doc", "--workspace", "--no-deps", "--locked"]);
        steps.push(step.with("RUSTDOCFLAGS", "--deny warnings"));
    }
    let tests = [&["test", "--workspace", "--locked", "--no-fail-fast"], &WITH_POINTS[..]].concat();
    steps.push(Step::cargo("tests of the workspace", &tests));
    for folder in connectors(root)? {
        steps.extend(of_connector(root, &folder));
    }
    Ok(steps)
}

/// A connector is a workspace of its own; its tests are built for this machine.
fn of_connector(root: &Path, folder: &str) -> [Step; 3] {
    let manifest = format!("{folder}/Cargo.toml");
    let lock = if root.join(folder).join("Cargo.lock").exists() { "--locked" } else { "--quiet" };
    // One target folder for all of them builds the SDK's dependencies once.
    let target = target(root);
    let step = |what: &str, arguments: &[&str]| {
        let (command, rest) = arguments.split_first().unwrap_or((&"version", &[]));
        let arguments = [&[*command, "--manifest-path", &manifest], rest].concat();
        Step::cargo(&format!("{what} of {folder}"), &arguments).with("CARGO_TARGET_DIR", &target)
    };
    [
        step("format", &["fmt", "--check"]),
        step("lints", &["clippy", "--all-targets", lock, "--", "--deny", "warnings"]),
        step("tests", &["test", lock, "--no-fail-fast"]),
    ]
}

/// The SDK, the template and every connector, from the root.
fn connectors(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = vec!["sdk/rust".to_owned(), "sdk/template".to_owned()];
    let mut plugins = Vec::new();
    for entry in std::fs::read_dir(root.join("plugins")).context("plugins")? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            plugins.push(format!("plugins/{}", entry.file_name().to_string_lossy()));
        }
    }
    plugins.sort();
    found.extend(plugins);
    Ok(found)
}

fn target(root: &Path) -> String {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    target.join("connectors").to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_of_the_repository_has_its_tests_run() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let steps = all(root, false).unwrap();
        let tests: Vec<_> = steps.iter().filter(|step| step.arguments[0] == "test").map(|step| &*step.name).collect();
        for name in ["the workspace", "sdk/rust", "sdk/template", "plugins/hubspot"] {
            assert!(tests.contains(&&*format!("tests of {name}")), "{name}: {tests:?}");
        }
        assert!(steps.iter().all(|step| step.arguments[0] != "doc"));
        assert!(all(root, true).unwrap().iter().any(|step| step.arguments[0] == "doc"));
    }
}
