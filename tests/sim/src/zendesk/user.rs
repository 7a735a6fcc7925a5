//! Users: what has to be there, and what no two may share.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::details::Details;
use super::identity::Identity;
use super::kind::Kind;
use super::{field, spec};
use crate::email;

/// The user whom a create-or-update means: by external id, or by any of the addresses.
pub(super) fn target(desk: &Desk, given: &Map<String, Value>) -> Option<u64> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let by_external_id = text("external_id").and_then(|id| desk.users.by_external_id(id));
    by_external_id.or_else(|| owner(desk, &email::normal(text("email")?)?))
}

/// Whose address it is.
pub(super) fn owner(desk: &Desk, address: &str) -> Option<u64> {
    let mut same = desk.identities.iter().filter(|identity| identity.value == address);
    same.find_map(|identity| desk.users.get(identity.user).map(|_| identity.user))
}

/// Writes attributes to a user, or to a new one where there is no id.
pub(super) fn write(desk: &mut Desk, id: Option<u64>, given: &Map<String, Value>) -> Result<u64, Details> {
    let mut details = Details::default();
    let mut values = match id.and_then(|id| desk.users.get(id)) {
        Some(user) => user.values.clone(),
        None => spec::defaults(spec::USER),
    };
    spec::write(spec::USER, &mut values, given, &mut details);
    name(&mut values, given, id.is_none(), &mut details);
    external_id(desk, id, &mut values, given, &mut details);
    let address = address(desk, id, given, &mut details);
    field::write(Kind::User, &desk.user_fields, &mut values, given.get("user_fields"), &mut details);
    if !details.is_empty() {
        return Err(details);
    }
    if let (Some(address), None) = (&address, values.get("email").and_then(Value::as_str)) {
        values.insert("email".to_owned(), json!(address));
    }
    let id = desk.keep(Kind::User, id, values);
    if let Some(address) = address {
        let primary = !desk.identities.iter().any(|identity| identity.is_of(id));
        let identity = Identity::new(desk.next_id(), id, &address, primary);
        desk.identities.push(identity);
    }
    Ok(id)
}

fn name(values: &mut Map<String, Value>, given: &Map<String, Value>, new: bool, details: &mut Details) {
    match given.get("name") {
        None if !new => {}
        Some(Value::String(name)) if !name.trim().is_empty() => drop(values.insert("name".to_owned(), json!(name))),
        _ => details.add("name", "cannot be blank", Some("BlankValue")),
    }
}

fn external_id(
    desk: &Desk,
    id: Option<u64>,
    values: &mut Map<String, Value>,
    given: &Map<String, Value>,
    details: &mut Details,
) {
    let Some(value) = given.get("external_id") else { return };
    let text = value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()));
    if text.as_deref().and_then(|text| desk.users.by_external_id(text)).is_some_and(|other| Some(other) != id) {
        details.add("external_id", "has already been taken", Some("DuplicateValue"));
        return;
    }
    values.insert("external_id".to_owned(), text.map_or(Value::Null, Value::from));
}

/// A new address for the user, where one is given that is not known already.
fn address(desk: &Desk, id: Option<u64>, given: &Map<String, Value>, details: &mut Details) -> Option<String> {
    let text = given.get("email")?.as_str()?;
    let Some(address) = email::normal(text) else {
        details.add("email", &format!("{text} is not properly formatted"), Some("InvalidValue"));
        return None;
    };
    match owner(desk, &address) {
        None => Some(address),
        Some(other) if Some(other) == id => None,
        Some(_) => {
            details.add("email", &format!("{address} is already being used by another user"), Some("DuplicateValue"));
            None
        }
    }
}
