//! A sync, from typed in to usable.

use std::path::Path;
use std::sync::Arc;

use offtake_core::Name;
use offtake_core::mapping::{Constant, FieldMapping, Value};

use super::behaviour::{guards, mode, on_delete, policies};
use super::{Typed, claim, name};
use crate::problem::{Problem, Problems, suggest};
use crate::raw::sync as raw;
use crate::{Document, Project, SyncConfig, SyncLimits};

pub(super) fn resolve(typed: Typed<raw::Sync>, project: &mut Project, problems: &mut Problems) {
    let Typed { document, raw } = typed;
    let before = problems.0.len();
    let own_name = name(&raw.sync, &document, "/sync", problems);
    if let Some(name) = &own_name {
        claim(&project.syncs, name, &document, "/sync", problems);
    }
    let known: Vec<&Name> = project.sources.keys().collect();
    let source = connection(&raw.source.connection, &known, "source", &document, problems);
    let known: Vec<&Name> = project.destinations.keys().collect();
    let destination = connection(&raw.destination.connection, &known, "destination", &document, problems);
    let model = model(&raw.source, &project.folder, &document, problems);
    let fields = fields(&raw.fields, &document, problems);
    check_match(&raw.match_keys, &fields, &document, problems);
    let policies = policies(&raw, &document, problems);
    let mode = mode(raw.destination.mode);
    let on_delete = on_delete(mode, raw.on_delete, &document, problems);
    if problems.0.len() > before {
        return;
    }
    let (Some(name), Some(source), Some(destination), Some((sql, model))) = (own_name, source, destination, model)
    else {
        return;
    };
    let limits = raw.limits.map(|limits| SyncLimits { batch: limits.batch, concurrency: limits.concurrency });
    let sync = SyncConfig {
        source,
        sql,
        model,
        destination,
        object: raw.destination.object,
        mode,
        match_keys: raw.match_keys,
        on_delete,
        policies,
        guards: guards(&raw.guards.unwrap_or_default(), mode, on_delete),
        fields,
        limits: limits.unwrap_or_default(),
        document,
        name: name.clone(),
    };
    project.syncs.insert(name, sync);
}

fn connection(
    typed: &str,
    known: &[&Name],
    side: &str,
    document: &Arc<Document>,
    problems: &mut Problems,
) -> Option<Name> {
    if let Some(found) = known.iter().find(|name| name.as_str() == typed) {
        return Some((*found).clone());
    }
    let pointer = format!("/{side}/connection");
    let message = format!("there is no {side} connection `{typed}`");
    let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
    let help = match suggest(typed, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => format!("add one under connections/ with a `{side}`"),
        None => format!("there are {}", names.join(", ")),
    };
    problems.push(Problem::at(document, &pointer, "OFT-C011", message).with_help(help));
    None
}

/// The model's SQL, and the file it stands in when that is not the sync's own.
type Model = (String, Option<Arc<Document>>);

fn model(source: &raw::Source, folder: &Path, document: &Arc<Document>, problems: &mut Problems) -> Option<Model> {
    match (&source.model, &source.sql, &source.table) {
        (None, Some(sql), None) => Some((sql.clone(), None)),
        (None, None, Some(table)) => Some((whole_table(table), None)),
        (Some(model), None, None) => {
            let path = folder.join(model);
            match std::fs::read_to_string(&path) {
                Ok(text) => Some((text.clone(), Some(Arc::new(Document::plain(&path, text))))),
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    problems.push(Problem::at(document, "/source/model", "OFT-C002", message));
                    None
                }
            }
        }
        _ => {
            let message = "a sync's source has one of `model`, `sql` and `table`";
            problems.push(Problem::at(document, "/source", "OFT-C009", message));
            None
        }
    }
}

/// The SQL of a sync that reads a table whole.
pub fn whole_table(table: &str) -> String {
    let quote = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    let parts: Vec<String> = table.split('.').map(quote).collect();
    format!("SELECT * FROM {}", parts.join("."))
}

fn fields(raw: &[raw::Field], document: &Arc<Document>, problems: &mut Problems) -> Vec<FieldMapping> {
    let mut fields: Vec<FieldMapping> = Vec::with_capacity(raw.len());
    for (index, field) in raw.iter().enumerate() {
        let pointer = format!("/fields/{index}");
        if fields.iter().any(|earlier| earlier.to == field.to) {
            let message = format!("`{}` is mapped twice", field.to);
            problems.push(Problem::at(document, &format!("{pointer}/to"), "OFT-C008", message));
        }
        let value = match (&field.from, &field.sql, &field.value) {
            (Some(column), None, None) => Value::Column(column.clone()),
            (None, Some(sql), None) => Value::Sql(sql.clone()),
            (None, None, Some(constant)) => Value::Constant(self::constant(constant)),
            _ => {
                let message = format!("field `{}` has one of `from`, `sql` and `value`", field.to);
                problems.push(Problem::at(document, &pointer, "OFT-C009", message));
                continue;
            }
        };
        fields.push(FieldMapping { to: field.to.clone(), value });
    }
    fields
}

fn constant(value: &serde_json::Value) -> Constant {
    match (value, value.as_i64(), value.as_f64()) {
        (serde_json::Value::Bool(value), _, _) => Constant::Boolean(*value),
        (_, Some(integer), _) => Constant::Integer(integer),
        (_, None, Some(number)) => Constant::Number(number),
        (value, ..) => Constant::Text(value.as_str().unwrap_or_default().to_owned()),
    }
}

fn check_match(keys: &[String], fields: &[FieldMapping], document: &Arc<Document>, problems: &mut Problems) {
    for (index, key) in keys.iter().enumerate() {
        if fields.iter().any(|field| field.to == *key) {
            continue;
        }
        let message = format!("match key `{key}` is not mapped");
        let problem = Problem::at(document, &format!("/match/{index}"), "OFT-C012", message);
        problems.push(problem.with_help(format!("add `- {{ to: {key}, from: … }}` under `fields`")));
    }
}
