//! `custom_objects`: definitions, fields, jobs and records.

use serde_json::{Value, json};

use super::ask::{Answer, Ask, RECORDS_MAX, Reply};
use super::custom::{Action, CustomObject};
use super::desk::Desk;
use super::details::Details;
use super::field::Field;
use super::job::Job;
use super::refusal::Refusal;
use super::table::Record;
use super::work::Work;

pub(super) fn list(desk: &Desk, ask: &Ask) -> Answer {
    let shown: Vec<Value> = desk.objects.values().map(|object| object.show(&ask.origin)).collect();
    Ok(Reply::ok(json!({ "custom_objects": shown })))
}

pub(super) fn create(desk: &mut Desk, ask: &Ask) -> Answer {
    let given = ask.one("custom_object")?;
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    let (key, title) = (text("key"), text("title"));
    if key.is_empty() || title.is_empty() {
        return Err(Refusal::missing("custom_object.key", &ask.endpoint()));
    }
    if desk.objects.contains_key(key) {
        return Err(Refusal::invalid(&Details::one("key", "has already been taken", Some("DuplicateValue"))));
    }
    let object = CustomObject::new(key, title, text("title_pluralized"));
    let shown = object.show(&ask.origin);
    desk.objects.insert(key.to_owned(), object);
    Ok(Reply::created(json!({ "custom_object": shown }), format!("{}/api/v2/custom_objects/{key}.json", ask.origin)))
}

pub(super) fn fields(desk: &Desk, key: &str, ask: &Ask) -> Answer {
    let path = format!("custom_objects/{key}/fields");
    let show = |field: &Field| field.show(&path, false, &ask.origin);
    let shown: Vec<Value> = desk.object(key)?.fields.iter().map(show).collect();
    Ok(Reply::ok(json!({ "custom_object_fields": shown })))
}

pub(super) fn job(desk: &mut Desk, key: &str, ask: &Ask) -> Answer {
    desk.object(key)?;
    let job = ask.one("job")?;
    let endpoint = ask.endpoint();
    let action = job.get("action").and_then(Value::as_str).and_then(Action::called);
    let action = action.ok_or_else(|| Refusal::attribute("job.action", "one of the actions", &endpoint))?;
    let Some(items) = job.get("items").and_then(Value::as_array) else {
        return Err(Refusal::missing("job.items", &endpoint));
    };
    if items.len() > RECORDS_MAX {
        return Err(Refusal::too_many_values());
    }
    let fits = |item: &Value| if action.takes_keys() { item.is_string() } else { item.is_object() };
    if let Some(nth) = items.iter().position(|item| !fits(item)) {
        let wanted = if action.takes_keys() { "a string" } else { "an object" };
        return Err(Refusal::attribute(&format!("job.items.{nth}"), wanted, &endpoint));
    }
    Job::queue(desk, Work::Custom(key.to_owned(), action, items.clone()), &ask.origin, ask.now)
}

/// Lists records, those with these ids or external ids alone where the query says so.
pub(super) fn records(desk: &Desk, key: &str, ask: &Ask) -> Answer {
    let object = desk.object(key)?;
    let (ids, external_ids) = (ask.list("filter[ids]")?, ask.list("filter[external_ids]")?);
    let wanted = |record: &Record| match (&ids, &external_ids) {
        (Some(ids), _) => ids.contains(&record.id),
        (None, Some(external_ids)) => {
            let own = record.text("external_id").unwrap_or_default();
            external_ids.iter().any(|id| id.eq_ignore_ascii_case(own))
        }
        (None, None) => true,
    };
    let records = object.records();
    let shown = records.iter().filter(|record| wanted(record)).take(RECORDS_MAX);
    let shown: Vec<Value> = shown.map(|record| object.show_record(record, &ask.origin)).collect();
    Ok(Reply::ok(json!({
        "count": shown.len(),
        "custom_object_records": shown,
        "links": { "prev": null, "next": null },
        "meta": { "has_more": false, "after_cursor": null, "before_cursor": null },
    })))
}
