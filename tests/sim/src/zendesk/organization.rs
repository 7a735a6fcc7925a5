//! Organizations: names are unique, external ids too.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::details::Details;
use super::kind::Kind;
use super::{field, spec};

/// The organization that a create-or-update means: by id or external id, never by name.
pub(super) fn target(desk: &Desk, given: &Map<String, Value>) -> Option<u64> {
    let id = given.get("id").and_then(Value::as_u64).filter(|id| desk.organizations.get(*id).is_some());
    id.or_else(|| desk.organizations.by_external_id(given.get("external_id")?.as_str()?))
}

/// Writes attributes to an organization, or to a new one where there is no id.
pub(super) fn write(desk: &mut Desk, id: Option<u64>, given: &Map<String, Value>) -> Result<u64, Details> {
    let mut details = Details::default();
    let mut values = match id.and_then(|id| desk.organizations.get(id)) {
        Some(organization) => organization.values.clone(),
        None => spec::defaults(spec::ORGANIZATION),
    };
    spec::write(spec::ORGANIZATION, &mut values, given, &mut details);
    match given.get("name") {
        None if id.is_some() => {}
        Some(Value::String(name)) if !name.trim().is_empty() => {
            if taken(desk, id, |other| other.to_lowercase() == name.to_lowercase(), "name") {
                details.add("name", &format!("{name} has already been taken"), Some("DuplicateValue"));
            }
            values.insert("name".to_owned(), json!(name));
        }
        _ => details.add("name", "cannot be blank", Some("BlankValue")),
    }
    if let Some(external_id) = given.get("external_id") {
        let text = external_id.as_str().unwrap_or_default();
        if !text.is_empty() && taken(desk, id, |other| other.eq_ignore_ascii_case(text), "external_id") {
            details.add("external_id", "has already been taken", Some("DuplicateValue"));
        }
        values.insert("external_id".to_owned(), external_id.clone());
    }
    let fields = given.get("organization_fields");
    field::write(Kind::Organization, &desk.organization_fields, &mut values, fields, &mut details);
    if details.is_empty() { Ok(desk.keep(Kind::Organization, id, values)) } else { Err(details) }
}

fn taken(desk: &Desk, id: Option<u64>, same: impl Fn(&str) -> bool, name: &str) -> bool {
    desk.organizations.active().any(|(other, record)| Some(other) != id && record.text(name).is_some_and(&same))
}
