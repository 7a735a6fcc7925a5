//! Makes a sync ready to run: everything about it is checked, and every problem found at once.

use std::ops::Range;
use std::sync::Arc;

use offtake_config::{Document, Problem, Problems, SyncConfig, suggest};
use offtake_core::Fault;
use offtake_core::choose::Selection;
use offtake_core::mapping::Value;
use offtake_core::object::Field;
use offtake_core::ports::{Clock, Destination, MappedModel, StateStore};
use offtake_core::rules::{self, Misfit};
use offtake_engine::{Ports, SyncSpec};
use offtake_plugin::Hot;
use offtake_source::{Error as SourceError, Mapped, MappingError, Model};
use serde_json::json;

use super::{SystemClock, Workspace, connector};
use crate::discovery::{self, Remembered};

/// Where a destination's fields come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// From the last time that it was asked; nothing leaves the machine.
    Remembered,
    /// It is asked now.
    Asked,
}

/// A sync that can run.
pub(crate) struct Prepared {
    pub(crate) spec: SyncSpec,
    model: Mapped,
    /// None when the destination was not asked.
    destination: Option<Arc<Hot>>,
    /// What its fields were checked against.
    pub(crate) checked: Option<Remembered>,
}

impl Prepared {
    /// What the engine needs; none when the destination was not asked.
    pub(crate) fn ports(self, state: Arc<dyn StateStore>) -> Option<(SyncSpec, Ports)> {
        let ports = Ports {
            model: Arc::new(self.model),
            destination: self.destination?,
            state,
            clock: Arc::new(SystemClock) as Arc<dyn Clock>,
        };
        Some((self.spec, ports))
    }
}

/// Checks one sync.
pub(crate) async fn prepare(
    workspace: &Workspace,
    sync: &SyncConfig,
    freshness: Freshness,
) -> anyhow::Result<Prepared> {
    let mut problems = Problems::default();
    let mapped = map(workspace, sync, &mut problems).await;
    let (destination, checked) = match freshness {
        Freshness::Remembered => (None, remembered(workspace, sync, &mut problems)),
        Freshness::Asked => {
            let (bound, remembered) = ask(workspace, sync, &mut problems).await?;
            (bound, remembered)
        }
    };
    if let (Some(mapped), Some(checked)) = (&mapped, &checked) {
        let schema = mapped.schema();
        for misfit in rules::check(&schema, checked.fields(), &sync.match_keys, sync.mode.operation()) {
            problems.push(misfit_problem(sync, &misfit, checked));
        }
    }
    match mapped {
        Some(model) if problems.is_empty() => {
            let partition = partition(&model, checked.as_ref());
            let spec = SyncSpec { partition, ..spec(workspace, sync) };
            Ok(Prepared { spec, model, destination, checked })
        }
        _ => Err(problems.into()),
    }
}

/// Mapped fields whose values lock each other at the destination.
fn partition(model: &Mapped, checked: Option<&Remembered>) -> Vec<String> {
    let locking = checked.into_iter().flat_map(Remembered::fields).filter(|field| field.partition);
    let schema = model.schema();
    let mapped = locking.filter(|field| schema.field_with_name(&field.name).is_ok());
    mapped.map(|field| field.name.clone()).collect()
}

fn spec(workspace: &Workspace, sync: &SyncConfig) -> SyncSpec {
    let endpoints = workspace.project.destinations.get(&sync.destination).map(|connection| &connection.endpoints);
    let target = json!({
        "connection": sync.destination,
        "endpoints": endpoints,
        "object": sync.object,
        "match": sync.match_keys,
    });
    SyncSpec {
        target: target.to_string(),
        name: sync.name.to_string(),
        object: sync.object.clone(),
        mode: sync.mode,
        on_delete: sync.on_delete,
        match_keys: sync.match_keys.clone(),
        policies: sync.policies.clone(),
        partition: Vec::new(),
        batch_rows: sync.limits.batch,
        concurrency: sync.limits.concurrency,
        guards: sync.guards,
        selection: Selection::All,
        approved: Vec::new(),
    }
}

async fn map(workspace: &Workspace, sync: &SyncConfig, problems: &mut Problems) -> Option<Mapped> {
    let source = workspace.project.sources.get(&sync.source)?;
    let model = match workspace.models.get(source, sync).await {
        Ok(model) => model,
        Err(error) => {
            problems.push(model_problem(sync, error));
            return None;
        }
    };
    match model.map(&sync.fields) {
        Ok(mapped) => Some(mapped),
        Err(errors) => {
            for (index, error) in errors {
                problems.push(mapping_problem(sync, &model, index, &error));
            }
            None
        }
    }
}

fn remembered(workspace: &Workspace, sync: &SyncConfig, problems: &mut Problems) -> Option<Remembered> {
    let connection = workspace.project.destinations.get(&sync.destination)?;
    let (_, digest) = connector::check(&workspace.supply, connection, problems)?;
    discovery::recall(&workspace.project.state, &sync.destination, &sync.object, &digest)
}

