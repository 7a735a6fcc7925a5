//! Shape: everything by which a file differs from its JSON Schema, at once.

use std::sync::Arc;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::problem::{Problem, Problems, suggest};
use crate::{Document, FileKind, raw};

/// Checks a document's shape.
pub(crate) fn check(document: &Arc<Document>, kind: FileKind, problems: &mut Problems) {
    check_part(document, "", document.value(), &raw::schema(kind), problems);
}

/// Checks the part of a document at `prefix`, a JSON pointer, against somebody else's JSON Schema: a connector's settings.
pub fn check_part(document: &Arc<Document>, prefix: &str, value: &Value, schema: &Value, problems: &mut Problems) {
    match jsonschema::validator_for(schema) {
        Ok(validator) => {
            for error in validator.iter_errors(value) {
                report(document, prefix, schema, &error, problems);
            }
        }
        Err(error) => problems.push(Problem::general("OFT-C001", format!("the schema itself is wrong: {error}"))),
    }
}

fn report(
    document: &Arc<Document>,
    prefix: &str,
    schema: &Value,
    error: &ValidationError<'_>,
    problems: &mut Problems,
) {
    let pointer = format!("{prefix}{}", error.instance_path().as_str());
    let pointer = pointer.as_str();
    let at = |code, message: String| Problem::at(document, pointer, code, message);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_keys(schema, error);
            for key in unexpected {
                let mut problem = at("OFT-C003", format!("unknown key `{key}`"));
                problem.span = document.key_span(pointer, key);
                problem.label = "not a key of this mapping".to_owned();
                let meant = suggest(key, known.iter().map(String::as_str));
                problem.help = Some(match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known keys are {}", known.join(", ")),
                });
                problems.push(problem);
            }
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let problem = at("OFT-C004", format!("key `{key}` is missing"));
            problems.push(problem.with_label("in this mapping").with_help(format!("add `{key}:`")));
        }
        ValidationErrorKind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
            };
            let found = type_name(error.instance());
            let problem = at("OFT-C005", format!("expected {expected}, found {found}"));
            problems.push(problem.with_label(found));
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let known: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
            problems.push(not_one_of(document, pointer, error.instance(), &known));
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            let known = constants(schema, error);
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            problems.push(not_one_of(document, pointer, error.instance(), &known));
        }
        _ => problems.push(at("OFT-C005", error.to_string())),
    }
}

fn not_one_of(document: &Arc<Document>, pointer: &str, found: &Value, known: &[&str]) -> Problem {
    let message = match found {
        Value::String(text) => format!("`{text}` is not one of {}", known.join(", ")),
        other => format!("expected one of {}, found {}", known.join(", "), type_name(other)),
    };
    let problem = Problem::at(document, pointer, "OFT-C005", message);
    match found.as_str().and_then(|text| suggest(text, known.iter().copied())) {
        Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
        None => problem,
    }
}

/// The schema of the mapping that the error is about: its path ends with the keyword that failed.
fn around<'a>(schema: &'a Value, error: &ValidationError<'_>) -> Option<&'a Value> {
    let path = error.schema_path().as_str();
    let (parent, _) = path.rsplit_once('/')?;
    schema.pointer(parent)
}

fn known_keys(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    let properties = around(schema, error).and_then(|around| around.get("properties")).and_then(Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// The constants of an enumeration whose cases have descriptions.
fn constants(schema: &Value, error: &ValidationError<'_>) -> Vec<String> {
    let cases = schema.pointer(error.schema_path().as_str()).and_then(Value::as_array);
    let constants = cases.into_iter().flatten().flat_map(|case| match (case.get("const"), case.get("enum")) {
        (Some(one), _) => vec![one.clone()],
        (None, Some(Value::Array(many))) => many.clone(),
        _ => Vec::new(),
    });
    constants.filter_map(|constant| constant.as_str().map(str::to_owned)).collect()
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
