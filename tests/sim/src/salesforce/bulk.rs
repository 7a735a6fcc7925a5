//! `jobs/ingest`: Bulk API 2.0. A job does its work when its time has come, at the next request that looks.

mod work;

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::org::Org;
use super::refusal::Refusal;
use super::route::Ask;
use super::{id, value};
use crate::clock;

type Answer = Result<Response, Refusal>;

/// An ingest job.
pub(super) struct Job {
    id: String,
    object: String,
    operation: Operation,
    external_id: Option<String>,
    delimiter: Delimiter,
    ending: String,
    version: u32,
    made: Timestamp,
    data: Option<String>,
    state: State,
    closed: Option<Instant>,
    done: work::Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    UploadComplete,
    InProgress,
    Aborted,
    JobComplete,
    Failed,
}

struct Delimiter {
    name: &'static str,
    letter: char,
}

const DELIMITERS: [(&str, char); 6] =
    [("COMMA", ','), ("SEMICOLON", ';'), ("TAB", '\t'), ("PIPE", '|'), ("CARET", '^'), ("BACKQUOTE", '`')];

/// 100 MB before base64, 150 MB after it; the simulator takes what its own limit of bodies lets through.
pub(super) fn create(org: &mut Org, ask: &Ask, jobs_max: u32) -> Answer {
    if org.jobs.len() >= jobs_max as usize {
        return Err(Refusal::new(400, "EXCEEDED_LIMIT", "The number of batches in 24 hours is used up"));
    }
    let body = ask.json()?;
    let given = |name: &str| body.get(name).and_then(Value::as_str);
    let invalid = |message: String| Refusal::new(400, "INVALIDJOB", message);
    let operation = match given("operation") {
        Some("insert") => Operation::Insert,
        Some("update") => Operation::Update,
        Some("upsert") => Operation::Upsert,
        Some("delete") => Operation::Delete,
        other => return Err(invalid(format!("InvalidOperation : {}", other.unwrap_or_default()))),
    };
    let name = given("object").ok_or_else(|| invalid("object is required".to_owned()))?;
    let object = org.object(name).ok_or_else(|| invalid(format!("InvalidEntity : {name}")))?.clone();
    if given("contentType").is_some_and(|kind| kind != "CSV") {
        return Err(invalid("InvalidContentType : only CSV".to_owned()));
    }
    let external_id = match (operation, given("externalIdFieldName")) {
        (Operation::Upsert, Some(name)) => match object.field(name).filter(|field| field.is_key()) {
            Some(field) => Some(field.name.clone()),
            None => return Err(invalid(format!("InvalidField : {name} is not an external id"))),
        },
        (Operation::Upsert, None) => return Err(invalid("externalIdFieldName is required".to_owned())),
        _ => None,
    };
    let delimiter = given("columnDelimiter").unwrap_or("COMMA");
    let Some((name, letter)) = DELIMITERS.into_iter().find(|(name, _)| *name == delimiter) else {
        return Err(invalid(format!("InvalidColumnDelimiter : {delimiter}")));
    };
    let ending = given("lineEnding").unwrap_or("LF");
    if !matches!(ending, "LF" | "CRLF") {
        return Err(invalid(format!("InvalidLineEnding : {ending}")));
    }
    let job = Job {
        id: id::of("750", 1_000 + org.jobs.len() as u64),
        object: object.name,
        operation,
        external_id,
        delimiter: Delimiter { name, letter },
        ending: ending.to_owned(),
        version: ask.version,
        made: clock::now(),
        data: None,
        state: State::Open,
        closed: None,
        done: work::Done::default(),
    };
    let shown = job.show(org, false);
    org.jobs.push(job);
    Ok(Json(shown).into_response())
}

/// Everything below `jobs/ingest/{id}`.
pub(super) fn one(org: &mut Org, id: &str, rest: &[&str], ask: &Ask) -> Answer {
    let place = org.jobs.iter().position(|job| job.id == id || job.id.get(..15) == Some(id));
    let place = place.ok_or_else(Refusal::not_found)?;
    let mut job = org.jobs.remove(place);
    let answer = job.answer(org, rest, ask);
    let deleted = ask.method == Method::DELETE && answer.is_ok();
    if !deleted {
        org.jobs.insert(place, job);
    }
    answer
}

pub(super) fn list(org: &Org) -> Value {
    let records: Vec<Value> = org.jobs.iter().map(|job| job.show(org, true)).collect();
    json!({"done": true, "records": records, "nextRecordsUrl": null})
}