async fn ask(
    workspace: &Workspace,
    sync: &SyncConfig,
    problems: &mut Problems,
) -> anyhow::Result<(Option<Arc<Hot>>, Option<Remembered>)> {
    let Some(connection) = workspace.project.destinations.get(&sync.destination) else { return Ok((None, None)) };
    let Some(bound) = connector::bind(workspace, &sync.destination, connection, problems) else {
        return Ok((None, None));
    };
    let fields: Vec<Field> = match bound.fields(&sync.object).await {
        Ok(fields) => fields,
        Err(failed) => {
            let failure = failed.failure;
            let message = format!("{}: {}", connection_name(sync), failure.detail().message);
            return Err(Fault::new(failure.code(), message).with_help(failure.help()).into());
        }
    };
    let state = &workspace.project.state;
    let digest = bound.connector_digest();
    let remembered = discovery::remember(state, &sync.destination, &sync.object, &digest, fields);
    Ok((Some(bound), Some(remembered)))
}

fn connection_name(sync: &SyncConfig) -> String {
    format!("connection `{}`, object `{}`", sync.destination, sync.object)
}

/// The model's error at its place in the SQL.
fn model_problem(sync: &SyncConfig, error: SourceError) -> Problem {
    let position = match &error {
        SourceError::Sql { position, .. } => *position,
        _ => None,
    };
    let known: Vec<String> = match &error {
        SourceError::UnknownTable { known, .. } => known.clone(),
        _ => Vec::new(),
    };
    let typed = match &error {
        SourceError::UnknownTable { table, .. } => Some(table.clone()),
        _ => None,
    };
    let fault = Fault::from(error);
    let mut problem = Problem::at(&sync.document, "/source", fault.code, fault.message.clone());
    if let Some(model) = &sync.model {
        let span = position.and_then(|position| offset(model, position)).or_else(|| find(model, typed.as_deref()));
        problem = Problem { document: Some(model.clone()), span, ..problem };
    }
    let meant = typed.as_deref().and_then(|typed| suggest(typed, known.iter().map(String::as_str)));
    problem.with_help(
        meant.map_or_else(|| fault.help.clone().unwrap_or_default(), |meant| format!("did you mean `{meant}`?")),
    )
}

/// Bytes of the word at a line and column, both from 1.
fn offset(document: &Document, (line, column): (u64, u64)) -> Option<Range<usize>> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start: usize = document.text().split_inclusive('\n').take(line).map(str::len).sum();
    let rest = document.text().get(start..)?;
    let begin = start + rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte);
    let word = document.text().get(begin..)?;
    let length = word.find(|c: char| c.is_whitespace() || c == ',' || c == ')').unwrap_or(word.len());
    Some(begin..begin + length)
}

fn find(document: &Document, word: Option<&str>) -> Option<Range<usize>> {
    let word = word?;
    let start = document.text().find(word)?;
    Some(start..start + word.len())
}

fn mapping_problem(sync: &SyncConfig, model: &Model, index: usize, error: &MappingError) -> Problem {
    let key = match sync.fields.get(index).map(|field| &field.value) {
        Some(Value::Column(_)) => "from",
        Some(Value::Sql(_)) => "sql",
        _ => "value",
    };
    let pointer = format!("/fields/{index}/{key}");
    let problem = Problem::at(&sync.document, &pointer, error.code(), error.to_string());
    match error {
        MappingError::UnknownColumn { column, known } => {
            let help = suggest(column, known.iter().map(String::as_str)).map_or_else(
                || format!("the model has {}", known.join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            problem.with_label("not a column of the model").with_help(help)
        }
        _ => {
            let columns: Vec<String> = model.columns().into_iter().map(|(name, _)| name).collect();
            problem.with_help(format!("an expression sees one row with the columns {}", columns.join(", ")))
        }
    }
}

fn misfit_problem(sync: &SyncConfig, misfit: &Misfit, checked: &Remembered) -> Problem {
    let pointer = misfit.index.map_or_else(|| "/fields".to_owned(), |index| format!("/fields/{index}/to"));
    let message = format!("{} on object `{}`", misfit.message, sync.object);
    let label = format!("by the fields of {} (fetched {})", sync.destination, checked.fetched());
    let problem = Problem::at(&sync.document, &pointer, misfit.code, message).with_label(label);
    let source = misfit.index.and_then(|index| sync.fields.get(index)).map(|field| &field.value);
    let refresh = format!("refresh with: offtake validate --online {}", sync.name);
    match (misfit.code, misfit.remedy, source) {
        ("OFT-C014", ..) => {
            let known = checked.fields().iter().map(|field| field.name.as_str());
            let meant = suggest(&misfit.field, known).map(|meant| format!("did you mean `{meant}`? "));
            problem.with_help(format!("{}{refresh}", meant.unwrap_or_default()))
        }
        (_, Some(remedy), Some(Value::Column(column))) => {
            problem.with_help(format!("convert it in the mapping: sql: \"{}\"", remedy.replace("{}", column)))
        }
        (_, Some(remedy), _) => problem.with_help(format!("convert it: {}", remedy.replace("{}", "…"))),
        _ => problem.with_help(refresh),
    }
}
