//! Rows as the CSV of a job. Pure.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{Batch, Detail, Operation, Report, Row, csv};

use crate::chunk::by_parent;
use crate::path::{Path, reference_of};
use crate::prepare::{Item, RECORD_ID};
use crate::value;

/// Clears a field; an empty cell leaves it alone. Bulk API 2.0, "Valid CSV Record Rows".
const CLEAR: &str = "#N/A";

/// "Maximum number of characters in a field": Bulk API 2.0 limits.
const FIELD_CHARS_MAX: usize = 32_000;

/// The CSV and the rows in it.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) text: String,
    pub(crate) rows: Vec<Item<'a>>,
}

/// Whether CSV can say what the row says: a text `#N/A` would clear its field, and one that is too long would be refused. A value that
/// cannot be written at all is refused either way.
pub(crate) fn can_hold(row: &Row) -> bool {
    let mut texts = row.fields().iter().filter_map(|(name, value)| value::to_csv(name, value).ok().flatten());
    texts.all(|text| text != CLEAR && text.chars().count() <= FIELD_CHARS_MAX)
}

/// Writes the rows, those of one parent beside each other, so that parallel work on the file locks it less often. Rows whose
/// values cannot be written are answered at once.
pub(crate) fn write<'a>(batch: &Batch, items: Vec<Item<'a>>, report: &mut Report) -> Sheet<'a> {
    let mut lines = Vec::with_capacity(items.len());
    for item in by_parent(items) {
        match cells(batch, &item) {
            Ok(cells) => lines.push((item, cells)),
            Err(detail) => report.rejected(item.row, detail),
        }
    }
    let columns: BTreeSet<String> = lines.iter().flat_map(|(_, cells)| cells.keys().cloned()).collect();
    let mut text = String::new();
    csv::write_line(&mut text, columns.iter().map(String::as_str));
    for (_, cells) in &lines {
        csv::write_line(&mut text, columns.iter().map(|column| cells.get(column).map_or("", String::as_str)));
    }
    Sheet { text, rows: lines.into_iter().map(|(item, _)| item).collect() }
}

fn cells(batch: &Batch, item: &Item<'_>) -> Result<BTreeMap<String, String>, Detail> {
    let mut cells = BTreeMap::new();
    if batch.operation() != Operation::Delete {
        for (name, value) in item.row.fields() {
            let text = value::to_csv(name, value)?;
            match (Path::of(name), text) {
                (Path::Own(RECORD_ID), _) => {}
                (Path::Related { relationship, .. }, None) => {
                    cells.insert(reference_of(relationship), CLEAR.to_owned());
                }
                (_, text) => {
                    cells.insert(name.clone(), text.unwrap_or_else(|| CLEAR.to_owned()));
                }
            }
        }
    }
    if let Some(id) = &item.id {
        cells.insert(RECORD_ID.to_owned(), id.clone());
    }
    Ok(cells)
}