/// Runs the jobs whose time has come.
pub(super) fn settle(org: &mut Org, takes: Duration, now: Instant) {
    for place in 0..org.jobs.len() {
        let due = |job: &Job| job.closed.map(|closed| now.duration_since(closed));
        let Some(since) = org.jobs.get(place).and_then(due) else { continue };
        let mut job = org.jobs.remove(place);
        match job.state {
            State::UploadComplete | State::InProgress if since >= takes => {
                job.done = work::run(org, &job);
                job.state = if job.done.error.is_some() { State::Failed } else { State::JobComplete };
            }
            State::UploadComplete if since >= takes / 2 => job.state = State::InProgress,
            _ => {}
        }
        org.jobs.insert(place, job);
    }
}

impl Job {
    fn answer(&mut self, org: &Org, rest: &[&str], ask: &Ask) -> Answer {
        match (&ask.method, rest) {
            (&Method::GET, []) => Ok(Json(self.show(org, true)).into_response()),
            (&Method::PATCH, []) => {
                let body = ask.json()?;
                self.turn(body.get("state").and_then(Value::as_str).unwrap_or_default())?;
                Ok(Json(self.show(org, false)).into_response())
            }
            (&Method::DELETE, []) => match self.state {
                State::Open | State::UploadComplete | State::InProgress => {
                    Err(self.out_of_turn("The job must be complete, failed or aborted to be deleted"))
                }
                _ => Ok(StatusCode::NO_CONTENT.into_response()),
            },
            (&Method::PUT, ["batches"]) => {
                let kind = ask.content_type.split(';').next().unwrap_or_default().trim();
                if kind != "text/csv" {
                    let message = format!("Unsupported content type: {kind}");
                    return Err(Refusal::new(415, "UNSUPPORTED_MEDIA_TYPE", message));
                }
                if self.state != State::Open || self.data.is_some() {
                    return Err(self.out_of_turn("Found multiple contents for job"));
                }
                let text = String::from_utf8(ask.body.to_vec());
                self.data = Some(text.map_err(|_| Refusal::new(400, "CLIENT_INPUT_ERROR", "The data is not UTF-8"))?);
                Ok(StatusCode::CREATED.into_response())
            }
            (&Method::GET, [part]) => {
                let part = part.to_ascii_lowercase();
                if !matches!(self.state, State::JobComplete | State::Failed | State::Aborted) {
                    return Err(self.out_of_turn("The job is not finished"));
                }
                let file = self.done.file(&part, self.delimiter.letter).ok_or_else(Refusal::not_found)?;
                Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"))], file).into_response())
            }
            _ => Err(Refusal::not_found()),
        }
    }

    fn turn(&mut self, to: &str) -> Result<(), Refusal> {
        match (self.state, to) {
            (State::Open, "UploadComplete") if self.data.is_some() => {
                self.state = State::UploadComplete;
                self.closed = Some(Instant::now());
                Ok(())
            }
            (State::Open, "UploadComplete") => Err(self.out_of_turn("There is no data in the job")),
            (State::Open | State::UploadComplete | State::InProgress, "Aborted") => {
                self.state = State::Aborted;
                self.closed = None;
                self.done = work::untried(self.data.as_deref().unwrap_or_default(), self.delimiter.letter);
                Ok(())
            }
            (_, "UploadComplete" | "Aborted") => Err(self.out_of_turn("The job is not open")),
            _ => Err(Refusal::new(400, "INVALIDJOBSTATE", format!("Invalid state: {to}"))),
        }
    }

    fn out_of_turn(&self, message: &str) -> Refusal {
        Refusal::new(400, "INVALIDJOBSTATE", format!("{message}: the job is {:?}", self.state))
    }

    fn show(&self, org: &Org, counts: bool) -> Value {
        let operation = format!("{:?}", self.operation).to_lowercase();
        let at = value::shown(self.made);
        let mut shown = json!({
            "id": self.id, "operation": operation, "object": self.object, "createdById": org.user, "createdDate": at,
            "systemModstamp": at, "state": format!("{:?}", self.state), "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": f64::from(self.version), "lineEnding": self.ending,
            "columnDelimiter": self.delimiter.name,
        });
        let Some(map) = shown.as_object_mut() else { return shown };
        if let Some(external_id) = &self.external_id {
            map.insert("externalIdFieldName".to_owned(), json!(external_id));
        }
        if self.state == State::Open {
            let url = format!("services/data/v{}.0/jobs/ingest/{}/batches", self.version, self.id);
            map.insert("contentUrl".to_owned(), json!(url));
        }
        if counts {
            for (name, value) in [
                ("jobType", json!("V2Ingest")),
                ("retries", json!(0)),
                ("totalProcessingTime", json!(0)),
                ("apiActiveProcessingTime", json!(0)),
                ("apexProcessingTime", json!(0)),
                ("numberRecordsProcessed", json!(self.done.processed())),
                ("numberRecordsFailed", json!(self.done.failed())),
            ] {
                map.insert(name.to_owned(), value);
            }
        }
        if let Some(error) = &self.done.error {
            map.insert("errorMessage".to_owned(), json!(error));
        }
        shown
    }
}
