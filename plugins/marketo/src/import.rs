//! Bulk import of leads: a batch as one CSV file, "Bulk Lead Import".
//!
//! An import names the rows that failed and those that it took with a warning; of the others it says how many they are. What an empty
//! cell does to a field is not documented, so only rows without one go this way.

mod multipart;
mod results;

use std::collections::BTreeSet;

use offtake_sdk::http::encode;
use offtake_sdk::{Batch, CallFailure, Context, Failure, Progress, Report, csv};
use serde::{Deserialize, Serialize};

use crate::client;
use crate::config::Config;
use crate::prepare::{self, Item};
use crate::value;

/// "Poll every 5 to 30 seconds."
const WAIT_MIN_MS: u32 = 5_000;
const WAIT_MAX_MS: u32 = 30_000;

/// "The file must be smaller than 10 MB."
const FILE_BYTES_MAX: usize = 10_000_000;

/// What the host keeps of an import.
#[derive(Debug, Serialize, Deserialize)]
struct Job {
    batch: u64,
    asked: u32,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    result: Vec<Status>,
}

/// What Marketo says of an import.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    batch_id: u64,
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default, rename = "numOfRowsFailed")]
    failed: usize,
    #[serde(default, rename = "numOfRowsWithWarning")]
    warned: usize,
}

/// Whether CSV can say what the rows say: one match key, the same fields in each row, and a value in each of them.
pub(crate) fn can_take(batch: &Batch) -> bool {
    let Some(first) = batch.rows().first() else { return false };
    let names: BTreeSet<&String> = first.fields().keys().collect();
    let is_full = |row: &offtake_sdk::Row| {
        row.fields().len() == names.len()
            && row.fields().iter().all(|(name, value)| names.contains(name) && value::to_csv(value).is_some())
    };
    batch.match_keys().len() == 1 && batch.into_iter().all(is_full)
}

/// Sends the file.
pub(crate) fn start(cx: &Context<Config>, batch: &Batch) -> Result<Progress, CallFailure> {
    let mut report = Report::new(batch);
    let items = prepare::items(batch, &mut report);
    if items.is_empty() {
        return Ok(Progress::Done(report));
    }
    let file = file(&items);
    if file.len() > FILE_BYTES_MAX {
        return crate::write::by_calls(cx, batch).map(Progress::Done);
    }
    let mut path = format!("leads.json?format=csv&lookupField={}", encode(batch.match_key()?));
    if let Some(partition) = &cx.config().partition {
        path.push_str(&format!("&partitionName={}", encode(partition)));
    }
    let (content_type, form) = multipart::file(batch.id(), &file);
    let answer: Answer = client::bulk(cx, "POST", &path).body(&content_type, form).send()?.json()?;
    let made = answer.result.first().ok_or_else(|| CallFailure::unreadable("the import has no number"))?;
    Ok(Job { batch: made.batch_id, asked: 0 }.pending())
}

/// Asks how far the import is, and reads what failed when it is over.
pub(crate) fn poll(cx: &Context<Config>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
    let job: Job =
        serde_json::from_str(job).map_err(|_| CallFailure::unreadable("the job is not one of this connector"))?;
    let path = format!("leads/batch/{}", job.batch);
    let answer: Answer = client::bulk(cx, "GET", &format!("{path}.json")).send()?.json()?;
    let status = answer.result.first().ok_or_else(|| CallFailure::unreadable("the import has no status"))?;
    match status.status.as_str() {
        "Complete" => {
            let read = |part: &str, rows: usize| -> Result<Vec<u8>, CallFailure> {
                if rows == 0 {
                    return Ok(Vec::new());
                }
                Ok(client::bulk(cx, "GET", &format!("{path}/{part}.json")).send()?.body().to_vec())
            };
            let files = results::Files {
                failures: read("failures", status.failed)?,
                warnings: read("warnings", status.warned)?,
                failed: status.failed,
            };
            results::settle(batch, &files).map(Progress::Done)
        }
        "Failed" => {
            let message = status.message.clone().unwrap_or_else(|| "the import failed".to_owned());
            let detail = offtake_sdk::Detail::new("import_failed", message);
            let mut report = Report::new(batch);
            batch.into_iter().for_each(|row| report.failed(row, Failure::Transient(detail.clone())));
            Ok(Progress::Done(report))
        }
        _ => Ok(Job { asked: job.asked.saturating_add(1), ..job }.pending()),
    }
}

impl Job {
    /// Pending, with a wait that grows by five seconds each time.
    fn pending(&self) -> Progress {
        let wait = WAIT_MIN_MS.saturating_mul(self.asked.saturating_add(1)).min(WAIT_MAX_MS);
        Progress::Pending { job: serde_json::json!(self).to_string(), poll_after_ms: wait }
    }
}

fn file(items: &[Item<'_>]) -> String {
    let mut text = String::new();
    if let Some(first) = items.first() {
        csv::write_line(&mut text, first.row.fields().keys().map(String::as_str));
    }
    for item in items {
        let cells: Vec<String> =
            item.row.fields().values().map(|value| value::to_csv(value).unwrap_or_default()).collect();
        csv::write_line(&mut text, cells.iter().map(String::as_str));
    }
    text
}
