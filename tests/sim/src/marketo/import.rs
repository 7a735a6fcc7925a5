//! Bulk import of leads: a file that is read when its time has come.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Reason, Refusal};
use super::ask::Ask;
use super::multipart;
use super::store::{Store, Table};
use super::sync::{Action, Plan};
use crate::csv;

/// Imports that wait or run at one time.
const QUEUED_MAX: usize = 10;
const FILE_BYTES_MAX: usize = 10_000_000;

/// An import.
pub(super) struct Import {
    id: u64,
    lookup: String,
    delimiter: char,
    text: String,
    begun: Instant,
    status: &'static str,
    processed: usize,
    failures: Vec<Vec<String>>,
    warnings: Vec<Vec<String>>,
}

/// `POST /bulk/v1/leads.json`.
pub(super) fn start(store: &mut Store, ask: &Ask) -> Answer {
    let delimiter = match ask.parameter("format").as_deref() {
        Some("csv") => ',',
        Some("tsv") => '\t',
        Some("ssv") => ';',
        Some(other) => return Err(Refusal::new("1003", format!("Invalid value '{other}' for 'format'"))),
        None => return Err(Refusal::new("1002", "Missing value for required parameter 'format'")),
    };
    let lookup = ask.parameter("lookupField").unwrap_or_else(|| "email".to_owned());
    if super::lead_api::leads(store)?.field(&lookup).is_none() {
        return Err(Refusal::new("1003", format!("Invalid value '{lookup}' for 'lookupField'")));
    }
    if !ask.content_type.starts_with("multipart/form-data") {
        return Err(Refusal::new("612", "Invalid content type"));
    }
    let file = multipart::part(&ask.content_type, &ask.body, "file");
    let file = file.ok_or_else(|| Refusal::new("613", "Invalid multipart request: no part is called 'file'"))?;
    if file.is_empty() {
        return Err(Refusal::new("1003", "Empty file"));
    }
    if file.len() > FILE_BYTES_MAX {
        return Err(Refusal::new("1003", "The file is larger than 10 MB"));
    }
    let text = String::from_utf8(file).map_err(|_| Refusal::new("1003", "The file is not UTF-8"))?;
    if store.imports.iter().filter(|import| import.is_open()).count() >= QUEUED_MAX {
        return Err(Refusal::limit("1016", "Too many imports"));
    }
    let id = 1_022 + store.imports.len() as u64;
    store.imports.push(Import {
        id,
        lookup,
        delimiter,
        text,
        begun: Instant::now(),
        status: "Queued",
        processed: 0,
        failures: Vec::new(),
        warnings: Vec::new(),
    });
    Ok(json!({"result": [{"batchId": id, "importId": id.to_string(), "status": "Queued"}]}))
}

/// `GET /bulk/v1/leads/batch/{id}.json`.
pub(super) fn status(store: &Store, id: &str) -> Answer {
    let import = find(store, id)?;
    let mut shown = json!({"batchId": import.id, "importId": import.id.to_string(), "status": import.status});
    if let (false, Some(shown)) = (import.is_open(), shown.as_object_mut()) {
        let (failed, warned) = (import.failures.len().saturating_sub(1), import.warnings.len().saturating_sub(1));
        let message = match import.status {
            "Failed" => "The import failed: the header has no column of the lookup field".to_owned(),
            _ => format!("Import completed with {failed} errors, {} records imported", import.processed),
        };
        for (name, value) in [
            ("numOfLeadsProcessed", json!(import.processed)),
            ("numOfRowsFailed", json!(failed)),
            ("numOfRowsWithWarning", json!(warned)),
            ("message", json!(message)),
        ] {
            shown.insert(name.to_owned(), value);
        }
    }
    Ok(json!({"result": [shown]}))
}

/// `GET …/failures.json` and `…/warnings.json`: CSV, whatever their names say.
pub(super) fn file(store: &Store, id: &str, part: &str) -> Result<Response, Refusal> {
    let import = find(store, id)?;
    if import.is_open() {
        return Err(Refusal::new("1003", "The import is not complete"));
    }
    let lines = if part == "failures" { &import.failures } else { &import.warnings };
    let text: String =
        lines.iter().map(|line| csv::write(&line.iter().map(String::as_str).collect::<Vec<_>>(), ',')).collect();
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/csv;charset=UTF-8"))], text).into_response())
}

fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Import, Refusal> {
    let found = store.imports.iter().find(|import| import.id.to_string() == id);
    found.ok_or_else(|| Refusal::new("1003", format!("Batch '{id}' not found")))
}

/// Reads the files whose time has come.
pub(super) fn settle(store: &mut Store, takes: Duration, now: Instant) {
    for place in 0..store.imports.len() {
        let Some(import) = store.imports.get_mut(place).filter(|import| import.is_open()) else { continue };
        let since = now.duration_since(import.begun);
        if since >= takes {
            let mut import = store.imports.remove(place);
            if let Some(table) = store.table_mut("leads") {
                import.run(table);
            }
            store.imports.insert(place, import);
        } else if since >= takes / 2 {
            import.status = "Importing";
        }
    }
}

impl Import {
    fn is_open(&self) -> bool {
        matches!(self.status, "Queued" | "Importing")
    }

    fn run(&mut self, table: &mut Table) {
        let mut lines = csv::read(&self.text, self.delimiter).unwrap_or_default().into_iter();
        let header = lines.next().unwrap_or_default();
        let with = |reason: &str| header.iter().cloned().chain([reason.to_owned()]).collect::<Vec<_>>();
        self.failures.push(with("Import Failure Reason"));
        self.warnings.push(with("Import Warning Reason"));
        if !header.contains(&self.lookup) {
            self.status = "Failed";
            return;
        }
        for line in lines {
            let told = |reason: &Reason| line.iter().cloned().chain([reason.message.clone()]).collect::<Vec<_>>();
            match self.row(table, &header, &line) {
                Ok(None) => self.processed += 1,
                Ok(Some(warning)) => {
                    self.processed += 1;
                    self.warnings.push(told(&warning));
                }
                Err(reason) => self.failures.push(told(&reason)),
            }
        }
        self.status = "Complete";
    }

    /// Imports a row; what it could not take is a warning. An empty cell leaves its field alone.
    fn row(&self, table: &mut Table, header: &[String], line: &[String]) -> Result<Option<Reason>, Reason> {
        if line.len() != header.len() {
            return Err(Reason::new("1003", "The row has another number of columns than the header"));
        }
        let (mut record, mut warning) = (Map::new(), None);
        for (name, cell) in header.iter().zip(line).filter(|(_, cell)| !cell.is_empty()) {
            let taken = match table.field(name).filter(|field| !field.read_only || field.name == self.lookup) {
                None => Err(Reason::new("1006", format!("Field '{name}' not found"))),
                Some(field) => field.take(&json!(cell)),
            };
            match taken {
                Ok(_) => drop(record.insert(name.clone(), json!(cell))),
                Err(reason) if *name == self.lookup => return Err(reason),
                Err(reason) => warning = Some(reason),
            }
        }
        let keys = [self.lookup.clone()];
        let results = Plan::new(table, Action::CreateOrUpdate, &keys, &[Value::Object(record)]).apply(table);
        let refused =
            results.first().and_then(|result| result.get("reasons")).map(|reasons| reasons.pointer("/0/message"));
        match refused {
            Some(message) => Err(Reason::new("1003", message.and_then(Value::as_str).unwrap_or_default())),
            None => Ok(warning),
        }
    }
}
