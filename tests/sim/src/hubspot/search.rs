//! `search`: records by the values of their properties.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::error::Refusal;
use super::store::{Record, Table, fold};
use super::{HubSpot, request, view};
use crate::lock;

/// The most records on a page of a search.
const PAGE_MAX: usize = 200;
const PAGE_DEFAULT: usize = 10;
const GROUPS_MAX: usize = 5;
/// A search cannot be paged beyond this many records.
const REACH_MAX: usize = 10_000;

pub(super) async fn search(
    State(shared): State<Arc<HubSpot>>,
    Path(object): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let body = request::object(&body)?;
    let limit = number(&body, "limit")?.unwrap_or(PAGE_DEFAULT);
    let after = number(&body, "after")?.unwrap_or_default();
    if limit > PAGE_MAX {
        return Err(Refusal::validation(format!("limit must not exceed {PAGE_MAX}")));
    }
    if after + limit > REACH_MAX {
        return Err(Refusal::validation(format!("a search cannot be paged beyond {REACH_MAX} records")));
    }
    let asked = request::texts(&body, "properties");
    let portal = lock(&shared.portal);
    let table = portal.table(&object)?;
    let groups = groups(table, &body)?;
    let wanted = |record: &&Record| {
        groups.is_empty() || groups.iter().any(|group| group.iter().all(|filter| filter.admits(record)))
    };
    let found: Vec<&Record> = table.starting_at(0, false).map(|(_, record)| record).filter(wanted).collect();
    let page = found.iter().skip(after).take(limit).map(|record| view::read(&table.object, record, &asked));
    let mut reply = json!({ "total": found.len(), "results": page.collect::<Vec<_>>() });
    let next = after + limit;
    if let (true, Some(reply)) = (next < found.len(), reply.as_object_mut()) {
        reply.insert("paging".to_owned(), json!({ "next": { "after": next.to_string() } }));
    }
    Ok(Json(reply).into_response())
}

/// A count that clients send as a number or as a string.
fn number(body: &Map<String, Value>, field: &str) -> Result<Option<usize>, Refusal> {
    let number = match body.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    number.map(Some).ok_or_else(|| Refusal::validation(format!("{field} is not a valid number")))
}

/// Filters that must all hold; it is enough that one group holds.
type Group = Vec<Filter>;

fn groups(table: &Table, body: &Map<String, Value>) -> Result<Vec<Group>, Refusal> {
    let groups = body.get("filterGroups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if groups.len() > GROUPS_MAX {
        return Err(Refusal::validation(format!("a search takes at most {GROUPS_MAX} filter groups")));
    }
    let filters = |group: &Value| {
        let filters = group.get("filters").and_then(Value::as_array).ok_or_else(|| request::missing("filters"))?;
        filters.iter().map(|filter| Filter::parse(table, filter)).collect()
    };
    groups.iter().map(filters).collect()
}

struct Filter {
    property: String,
    operator: Operator,
}

enum Operator {
    Equal(String),
    NotEqual(String),
    In(Vec<String>),
    NotIn(Vec<String>),
    Has,
    HasNot,
    Contains(String),
    Less(String),
    LessOrEqual(String),
    Greater(String),
    GreaterOrEqual(String),
}

impl Filter {
    fn parse(table: &Table, filter: &Value) -> Result<Self, Refusal> {
        let filter = filter.as_object().ok_or_else(|| request::missing("filters"))?;
        let property = request::text(filter, "propertyName")?;
        if table.object.property(property).is_none() {
            let message = format!("There was a problem with the request. Property '{property}' does not exist");
            return Err(Refusal::validation(message));
        }
        let value = || request::text(filter, "value").map(fold);
        let values = || request::texts(filter, "values").iter().map(|value| fold(value)).collect();
        let operator = match request::text(filter, "operator")? {
            "EQ" => Operator::Equal(value()?),
            "NEQ" => Operator::NotEqual(value()?),
            "IN" => Operator::In(values()),
            "NOT_IN" => Operator::NotIn(values()),
            "HAS_PROPERTY" => Operator::Has,
            "NOT_HAS_PROPERTY" => Operator::HasNot,
            "CONTAINS_TOKEN" => Operator::Contains(value()?.replace('*', "")),
            "LT" => Operator::Less(value()?),
            "LTE" => Operator::LessOrEqual(value()?),
            "GT" => Operator::Greater(value()?),
            "GTE" => Operator::GreaterOrEqual(value()?),
            other => {
                return Err(Refusal::malformed(format!("Invalid input JSON: '{other}' is not an operator")));
            }
        };
        Ok(Self { property: property.to_owned(), operator })
    }

    fn admits(&self, record: &Record) -> bool {
        let held = record.properties.get(&self.property).map(|value| fold(value));
        let order = |wanted: &String| held.as_ref().map(|held| compare(held, wanted));
        match &self.operator {
            Operator::Equal(wanted) => held.as_ref() == Some(wanted),
            Operator::NotEqual(wanted) => held.as_ref() != Some(wanted),
            Operator::In(wanted) => held.is_some_and(|held| wanted.contains(&held)),
            Operator::NotIn(wanted) => held.is_some_and(|held| !wanted.contains(&held)),
            Operator::Has => held.is_some(),
            Operator::HasNot => held.is_none(),
            Operator::Contains(wanted) => held.is_some_and(|held| held.contains(wanted)),
            Operator::Less(wanted) => order(wanted).is_some_and(|order| order.is_lt()),
            Operator::LessOrEqual(wanted) => order(wanted).is_some_and(|order| order.is_le()),
            Operator::Greater(wanted) => order(wanted).is_some_and(|order| order.is_gt()),
            Operator::GreaterOrEqual(wanted) => order(wanted).is_some_and(|order| order.is_ge()),
        }
    }
}

/// Numbers by value, all else, dates among it, by text.
fn compare(held: &str, wanted: &str) -> std::cmp::Ordering {
    match (held.parse::<f64>(), wanted.parse::<f64>()) {
        (Ok(held), Ok(wanted)) => held.total_cmp(&wanted),
        _ => held.cmp(wanted),
    }
}
