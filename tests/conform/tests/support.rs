//! Built guests, and the kit around them.

#[path = "../../sandbox/tests/support/guest.rs"]
pub(crate) mod guest;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use offtake_kit::{Options, Report, Script, Stage, Talk, Verdict};
use offtake_plugin::Host;

static HOST: LazyLock<Host> = LazyLock::new(|| {
    let cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    Host::new(offtake_plugin::Options { cache, ..Default::default() }).unwrap()
});

/// A script after a change of its text.
pub(crate) fn script(path: &Path, change: impl FnOnce(String) -> String) -> Script {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("conformance.toml");
    std::fs::write(&changed, change(std::fs::read_to_string(path).unwrap())).unwrap();
    Script::read(&changed).unwrap()
}

/// Where a guest's script is.
pub(crate) fn script_of(guest: &str) -> PathBuf {
    guest::folder().join(guest).join("conformance.toml")
}

/// A stage for a component, with the script as the vendor.
pub(crate) fn stage(component: &Path, script: Script) -> Stage {
    talking(component, script, Talk::Script, false)
}

/// A stage with any vendor.
pub(crate) fn talking(component: &Path, script: Script, talk: Talk, record: bool) -> Stage {
    Stage::new(HOST.load(component).unwrap(), Options { script, talk, record }).unwrap()
}

/// Everything that the kit says of a stage.
pub(crate) async fn report(stage: &Stage) -> Report {
    Report::of(stage, &[], &mut |_| {}).await.unwrap()
}

/// Ids of the checks that failed.
pub(crate) fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Fail(_)));
    failed.map(|outcome| outcome.check.id).collect()
}

/// Everything that was found, for a failing test.
pub(crate) fn told(report: &Report) -> String {
    let reasons = report.outcomes.iter().filter_map(|outcome| {
        let reason = outcome.verdict.reason()?;
        Some(format!("{} {}: {reason}\n", outcome.check.id, outcome.verdict.word()))
    });
    reasons.collect()
}
