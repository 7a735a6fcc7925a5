//! `offtake plugin test`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use comfy_table::{Cell, Color};
use offtake_core::Fault;
use offtake_kit::{CostReport, Error, Options, Recording, Report, Script, Stage, Talk, Verdict};

use crate::args::Test;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::host;

pub(super) async fn test(folder: &Path, test: Test, output: &Output) -> anyhow::Result<Exit> {
    let file = component(&folder.join(&test.file))?;
    let script = match &test.script {
        Some(script) => Script::read(&folder.join(script)),
        None => Script::beside(&file),
    };
    let options = Options {
        script: script.map_err(Fault::from)?,
        talk: talk(folder, &test).map_err(Fault::from)?,
        record: test.record.is_some(),
    };
    let host = host()?;
    let connector = host.load(&file).map_err(Fault::from)?;
    let stage = Stage::new(connector, options).map_err(Fault::from)?;
    if test.cost {
        let report = offtake_kit::cost(&file, &stage).await.map_err(Fault::from)?;
        output.result(&report.document(), || cost_text(&report, output))?;
        return Ok(Exit::Success);
    }
    let mut progress = |check: &offtake_kit::Check| tracing::info!(id = check.id, "{}", check.name);
    let report = Report::of(&stage, &test.only, &mut progress).await.map_err(Fault::from)?;
    if let (Some(recording), Some(path)) = (stage.recording(), &test.record) {
        recording.write(&folder.join(path)).map_err(Fault::from)?;
        output.note(&format!("recorded in {}", path.display()));
    }
    output.result(&report.document(), || text(&report, output))?;
    Ok(if report.is_good() { Exit::Success } else { Exit::Failed })
}

/// The component itself, or what a build in the folder has left.
fn component(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let built = path.join("target/offtake");
    let mut found: Vec<PathBuf> = match std::fs::read_dir(&built) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => Vec::new(),
    };
    found.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let message = format!("no component is in {}", built.display());
            Err(Fault::new("OFT-B001", message).with_help("build it first: offtake plugin build").into())
        }
        several => {
            let message = format!("{} components are in {}", several.len(), built.display());
            Err(Fault::new("OFT-B001", message).with_help("name the one that is meant").into())
        }
    }
}

fn talk(folder: &Path, test: &Test) -> Result<Talk, Error> {
    if let Some(replay) = &test.replay {
        return Recording::read(&folder.join(replay)).map(Talk::Replay);
    }
    let Some(url) = &test.vendor else { return Ok(Talk::Script) };
    let secret = |pair: &String| {
        let shape = || Error::Secret(format!("`{pair}` does not name a slot and a variable"));
        let (slot, variable) = pair.split_once('=').ok_or_else(shape)?;
        let value = std::env::var(variable);
        let value = value.map_err(|_| Error::Secret(format!("the variable {variable} is not set")))?;
        Ok((slot.to_owned(), value))
    };
    let secrets = test.secret.iter().map(secret).collect::<Result<BTreeMap<_, _>, Error>>()?;
    Ok(Talk::Vendor(url.clone(), secrets))
}

fn text(report: &Report, output: &Output) -> String {
    let mut table = output.table(&["check", "what", "verdict", "why"]);
    for outcome in &report.outcomes {
        let verdict = match &outcome.verdict {
            Verdict::Pass => Cell::new("pass").fg(Color::Green),
            Verdict::Fail(_) => Cell::new("FAIL").fg(Color::Red),
            Verdict::NotApplicable(_) => Cell::new("-"),
        };
        let why = match &outcome.verdict {
            // What was wanted stands beside what was found.
            Verdict::Fail(reason) => format!("{reason}\n(wanted: {})", outcome.check.asserts),
            other => other.reason().unwrap_or_default().to_owned(),
        };
        table.add_row([Cell::new(outcome.check.id), Cell::new(outcome.check.name), verdict, Cell::new(why)]);
    }
    let verdict = if report.is_good() { "conforms" } else { "does not conform" };
    let (passed, failed, skipped) = (report.count("pass"), report.count("fail"), report.count("not-applicable"));
    format!("{table}\n\n{} {verdict}: {passed} passed, {failed} failed, {skipped} not applicable", report.connector)
}

fn cost_text(report: &CostReport, output: &Output) -> String {
    let mut table = output.table(&["rows", "instructions", "a row", "memory KiB", "requests", "bytes sent", "a row"]);
    for row in &report.rows {
        let rows = u64::try_from(row.rows).unwrap_or(u64::MAX).max(1);
        let columns = [
            row.rows.to_string(),
            row.instructions.to_string(),
            (row.instructions / rows).to_string(),
            (row.memory_bytes >> 10).to_string(),
            row.requests.to_string(),
            row.sent_bytes.to_string(),
            (row.sent_bytes / row.rows.max(1)).to_string(),
        ];
        table.add_row(columns);
    }
    let line = report
        .line()
        .map(|(fixed, per_row)| format!("\n\n{}: {fixed} instructions a call and {per_row} a row", report.connector));
    format!("{table}{}", line.unwrap_or_default())
}
