//! The objects of `/users/track`: what each must have.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::email;

/// The arrays of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Array {
    Attributes,
    Events,
    Purchases,
}

impl Array {
    pub(super) const ALL: [Self; 3] = [Self::Attributes, Self::Events, Self::Purchases];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Events => "events",
            Self::Purchases => "purchases",
        }
    }
}

/// Members of an object that name its user.
pub(super) const IDENTIFIERS: [&str; 5] = ["external_id", "user_alias", "braze_id", "email", "phone"];

/// What is wrong with an object, if anything; the words are Braze's where a public report shows them.
pub(super) fn fault(array: Array, object: &Value) -> Option<String> {
    let Some(object) = object.as_object() else { return Some("Invalid object".to_owned()) };
    if let Some(fault) = identity(object) {
        return Some(fault);
    }
    let valid = |name: &str, fits: bool| (!fits).then(|| format!("'{name}' is not valid"));
    let text = |name: &str| object.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let time = || object.get("time").and_then(Value::as_str).is_some_and(|text| text.parse::<Timestamp>().is_ok());
    let properties = || object.get("properties").is_none_or(Value::is_object);
    match array {
        Array::Attributes => object.iter().find_map(|(name, value)| attribute(name, value)),
        Array::Events => {
            valid("name", text("name")).or_else(|| valid("time", time())).or_else(|| valid("properties", properties()))
        }
        Array::Purchases => {
            let currency = object.get("currency").and_then(Value::as_str);
            let currency =
                currency.is_some_and(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic()));
            let quantity =
                object.get("quantity").is_none_or(|count| count.as_u64().is_some_and(|n| (1..=100).contains(&n)));
            valid("product_id", text("product_id"))
                .or_else(|| valid("currency", currency))
                .or_else(|| valid("price", object.get("price").is_some_and(Value::is_number)))
                .or_else(|| valid("time", time()))
                .or_else(|| valid("quantity", quantity))
                .or_else(|| valid("properties", properties()))
        }
    }
}

fn identity(object: &Map<String, Value>) -> Option<String> {
    let named = |name: &str| object.get(name).is_some_and(|value| !value.is_null());
    if !IDENTIFIERS.iter().any(|name| named(name)) {
        return Some("'external_id', 'user_alias', 'braze_id', 'email' or 'phone' is required".to_owned());
    }
    if let Some(id) = object.get("external_id").filter(|id| !id.is_null()) {
        let fits = id.as_str().is_some_and(|id| !id.is_empty() && id.len() <= 997);
        return (!fits).then(|| "'external_id' is not valid".to_owned());
    }
    let alias = object.get("user_alias").filter(|alias| !alias.is_null())?;
    let fits = ["alias_name", "alias_label"].iter().all(|name| alias.get(name).is_some_and(Value::is_string));
    (!fits).then(|| "'user_alias' is not valid".to_owned())
}

fn attribute(name: &str, value: &Value) -> Option<String> {
    let text = value.as_str();
    let one_of = |list: &[&str]| text.is_some_and(|text| list.contains(&text));
    let fits = match name {
        _ if value.is_null() => true,
        "email" => text.and_then(email::normal).is_some(),
        "dob" => text.is_some_and(|text| text.len() == 10 && text.parse::<Date>().is_ok()),
        "gender" => one_of(&["M", "F", "O", "N", "P"]),
        "country" => text.is_some_and(|text| text.len() == 2),
        "email_subscribe" | "push_subscribe" => one_of(&["opted_in", "unsubscribed", "subscribed"]),
        "first_name" | "last_name" | "home_city" | "language" | "phone" | "time_zone" => text.is_some(),
        "_update_existing_only" | "_merge_objects" => value.is_boolean(),
        _ => name.len() <= 255,
    };
    (!fits).then(|| format!("'{name}' is not valid"))
}
