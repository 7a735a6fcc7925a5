//! Events, one JSON object a line.

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::person;
use super::refusal::Refusal;

/// The events of a body; one that is wrong refuses them all.
pub(super) fn read(body: &Bytes) -> Result<Vec<Map<String, Value>>, Refusal> {
    let lines = body.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    lines.map(|(index, line)| one(line).map_err(|refusal| refusal.at_line(index + 1))).collect()
}

fn one(line: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let invalid = |_| Refusal::new(422, "invalid_json", "the line is no JSON object");
    let event: Map<String, Value> = serde_json::from_slice(line).map_err(invalid)?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    person::address(text("email"))?;
    if text("name").is_none_or(str::is_empty) {
        return Err(Refusal::of_field("name_missing", "name", "an event has a name"));
    }
    if event.contains_key("time") && text("time").is_none_or(|time| time.parse::<Timestamp>().is_err()) {
        return Err(Refusal::of_field("invalid_time", "time", "time is as in RFC 3339"));
    }
    Ok(event)
}

/// The first so many lines of a body.
pub(super) fn first(body: &Bytes, lines: usize) -> Bytes {
    body.split_inclusive(|byte| *byte == b'\n').take(lines).flatten().copied().collect()
}
