//! `offtake rejects`.

use std::collections::HashSet;
use std::path::Path;

use offtake_config::{Problem, Problems};
use offtake_core::Fault;
use offtake_core::ports::StateStore;
use offtake_core::run::{Reject, cut, shown_key};
use offtake_core::typed_key;
use offtake_state::StateDirectory;
use serde::Serialize;
use serde_json::json;

use crate::args::{ExportFormat, Rejects, RejectsCommand, RejectsList, Select};
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

/// Longer keys and messages make a table unreadable; JSON has them whole.
const KEY_SHOWN: usize = 60;

pub(crate) async fn rejects(folder: &Path, rejects: Rejects, output: &Output) -> anyhow::Result<Exit> {
    match rejects.command {
        None => list(folder, &rejects.list, output).await,
        Some(RejectsCommand::List(list)) => self::list(folder, &list, output).await,
        Some(RejectsCommand::Export { select, format }) => export(folder, &select, format, output).await,
        Some(RejectsCommand::Ignore { sync, key, all, undo }) => {
            let keys = if all { None } else { Some(key.as_slice()) };
            ignore(folder, &sync, keys, !undo, output).await
        }
    }
}

/// The reject lists of syncs, by their names.
async fn lists(folder: &Path, select: &Select) -> anyhow::Result<Vec<(String, Vec<Reject>)>> {
    let project = Workspace::project(folder)?;
    let selected = Workspace::select_in(&project, &select.syncs)?;
    let state = StateDirectory::open(&project.state).map_err(Fault::from)?;
    let mut lists = Vec::new();
    for sync in selected {
        let all = state.sync(&sync.name).map_err(Fault::from)?.rejects().await?;
        lists.push((sync.name.to_string(), all.into_iter().map(|listed| listed.reject).collect()));
    }
    Ok(lists)
}

async fn list(folder: &Path, list: &RejectsList, output: &Output) -> anyhow::Result<Exit> {
    let listed = lists(folder, &list.select).await?;
    let syncs: Vec<serde_json::Value> = listed
        .iter()
        .map(|(sync, all)| {
            let shown: Vec<&Reject> = all.iter().take(list.limit).collect();
            json!({"sync": sync, "total": all.len(), "rejects": shown})
        })
        .collect();
    output.result(&json!({"schema": "offtake.rejects/1", "syncs": syncs}), || {
        let texts = listed.iter().map(|(sync, all)| text(sync, all, list.limit, output));
        texts.collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Success)
}

/// The reject list of one sync as text.
pub(crate) fn text(sync: &str, all: &[Reject], limit: usize, output: &Output) -> String {
    if all.is_empty() {
        return format!("{sync}: no rejects");
    }
    let mut table = output.table(&["Row", "Code", "Reason", "Field", "Runs"]);
    for reject in all.iter().take(limit) {
        let reason = match reject.http_status {
            Some(status) => format!("{} (HTTP {status})", reject.message),
            None => reject.message.clone(),
        };
        table.add_row([
            cut(&shown_key(&reject.key), KEY_SHOWN).to_owned(),
            reject.code.clone(),
            reason,
            reject.field.clone().unwrap_or_default(),
            if reject.ignored { "ignored".to_owned() } else { reject.runs.to_string() },
        ]);
    }
    let more = all.len().saturating_sub(limit);
    let rest = if more > 0 { format!("\n… and {more} more: --limit {}", all.len()) } else { String::new() };
    format!("{sync}: {} rejects, retried on every run\n{table}{rest}", all.len())
}

async fn export(folder: &Path, select: &Select, format: ExportFormat, output: &Output) -> anyhow::Result<Exit> {
    let lists = lists(folder, select).await?;
    let rows = lists.iter().flat_map(|(sync, all)| all.iter().map(move |reject| (sync.as_str(), reject)));
    let text = match format {
        ExportFormat::Csv => csv(rows)?,
        ExportFormat::Jsonl => {
            let lines = rows.map(|(sync, reject)| {
                let line = serde_json::to_value(Exported { sync, reject })?;
                Ok(format!("{line}\n"))
            });
            lines.collect::<serde_json::Result<String>>()?
        }
    };
    output.print(&text)?;
    Ok(Exit::Success)
}

/// A line of an export.
#[derive(Serialize)]
struct Exported<'a> {
    sync: &'a str,
    #[serde(flatten)]
    reject: &'a Reject,
}

fn csv<'a>(rows: impl Iterator<Item = (&'a str, &'a Reject)>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["sync", "key", "code", "vendor_code", "message", "field", "http_status", "operation"];
    writer.write_record(header.iter().chain(&["runs", "first_seen", "ignored", "last_run", "record"]))?;
    for (sync, reject) in rows {
        let cells = [
            sync.to_owned(),
            shown_key(&reject.key),
            reject.code.clone(),
            reject.vendor_code.clone(),
            reject.message.clone(),
            reject.field.clone().unwrap_or_default(),
            reject.http_status.map(|status| status.to_string()).unwrap_or_default(),
            reject.operation.clone().unwrap_or_default(),
            reject.runs.to_string(),
            super::runs::when(reject.first_seen_ms),
            reject.ignored.to_string(),
            reject.run.clone(),
            reject.record.clone(),
        ];
        writer.write_record(cells.iter().map(|cell| harmless(cell)))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A spreadsheet takes a text that begins like this for a formula, and the words are those of whoever wrote the row.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

async fn ignore(
    folder: &Path,
    name: &str,
    typed: Option<&[String]>,
    ignored: bool,
    output: &Output,
) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let sync = Workspace::one_in(&project, name)?;
    let state = StateDirectory::open(&project.state).map_err(Fault::from)?;
    let store = state.sync(&sync.name).map_err(Fault::from)?;
    let seed = store.known().await?.seed();
    let keys = typed.map(|typed| {
        let digests = typed.iter().flat_map(|key| typed_key::digests(seed, &sync.match_keys, key));
        digests.collect::<HashSet<_>>()
    });
    let changed = store.ignore(keys, ignored).await?;
    if changed == 0 {
        let mut problems = Problems::default();
        let problem = Problem::general("OFT-R019", format!("no reject of `{name}` has this key"));
        problems.push(problem.with_help(format!("offtake rejects {name} lists them")));
        return Err(problems.into());
    }
    let document = json!({"schema": "offtake.ignored/1", "sync": name, "rows": changed, "ignored": ignored});
    output.result(&document, || match ignored {
        true => format!("{name}: {changed} rejects are ignored until their values change in the source"),
        false => format!("{name}: {changed} rejects are tried again"),
    })?;
    Ok(Exit::Success)
}
