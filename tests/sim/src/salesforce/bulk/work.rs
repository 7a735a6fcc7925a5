//! What a job does to the records, and its three result files.

use std::collections::BTreeSet;

use super::super::dml::{self, Way};
use super::super::draft::Draft;
use super::super::object::Object;
use super::super::org::Org;
use super::super::refusal::DmlError;
use super::{Job, Operation};
use crate::{csv, ident};

/// What came of a job.
#[derive(Default)]
pub(super) struct Done {
    header: Vec<String>,
    rows: Vec<Row>,
    pub(super) error: Option<String>,
}

struct Row {
    cells: Vec<String>,
    fate: Fate,
}

enum Fate {
    Done { id: String, created: bool },
    Refused { id: String, error: DmlError },
    Untried,
}

impl Done {
    pub(super) fn processed(&self) -> usize {
        self.rows.iter().filter(|row| !matches!(row.fate, Fate::Untried)).count()
    }

    pub(super) fn failed(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.fate, Fate::Refused { .. })).count()
    }

    /// A result file by the name of its resource, in an order that is not that of the rows.
    pub(super) fn file(&self, part: &str, delimiter: char) -> Option<String> {
        let added: &[&str] = match part {
            "successfulresults" => &["sf__Id", "sf__Created"],
            "failedresults" => &["sf__Id", "sf__Error"],
            "unprocessedrecords" => &[],
            _ => return None,
        };
        let mut lines: Vec<(u64, Vec<String>)> = Vec::new();
        for (place, row) in (0..).zip(&self.rows) {
            let mut cells = match (part, &row.fate) {
                ("successfulresults", Fate::Done { id, created }) => vec![id.clone(), created.to_string()],
                ("failedresults", Fate::Refused { id, error }) => vec![id.clone(), error.text()],
                ("unprocessedrecords", Fate::Untried) => Vec::new(),
                _ => continue,
            };
            cells.extend(row.cells.iter().cloned());
            lines.push((place, cells));
        }
        ident::shuffle(&mut lines, |(place, _)| *place);
        let header: Vec<&str> = added.iter().copied().chain(self.header.iter().map(String::as_str)).collect();
        let mut file = csv::write(&header, delimiter);
        for (_, cells) in &lines {
            file.push_str(&csv::write(&cells.iter().map(String::as_str).collect::<Vec<_>>(), delimiter));
        }
        Some(file)
    }
}

/// A job that was aborted before its time.
pub(super) fn untried(data: &str, delimiter: char) -> Done {
    let mut lines = csv::read(data, delimiter).unwrap_or_default().into_iter();
    let header = lines.next().unwrap_or_default();
    Done { header, rows: lines.map(|cells| Row { cells, fate: Fate::Untried }).collect(), error: None }
}

pub(super) fn run(org: &mut Org, job: &Job) -> Done {
    let mut done = untried(job.data.as_deref().unwrap_or_default(), job.delimiter.letter);
    let Some(object) = org.object(&job.object).cloned() else { return done };
    if let Some(error) = misfit(org, &object, job, &done.header) {
        done.error = Some(error);
        return done;
    }
    // Locks of requests under way are waited for by the job, and its own last no longer than this.
    let mut mine: BTreeSet<String> = BTreeSet::new();
    let held = std::mem::take(&mut org.locked);
    let header = done.header.clone();
    for row in &mut done.rows {
        row.fate = match write(org, &object, job, &header, &row.cells, &mut mine) {
            Ok((id, created)) => Fate::Done { id, created },
            Err(error) => Fate::Refused { id: cell(&header, &row.cells, "Id").unwrap_or_default().to_owned(), error },
        };
    }
    org.locked = held;
    done
}

/// A header that does not fit the object fails the job before any row is tried.
fn misfit(org: &Org, object: &Object, job: &Job, header: &[String]) -> Option<String> {
    let has = |name: &str| header.iter().any(|column| column.eq_ignore_ascii_case(name));
    let unknown = header.iter().find(|column| match column.split_once('.') {
        Some((left, _)) => object.relationship(left.rsplit(':').next().unwrap_or(left)).is_none(),
        None => object.field(column).is_none(),
    });
    if let Some(column) = unknown {
        return Some(format!("InvalidBatch : Field name not found : {column}"));
    }
    let needed = match job.operation {
        Operation::Update | Operation::Delete => Some("Id"),
        Operation::Upsert => job.external_id.as_deref(),
        Operation::Insert => None,
    };
    if let Some(needed) = needed.filter(|needed| !has(needed)) {
        return Some(format!("InvalidBatch : The '{needed}' batch must contain one column named '{needed}'"));
    }
    if job.operation == Operation::Delete && header.len() > 1 {
        return Some("InvalidBatch : The 'delete' batch must contain only ids".to_owned());
    }
    org.object(&object.name).is_none().then(|| "InvalidBatch".to_owned())
}

fn write(
    org: &mut Org,
    object: &Object,
    job: &Job,
    header: &[String],
    cells: &[String],
    mine: &mut BTreeSet<String>,
) -> Result<(String, bool), DmlError> {
    if cells.len() != header.len() {
        return Err(DmlError::new("INVALID_FIELD", "The row has another number of cells than the header"));
    }
    if job.operation == Operation::Delete {
        let id = cell(header, cells, "Id").unwrap_or_default();
        return dml::delete(org, id, mine).map(|id| (id, false));
    }
    let mut draft = Draft::default();
    for (column, text) in header.iter().zip(cells).filter(|(_, text)| !text.is_empty()) {
        draft.set_text(org, object, column, text)?;
    }
    let key = job.external_id.as_deref().and_then(|name| object.field(name));
    let way = match (job.operation, key) {
        (Operation::Upsert, Some(key)) => Way::Upsert(key),
        (Operation::Update, _) => Way::Update,
        _ => Way::Insert,
    };
    dml::save(org, object, draft, way, mine).map(|saved| (saved.id, saved.created))
}

fn cell<'a>(header: &[String], cells: &'a [String], name: &str) -> Option<&'a str> {
    let place = header.iter().position(|column| column.eq_ignore_ascii_case(name))?;
    cells.get(place).map(String::as_str)
}
