//! What became of each row of a job: three files, whose rows come in an order of their own.

use std::collections::BTreeMap;

use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, Report, Row, csv, log};

use super::job::{Info, Job, State, of_the_job};
use super::{key_column, sheet};
use crate::client;
use crate::collections::kind;
use crate::config::Config;
use crate::judge::{self, RecordError};
use crate::prepare::{self, RECORD_ID, comparable_id};

const ID: &str = "sf__Id";
const CREATED: &str = "sf__Created";
const ERROR: &str = "sf__Error";

/// Reads the three files and answers for the rows that stand in them. The others stay unknown.
pub(crate) fn collect(cx: &Context<Config>, batch: &Batch, job: &Job, info: &Info) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    let items = prepare::items(batch, &mut report)?;
    let rows: BTreeMap<String, &Row> = sheet::write(batch, items, &mut report)
        .rows
        .into_iter()
        .map(|item| (item.id.as_deref().map_or_else(|| item.key.clone(), comparable_id), item.row))
        .collect();
    let column = key_column(batch)?;
    let parts = ["/successfulResults/", "/failedResults/", "/unprocessedrecords/"];
    let requests = parts.iter().map(|part| client::job(cx, "GET", &job.id, part)).collect();
    let mut files = Vec::new();
    for answer in cx.http().send_all(requests, 3) {
        files.push(File::read(answer.map_err(of_the_job)?.body())?);
    }
    let [successful, failed, unprocessed] = files.as_slice() else {
        return Err(CallFailure::unreadable("a job has three result files"));
    };
    let row_of = |line: Line<'_>| {
        let key = line.get(column).or_else(|| line.get(ID))?;
        let key = if column == RECORD_ID { comparable_id(key) } else { key.to_owned() };
        rows.get(&key).copied()
    };
    let mut strangers = 0_usize;
    for line in successful.lines() {
        let Some(row) = row_of(line) else {
            strangers += 1;
            continue;
        };
        let created = line.get(CREATED).map(|created| created.eq_ignore_ascii_case("true"));
        report.done(row, kind(batch.operation(), created), line.get(ID).map(str::to_owned));
    }
    for line in failed.lines() {
        match row_of(line) {
            Some(row) => judge::settle(batch, row, &record_error(line.get(ERROR).unwrap_or_default()), &mut report),
            None => strangers += 1,
        }
    }
    let left = left_undone(info);
    for line in unprocessed.lines() {
        match row_of(line) {
            Some(row) => report.failed(row, left.clone()),
            None => strangers += 1,
        }
    }
    if strangers > 0 {
        log::warn(&format!("{strangers} lines of the job's result files are about no row of the batch"));
    }
    Ok(report)
}

/// Why rows were not tried. A file with a column that is not there is refused whole: "InvalidBatch : Field name not found : X".
fn left_undone(info: &Info) -> Failure {
    let message = info.error_message.clone().unwrap_or_else(|| "Salesforce did not try the row".to_owned());
    let is_mapping = info.state == State::Failed && message.contains("Field name not found");
    let field = message.rsplit_once("Field name not found : ").map(|(_, field)| field.trim().to_owned());
    let code = if is_mapping { "invalid_field" } else { "not_processed" };
    let detail = Detail { field, ..Detail::new(code, message) };
    if is_mapping { Failure::SchemaChanged(detail) } else { Failure::Transient(detail) }
}

/// Takes `REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --` apart.
fn record_error(text: &str) -> RecordError {
    let (code, rest) = text.split_once(':').unwrap_or((text, ""));
    let rest = rest.trim_end().strip_suffix("--").unwrap_or(rest).trim_end();
    let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let field = fields.split([',', ' ']).find(is_name).map(str::to_owned);
    let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    match is_code {
        true => RecordError { code: code.to_owned(), message: message.trim().to_owned(), field },
        false => RecordError { code: "UNKNOWN_ERROR".to_owned(), message: text.to_owned(), field: None },
    }
}

/// A result file.
struct File {
    header: BTreeMap<String, usize>,
    lines: Vec<Vec<String>>,
}

/// A line of one, by the names of its columns.
#[derive(Clone, Copy)]
struct Line<'a> {
    header: &'a BTreeMap<String, usize>,
    cells: &'a [String],
}

impl File {
    fn read(bytes: &[u8]) -> Result<Self, CallFailure> {
        let mut lines = csv::read(bytes)?.into_iter();
        let header = lines.next().unwrap_or_default();
        // A page of a proxy is no result file, and no line of it is a row.
        if header.first().is_some_and(|first| first.trim_start().starts_with(['<', '{', '['])) {
            return Err(CallFailure::unreadable("a result file is not CSV"));
        }
        let header = header.into_iter().zip(0..).collect();
        Ok(Self { header, lines: lines.collect() })
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|cells| Line { header: &self.header, cells })
    }
}

impl<'a> Line<'a> {
    fn get(self, column: &str) -> Option<&'a str> {
        let cell = self.cells.get(*self.header.get(column)?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_taken_apart() {
        for (text, code, message, field) in [
            (
                "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LastName]",
                Some("LastName"),
            ),
            ("ENTITY_IS_DELETED:entity is deleted:--", "ENTITY_IS_DELETED", "entity is deleted", None),
            (
                "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--",
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access",
                None,
            ),
            ("something else", "UNKNOWN_ERROR", "something else", None),
        ] {
            let expected = RecordError { code: code.into(), message: message.into(), field: field.map(str::to_owned) };
            assert_eq!(record_error(text), expected);
        }
    }
}
