//! Tickets: a comment makes one, and a closed one stays as it is.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::details::Details;
use super::kind::Kind;
use super::table::Record;
use super::{spec, user};

/// Writes attributes to a ticket, or to a new one where there is no id.
pub(super) fn write(desk: &mut Desk, id: Option<u64>, given: &Map<String, Value>) -> Result<u64, Details> {
    let mut details = Details::default();
    let mut values = match id.and_then(|id| desk.tickets.get(id)) {
        Some(ticket) if ticket.text("status") == Some("closed") => {
            return Err(Details::one("status", "closed prevents ticket update", None));
        }
        Some(ticket) => ticket.values.clone(),
        None => spec::defaults(spec::TICKET),
    };
    spec::write(spec::TICKET, &mut values, given, &mut details);
    let comment = comment(given);
    match (id, &comment) {
        (None, Some(text)) => drop(values.insert("description".to_owned(), json!(text))),
        (None, None) => details.add("description", "cannot be blank", Some("BlankValue")),
        _ => {}
    }
    tags(&mut values, given);
    custom_fields(desk, &mut values, given, &mut details);
    if !details.is_empty() {
        return Err(details);
    }
    if let Some(requester) = given.get("requester").and_then(Value::as_object) {
        let known = user::target(desk, requester);
        let requester = known.map_or_else(|| user::write(desk, None, requester), Ok)?;
        values.insert("requester_id".to_owned(), json!(requester));
    }
    let subject = values.get("subject").cloned().unwrap_or_default();
    values.insert("raw_subject".to_owned(), subject);
    Ok(desk.keep(Kind::Ticket, id, values))
}

/// What came of a call about one ticket, which its reply has beside the ticket.
pub(super) fn audit(ticket: &Record, id: u64, new: bool) -> Value {
    let (created_at, body) = (ticket.values.get("updated_at"), ticket.text("description").unwrap_or_default());
    let audit = id * 1_000 + 7;
    let comment = json!({
        "id": audit + 1, "type": "Comment", "author_id": 2, "body": body, "html_body": format!("<p>{body}</p>"),
        "plain_body": body, "public": true, "attachments": [], "audit_id": audit,
    });
    let system = json!({
        "client": "", "ip_address": "127.0.0.1", "location": null, "latitude": null, "longitude": null,
    });
    json!({
        "id": audit, "ticket_id": id, "created_at": created_at, "author_id": 2,
        "metadata": { "system": system, "custom": {} },
        "events": if new { vec![comment] } else { Vec::new() },
        "via": ticket.values.get("via"),
    })
}

fn comment(given: &Map<String, Value>) -> Option<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let body = given.get("comment").and_then(|comment| match comment {
        Value::Object(comment) => comment.get("body").or_else(|| comment.get("html_body")).and_then(text),
        other => text(other),
    });
    body.or_else(|| given.get("description").and_then(text))
}

fn tags(values: &mut Map<String, Value>, given: &Map<String, Value>) {
    let list = |name: &str| given.get(name).and_then(spec::words).and_then(|words| words.as_array().cloned());
    let mut tags = values.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
    for tag in list("additional_tags").into_iter().flatten() {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let removed = list("remove_tags").unwrap_or_default();
    tags.retain(|tag| !removed.contains(tag));
    values.insert("tags".to_owned(), Value::Array(tags));
}

/// A list of ids with values, shown twice.
fn custom_fields(desk: &Desk, values: &mut Map<String, Value>, given: &Map<String, Value>, details: &mut Details) {
    let stored = values.get("custom_fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let given = given.get("custom_fields").and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |list: &[Value], id: u64| {
        let found = list.iter().find(|entry| entry.get("id").and_then(Value::as_u64) == Some(id));
        found.and_then(|entry| entry.get("value")).cloned()
    };
    let mut kept = Vec::new();
    for field in &desk.ticket_fields {
        let value = match of(&given, field.id) {
            None => of(&stored, field.id).unwrap_or_else(|| field.empty()),
            Some(value) => field.keep(&value, true).unwrap_or_else(|| {
                details.add(&field.id.to_string(), "is invalid", Some("InvalidValue"));
                Value::Null
            }),
        };
        kept.push(json!({ "id": field.id, "value": value }));
    }
    values.insert("custom_fields".to_owned(), json!(kept));
    values.insert("fields".to_owned(), json!(kept));
}
