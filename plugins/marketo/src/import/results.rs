//! What became of the rows of an import.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{Batch, CallFailure, Detail, Report, Row, csv, log};

use crate::prepare::{self, comparable};

/// What Marketo says of a finished import.
pub(super) struct Files {
    /// The rows that were not imported, with a last column that says why.
    pub(super) failures: Vec<u8>,
    /// The rows that were imported, but not whole.
    pub(super) warnings: Vec<u8>,
    /// How many rows failed.
    pub(super) failed: usize,
}

/// Answers for every row, or for those alone that are named where the files do not account for all that failed.
pub(super) fn settle(batch: &Batch, files: &Files) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    let key = batch.match_key()?;
    let items = prepare::items(batch, &mut report);
    let rows: BTreeMap<String, &Row> = items.iter().map(|item| (comparable(&item.key), item.row)).collect();
    let failures = named(&rows, key, &files.failures)?;
    let warnings = named(&rows, key, &files.warnings)?;
    let told = failures.rows.len();
    for (row, reason) in &failures.rows {
        report.rejected(row, Detail::new("import_failure", reason));
    }
    for (row, reason) in &warnings.rows {
        if !report.is_answered(row) {
            report.rejected(row, Detail::new("import_warning", reason));
        }
    }
    if told != files.failed || failures.strangers + warnings.strangers > 0 {
        log::warn(&format!("{} rows failed and {told} of them are named: the others stay unknown", files.failed));
        return Ok(report);
    }
    for item in &items {
        if !report.is_answered(item.row) {
            report.accepted(item.row);
        }
    }
    Ok(report)
}

struct Named<'a> {
    rows: Vec<(&'a Row, String)>,
    strangers: usize,
}

/// The rows of a file, by their match key: the file repeats the columns of the import and adds the reason.
fn named<'a>(rows: &BTreeMap<String, &'a Row>, key: &str, file: &[u8]) -> Result<Named<'a>, CallFailure> {
    let mut lines = csv::read(file)?.into_iter();
    let header = lines.next().unwrap_or_default();
    let mut named = Named { rows: Vec::new(), strangers: 0 };
    let mut seen = BTreeSet::new();
    let column = header.iter().position(|name| name == key);
    for line in lines {
        let value = column.and_then(|column| line.get(column)).map(|value| comparable(value));
        match value.and_then(|value| rows.get(&value)) {
            Some(row) if seen.insert(row.index()) => {
                named.rows.push((row, line.last().cloned().unwrap_or_default()));
            }
            Some(_) => {}
            None => named.strangers += 1,
        }
    }
    Ok(named)
}
