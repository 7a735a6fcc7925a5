//! Runs steps one after the other, lets their output through and counts their tests.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::count::Count;
use crate::steps::Step;

/// What became of one step.
#[derive(Debug)]
struct Outcome {
    name: String,
    good: bool,
    took: Duration,
    count: Count,
}

/// What became of all steps.
#[derive(Debug)]
pub(crate) struct Report(Vec<Outcome>);

impl Report {
    /// A run without a single test proves nothing and is not good either.
    pub(crate) fn is_good(&self) -> bool {
        let sum = self.sum();
        self.0.iter().all(|outcome| outcome.good) && sum.failed == 0 && sum.passed > 0
    }

    fn sum(&self) -> Count {
        let mut sum = Count::default();
        for outcome in &self.0 {
            sum.add(outcome.count);
        }
        sum
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out)?;
        for Outcome { name, good, took, count } in &self.0 {
            let word = if *good { "ok" } else { "FAILED" };
            let seconds = took.as_secs_f64();
            let tests = if *count == Count::default() { String::new() } else { tests(*count) };
            writeln!(out, "{word:<7} {seconds:>7.1} s  {name:<28} {tests}")?;
        }
        let broken: Vec<_> = self.0.iter().filter(|outcome| !outcome.good).map(|outcome| &*outcome.name).collect();
        if !broken.is_empty() {
            writeln!(out, "failed: {}", broken.join(", "))?;
        }
        writeln!(out, "{}", tests(self.sum()))
    }
}

fn tests(count: Count) -> String {
    format!("{} passed, {} failed", count.passed, count.failed)
}

/// The repository that this program was built from.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.map(Path::to_path_buf).context("the repository has no root folder")
}

/// Runs every step, also after one has failed, and prints what each took; the sum of the tests is the last line.
pub(crate) fn run(root: &Path, steps: &[Step]) -> anyhow::Result<Report> {
    let mut out = std::io::stdout();
    let mut outcomes = Vec::new();
    for step in steps {
        writeln!(out, "\n== {}: cargo {}", step.name, step.arguments.join(" "))?;
        let started = Instant::now();
        let (good, count) = run_step(root, step, &mut out).with_context(|| step.name.clone())?;
        outcomes.push(Outcome { name: step.name.clone(), good, took: started.elapsed(), count });
    }
    let report = Report(outcomes);
    report.write(&mut out)?;
    Ok(report)
}

/// Runs one step, whose own last line is the last.
pub(crate) fn run_one(root: &Path, step: &Step) -> anyhow::Result<bool> {
    let (good, _) = run_step(root, step, &mut std::io::stdout()).with_context(|| step.name.clone())?;
    Ok(good)
}

fn run_step(root: &Path, step: &Step, out: &mut impl Write) -> anyhow::Result<(bool, Count)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // `cargo run` describes this package to it. Build scripts that look at the same names (ring's does) would run again
    // each time cargo is called in the other way, and all that depends on them would be compiled again.
    for (name, _) in std::env::vars_os() {
        if is_of_this_package(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let mut child = command
        .args(&step.arguments)
        .envs(step.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut count = Count::default();
    let output = child.stdout.take().context("no output to read")?;
    // Bytes, not text: a failing test may print anything.
    for line in BufReader::new(output).split(b'\n') {
        let mut line = line?;
        if let Some(summary) = Count::of_line(&String::from_utf8_lossy(&line)) {
            count.add(summary);
        }
        line.push(b'\n');
        out.write_all(&line)?;
    }
    let status = child.wait()?;
    if !status.success() {
        // A cargo that was killed says nothing itself.
        writeln!(out, "{}: {status}", step.name)?;
    }
    Ok((status.success(), count))
}

/// Whether cargo sets the variable for the package that it runs, rather than a person for cargo.
fn is_of_this_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(good: bool, passed: u64, failed: u64) -> Outcome {
        Outcome { name: "a".to_owned(), good, took: Duration::from_millis(1500), count: Count { passed, failed } }
    }

    #[test]
    fn the_last_line_is_the_sum_alone() {
        let mut text = Vec::new();
        Report(vec![outcome(true, 2, 0), outcome(true, 0, 0), outcome(false, 3, 1)]).write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().last(), Some("5 passed, 1 failed"));
        assert!(text.contains("FAILED      1.5 s  a"), "{text}");
        assert!(text.contains("\nfailed: a\n"), "{text}");
    }

    #[test]
    fn cargo_gets_what_a_person_set_and_not_what_cargo_did() {
        for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
            assert!(is_of_this_package(name), "{name}");
        }
        for name in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "RUSTFLAGS"] {
            assert!(!is_of_this_package(name), "{name}");
        }
    }

    #[test]
    fn only_a_run_with_tests_and_no_failure_is_good() {
        assert!(Report(vec![outcome(true, 2, 0), outcome(true, 0, 0)]).is_good());
        assert!(!Report(vec![outcome(true, 2, 0), outcome(false, 0, 0)]).is_good());
        assert!(!Report(vec![outcome(true, 2, 1)]).is_good());
        assert!(!Report(vec![outcome(true, 0, 0)]).is_good());
    }
}
