//! `query`: what a SOQL query finds, in pages.

use serde_json::{Map, Value, json};

use super::dml::text;
use super::field::Field;
use super::object::Object;
use super::org::{Org, Record};
use super::refusal::Refusal;
use super::soql::{self, Condition, Literal, Operator, Query};
use crate::ident;

/// Records in one page, unless the client asks for fewer.
const PAGE: usize = 2_000;

/// Answers the first page.
pub(super) fn run(org: &mut Org, soql: &str, deleted_too: bool, base: &str) -> Result<Value, Refusal> {
    let query = soql::parse(soql)?;
    let object = org.object(&query.object).cloned().ok_or_else(|| Refusal::no_object(&query.object))?;
    for condition in &query.conditions {
        check(&object, condition)?;
    }
    let mut found: Vec<&Record> = org
        .all(&object.name)
        .filter(|record| deleted_too || !record.deleted)
        .filter(|record| query.conditions.iter().all(|condition| holds(org, record, &object, condition)))
        .collect();
    if let Some((field, descends)) = &query.order {
        let field = object.field(field).ok_or_else(|| Refusal::no_column(field, &object.name))?;
        found.sort_by_key(|record| text(&org.cell(record, &object, field)));
        if *descends {
            found.reverse();
        }
    }
    found.truncate(query.limit.unwrap_or(usize::MAX));
    if query.counts {
        return Ok(json!({"totalSize": found.len(), "done": true, "records": []}));
    }
    let shown: Vec<Value> =
        found.iter().map(|record| show(org, record, &object, &query, base)).collect::<Result<_, _>>()?;
    // An empty result has to have its fields checked as well.
    if shown.is_empty() {
        for field in query.fields.iter().filter(|field| !field.contains('.')) {
            object.field(field).ok_or_else(|| Refusal::no_column(field, &object.name))?;
        }
    }
    let total = shown.len();
    Ok(page(org, shown, total, base))
}

/// A further page.
pub(super) fn more(org: &mut Org, locator: &str, base: &str) -> Result<Value, Refusal> {
    let rest = org
        .cursors
        .remove(locator)
        .ok_or_else(|| Refusal::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))?;
    let total = rest.len();
    Ok(page(org, rest, total, base))
}

fn page(org: &mut Org, mut records: Vec<Value>, total: usize, base: &str) -> Value {
    let rest = records.split_off(PAGE.min(records.len()));
    if rest.is_empty() {
        return json!({"totalSize": total, "done": true, "records": records});
    }
    let locator = format!("01g{}-{PAGE}", ident::uuid().replace('-', "").get(..15).unwrap_or_default());
    let next = format!("{base}/query/{locator}");
    org.cursors.insert(locator, rest);
    json!({"totalSize": total, "done": false, "nextRecordsUrl": next, "records": records})
}

fn check(object: &Object, condition: &Condition) -> Result<(), Refusal> {
    let name = &condition.field;
    let field = object.field(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
    let refused = |kind: &str, how: &str| {
        let message = format!(
            "value of filter criterion for field '{}' must be of type {kind} and should {how}enclosed in quotes",
            field.name
        );
        Err(Refusal::new(400, "INVALID_FIELD", message))
    };
    for value in &condition.values {
        match value {
            Literal::Text(_) if field.is_number() || field.kind == "boolean" => {
                return refused(if field.is_number() { "double" } else { "boolean" }, "not be ");
            }
            Literal::Bare(bare) if !bare.eq_ignore_ascii_case("null") && !is_bare(field) => {
                return refused("string", "be ");
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_bare(field: &Field) -> bool {
    field.is_number() || matches!(field.kind.as_str(), "boolean" | "date" | "datetime")
}

fn holds(org: &Org, record: &Record, object: &Object, condition: &Condition) -> bool {
    let Some(field) = object.field(&condition.field) else { return false };
    let value = org.cell(record, object, field);
    let is = |literal: &Literal| match (literal, &value) {
        (Literal::Bare(bare), Value::Null) => bare.eq_ignore_ascii_case("null"),
        (Literal::Bare(bare), Value::Number(number)) => bare.parse::<f64>().ok() == number.as_f64(),
        (Literal::Bare(bare), other) => text(other).eq_ignore_ascii_case(bare),
        (Literal::Text(wanted), Value::String(own)) if matches!(field.kind.as_str(), "id" | "reference") => {
            wanted.get(..15) == own.get(..15)
        }
        (Literal::Text(wanted), Value::String(own)) => wanted.to_lowercase() == own.to_lowercase(),
        (Literal::Text(_), _) => false,
    };
    let any = condition.values.iter().any(is);
    match condition.operator {
        Operator::Is | Operator::In => any,
        Operator::IsNot | Operator::NotIn => !any,
        Operator::Like => condition.values.iter().any(|literal| match (literal, &value) {
            (Literal::Text(pattern), Value::String(own)) => like(&own.to_lowercase(), &pattern.to_lowercase()),
            _ => false,
        }),
    }
}

/// `%` stands for anything.
fn like(own: &str, pattern: &str) -> bool {
    match pattern.split_once('%') {
        None => own == pattern,
        Some((head, rest)) => match own.strip_prefix(head) {
            None => false,
            Some(tail) => tail
                .char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| like(tail.get(at..).unwrap_or_default(), rest)),
        },
    }
}

fn show(org: &Org, record: &Record, object: &Object, query: &Query, base: &str) -> Result<Value, Refusal> {
    let attributes = |kind: &str, id: &str| json!({"type": kind, "url": format!("{base}/sobjects/{kind}/{id}")});
    let mut shown = Map::from_iter([("attributes".to_owned(), attributes(&object.name, &record.id))]);
    for name in &query.fields {
        let Some((relationship, name)) = name.split_once('.') else {
            let field = object.field(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
            shown.insert(field.name.clone(), org.cell(record, object, field));
            continue;
        };
        let reference = object.relationship(relationship).ok_or_else(|| {
            let message = format!("Didn't understand relationship '{relationship}' in field path.");
            Refusal::new(400, "INVALID_FIELD", message)
        })?;
        let relationship = reference.relationship.clone().unwrap_or_default();
        let other = record.values.get(&reference.name).and_then(Value::as_str).and_then(|id| org.record(id));
        let Some((other, target)) = other.and_then(|other| Some((other, org.object(&other.object)?))) else {
            shown.insert(relationship, Value::Null);
            continue;
        };
        let field = target.field(name).ok_or_else(|| Refusal::no_column(name, &target.name))?;
        let nested =
            shown.entry(relationship).or_insert_with(|| json!({"attributes": attributes(&target.name, &other.id)}));
        if let Some(nested) = nested.as_object_mut() {
            nested.insert(field.name.clone(), org.cell(other, target, field));
        }
    }
    Ok(Value::Object(shown))
}
