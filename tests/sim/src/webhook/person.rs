//! People: what is refused of one, and what a write does to it.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use crate::email;

/// Plans there are.
const PLANS: [&str; 2] = ["free", "pro"];
/// The most characters of a name.
const NAME_MAX: usize = 1_000;

/// An address in lower case, which is what people are known by.
pub(super) fn address(text: Option<&str>) -> Result<String, Refusal> {
    let refusal = || Refusal::of_field("invalid_email", "email", "email is no address");
    text.and_then(email::normal).ok_or_else(refusal)
}

/// Judges the values of a person; those of fields that the API does not know are anything.
pub(super) fn judge(values: &Map<String, Value>) -> Result<(), Refusal> {
    values.iter().try_for_each(|(name, value)| field(name, value))
}

fn field(name: &str, value: &Value) -> Result<(), Refusal> {
    match name {
        "id" => Err(Refusal::of_field("read_only", "id", "id is given by the API")),
        "email" => address(value.as_str()).map(drop),
        _ if value.is_null() => Ok(()),
        "plan" if !value.as_str().is_some_and(|plan| PLANS.contains(&plan)) => {
            Err(Refusal::of_field("unknown_plan", "plan", "plan is one of free, pro"))
        }
        "name" => match value.as_str() {
            None => Err(Refusal::of_field("invalid_name", "name", "name is a text")),
            Some(text) if text.chars().count() > NAME_MAX => {
                let message = format!("name has more than {NAME_MAX} characters");
                Err(Refusal::of_field("name_too_long", "name", message))
            }
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Null clears, and what is absent stays.
pub(super) fn write(stored: &mut Map<String, Value>, email: &str, values: Map<String, Value>) {
    for (name, value) in values {
        if value.is_null() {
            stored.remove(&name);
        } else {
            stored.insert(name, value);
        }
    }
    stored.insert("email".to_owned(), json!(email));
}
