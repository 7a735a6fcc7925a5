//! Members of static lists.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{
    Batch, CallFailure, Context, Detail, Field, FieldType, Object, Operation, OutcomeKind, Report, Row, text,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::request::RECORD_ID;
use crate::target;
use crate::write::one_row_or_all;
use crate::{client, read, request, schema};

/// HubSpot takes more; this keeps the records that have to be found first to twenty requests.
pub(crate) const MEMBERS_MAX: u32 = 2_000;
/// "The number of lists to include in the response": HubSpot API reference, Lists, search.
const LISTS_A_PAGE: u32 = 500;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    lists: Vec<List>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    offset: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    list_id: String,
    name: String,
    object_type_id: String,
}

/// What became of the ids: HubSpot API reference, Lists, memberships. HubSpot spells the first so.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    records_ids_added: Vec<Value>,
    record_ids_missing: Vec<Value>,
}

/// A page of the account's static lists, and where the next one begins. Lists that filter by themselves take no members.
pub(crate) fn objects(cx: &Context<Config>, offset: u64) -> Result<(Vec<Object>, Option<u64>), CallFailure> {
    let question = json!({"processingTypes": ["MANUAL", "SNAPSHOT"], "count": LISTS_A_PAGE, "offset": offset});
    let page: Page = client::lists(cx).json(&question).send()?.json()?;
    let object = |list: List| {
        let id = target::members(&list.object_type_id, &list.list_id);
        let object = Object::new(id, format!("List: {}", list.name), &target::OF_MEMBERS);
        let keyed = if list.object_type_id == schema::CONTACTS { object.match_key("email") } else { object };
        keyed.match_key(RECORD_ID)
    };
    Ok((page.lists.into_iter().map(object).collect(), page.has_more.then_some(page.offset)))
}

/// What a member is found by: its id, or a unique property of its type.
pub(crate) fn fields(cx: &Context<Config>, of: &str) -> Result<Vec<Field>, CallFailure> {
    let unique = schema::fields(cx, of)?.into_iter().filter(|field| field.unique);
    let fields = unique.map(|field| Field { read_only: false, required: false, ..field });
    let mut fields: Vec<Field> = fields.collect();
    if fields.iter().all(|field| field.name != RECORD_ID) {
        fields.push(Field::new(RECORD_ID, FieldType::String).label("Record ID").unique());
    }
    Ok(fields)
}

/// Puts the rows' records on the list, or takes them from it, by one call.
pub(crate) fn write(cx: &Context<Config>, batch: &Batch, of: &str, list: &str) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    let members = members(cx, batch, of, &mut report)?;
    if members.is_empty() {
        return Ok(report);
    }
    let is_removal = batch.operation() == Operation::MemberRemove;
    let ids: Vec<&String> = members.keys().collect();
    let answer = client::memberships(cx, list, if is_removal { "remove" } else { "add" }).json(&ids).send();
    let answer: Answer = match answer {
        Ok(response) => response.json()?,
        Err(failure) => {
            one_row_or_all(failure, members.values().flatten().copied(), &mut report)?;
            return Ok(report);
        }
    };
    let ids = |ids: &[Value]| ids.iter().filter_map(text).collect::<BTreeSet<String>>();
    let (added, missing) = (ids(&answer.records_ids_added), ids(&answer.record_ids_missing));
    for (id, rows) in &members {
        for row in rows {
            if is_removal {
                report.deleted(row);
            } else if missing.contains(id) {
                report.rejected(row, not_found(batch.match_key()?));
            } else {
                let kind = if added.contains(id) { OutcomeKind::Created } else { OutcomeKind::Unchanged };
                report.done(row, kind, Some(id.clone()));
            }
        }
    }
    Ok(report)
}

/// Rows by the ids of their records; those whose records are not there are answered for.
fn members<'a>(
    cx: &Context<Config>,
    batch: &'a Batch,
    of: &str,
    report: &mut Report,
) -> Result<BTreeMap<String, Vec<&'a Row>>, CallFailure> {
    let match_key = batch.match_key()?;
    let is_removal = batch.operation() == Operation::MemberRemove;
    let mut members: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for row in batch {
        match (row.remote_id().filter(|_| is_removal), request::id_of(row, match_key)) {
            (Some(id), _) => members.entry(id.to_owned()).or_default().push(row),
            (None, Ok(id)) if match_key == RECORD_ID => members.entry(id).or_default().push(row),
            (None, Ok(key)) => wanted.push((row, key)),
            (None, Err(detail)) => report.rejected(row, detail),
        }
    }
    let keys: Vec<&str> = wanted.iter().map(|(_, key)| key.as_str()).collect();
    let records = if keys.is_empty() { None } else { Some(read::by_key(cx, of, match_key, &keys, &[])?) };
    for (row, key) in &wanted {
        match records.as_ref().and_then(|records| records.get(key)) {
            Some(record) => members.entry(record.id.clone()).or_default().push(row),
            // What is gone is on no list.
            None if is_removal && records.as_ref().is_none_or(|records| records.strangers() == 0) => {
                report.deleted(row)
            }
            None => {
                let detail = records.as_ref().map(|records| records.absent("record_not_found").with_field(match_key));
                report.rejected(row, detail.unwrap_or_else(|| not_found(match_key)));
            }
        }
    }
    Ok(members)
}

fn not_found(match_key: &str) -> Detail {
    Detail::new("record_not_found", "HubSpot has no record with this value").with_field(match_key)
}
