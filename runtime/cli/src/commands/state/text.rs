//! Answers of `offtake state` for people and for machines.

use offtake_core::Name;
use offtake_state::{Checkup, StateInfo, Verdict};
use serde_json::{Value, json};

use crate::commands::runs::when;
use crate::output::Output;

pub(super) fn info_document(sync: &Name, info: &StateInfo) -> Value {
    let files: Vec<Value> = info.files.iter().map(|file| json!({"path": file.path, "bytes": file.bytes})).collect();
    json!({
        "sync": sync,
        "folder": info.folder,
        "bytes": info.bytes,
        "clean": info.clean,
        "rows": info.rows,
        "rejects": info.rejects,
        "in_doubt": info.in_doubt,
        "target": info.target,
        "generation": info.generation,
        "checkpoint": info.checkpoint,
        "checkpoint_at_ms": info.checkpoint_at_ms,
        "journal_records": info.journal_records,
        "last_run": info.last_run,
        "amplification": info.amplification,
        "files": files,
    })
}

pub(super) fn info(sync: &Name, info: &StateInfo, output: &Output) -> String {
    let count = |number: Option<u64>| number.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
    let mut table = output.facts();
    let mut row = |name: &str, value: String| {
        table.add_row([name.to_owned(), value]);
    };
    row("Sync", sync.to_string());
    row("Folder", info.folder.display().to_string());
    row("Size", bytes(info.bytes));
    row("Acknowledged rows", count(info.rows));
    row("Rejects", count(info.rejects));
    row("Rows in doubt", count(info.in_doubt));
    let written = info.checkpoint_at_ms.map(|at| format!(" of {} UTC", when(at))).unwrap_or_default();
    row("Checkpoint", format!("{}{written}", count(info.checkpoint)));
    row("Journal", format!("{} records since", info.journal_records));
    let times = info.amplification.map(|times| format!(", {times:.1} times what its rows need")).unwrap_or_default();
    row("Index", format!("generation {}{times}", count(info.generation)));
    row("Ended well", if info.clean { "yes".to_owned() } else { "no: the next run replays the journal".to_owned() });
    row("Last run", info.last_run.clone().unwrap_or_else(|| "none".to_owned()));
    for file in &info.files {
        row(&format!("  {}", file.path.display()), bytes(file.bytes));
    }
    table.to_string()
}

pub(super) fn check_document(sync: &Name, checkup: &Checkup) -> Value {
    let findings: Vec<Value> =
        checkup.findings.iter().map(|finding| json!({"file": finding.file, "what": finding.what})).collect();
    let (verdict, why) = match &checkup.verdict {
        Verdict::Sound => ("sound", None),
        Verdict::Mends(why) => ("mends", Some(why)),
        Verdict::Refuses(why) => ("refuses", Some(why)),
    };
    json!({"sync": sync, "verdict": verdict, "why": why, "findings": findings})
}

pub(super) fn check(sync: &Name, checkup: &Checkup) -> String {
    let mut text = match &checkup.verdict {
        Verdict::Sound => format!("✓ {sync}: every file is as it was written"),
        Verdict::Mends(why) => format!("! {sync}: {why}; the next run mends it, and nothing is lost"),
        Verdict::Refuses(why) => format!(
            "✗ {sync}: {why}\n  1. offtake state restore {sync}: go back to what can be read, rows since then are sent again\n  \
             2. offtake state reset {sync}: send every row again\n  3. restore the folder from a backup"
        ),
    };
    for finding in &checkup.findings {
        text.push_str(&format!("\n  {} {}", finding.file.display(), finding.what));
    }
    text
}

/// A size for people.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
