//! The current values that a plan shows: `/users/export/ids`.

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Context, Found, Lookup};
use serde_json::{Map, Value, json};

use crate::attribute::STANDARD;
use crate::client;
use crate::config::{Config, FIFTY};
use crate::object::Kind;

/// Requests of one lookup that are under way at once.
const IN_FLIGHT_MAX: u16 = 2;

/// Reads users by external id, or by an alias with the connection's label; none where Braze cannot find them in numbers.
pub(crate) fn current(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
    let (kind, key) = (Kind::called(query.object())?, query.match_key()?);
    let label = cx.config().alias_label.as_deref();
    let by_alias = match (kind, key, label) {
        (Kind::Users, "external_id", _) => None,
        (Kind::Users, "alias_name", Some(label)) => Some(label),
        _ => return Ok(None),
    };
    let keys: Vec<Option<String>> = query.match_texts().map(|value| value.filter(|value| !value.is_empty())).collect();
    let asked: BTreeSet<&str> = keys.iter().flatten().map(String::as_str).collect();
    let asked: Vec<&str> = asked.into_iter().collect();
    let fields = wanted(query.fields());
    let requests = asked.chunks(FIFTY as usize).map(|ids| {
        let mut body = json!({ "fields_to_export": fields });
        let list = match by_alias {
            None => ("external_ids", json!(ids)),
            Some(label) => {
                let alias = |name: &&str| json!({ "alias_name": name, "alias_label": label });
                ("user_aliases", ids.iter().map(alias).collect())
            }
        };
        if let Some(body) = body.as_object_mut() {
            body.insert(list.0.to_owned(), list.1);
        }
        client::request(cx, "POST", "/users/export/ids").read_only().json(&body)
    });
    let mut users: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for answer in cx.http().send_all(requests.collect(), IN_FLIGHT_MAX) {
        let mut answer: Map<String, Value> = answer?.json()?;
        let Some(Value::Array(found)) = answer.remove("users") else {
            return Err(CallFailure::unreadable("an answer has no users"));
        };
        for user in found {
            let Value::Object(user) = user else { continue };
            for name in names(&user, by_alias) {
                users.insert(name, user.clone());
            }
        }
    }
    let values = |user: &Map<String, Value>| -> Map<String, Value> {
        query.fields().iter().map(|name| (name.clone(), shown(user, name))).collect()
    };
    Ok(Some(keys.iter().map(|value| users.get(value.as_deref()?).map(values)).collect()))
}

/// What is to come back: the fields, and what shows whose they are.
fn wanted(fields: &[String]) -> BTreeSet<&str> {
    let member =
        |name: &'_ String| STANDARD.iter().copied().find(|standard| standard == name).unwrap_or("custom_attributes");
    let fields = fields.iter().filter(|name| !matches!(name.as_str(), "external_id" | "braze_id"));
    let mut wanted: BTreeSet<&str> = fields.map(member).collect();
    wanted.extend(["external_id", "user_aliases", "braze_id"]);
    wanted
}

/// The names under which a user was asked for.
fn names(user: &Map<String, Value>, by_alias: Option<&str>) -> Vec<String> {
    let Some(label) = by_alias else {
        return user.get("external_id").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    };
    let aliases = user.get("user_aliases").and_then(Value::as_array).into_iter().flatten();
    let labelled = aliases.filter(|alias| alias.get("alias_label").and_then(Value::as_str) == Some(label));
    labelled.filter_map(|alias| alias.get("alias_name")?.as_str().map(str::to_owned)).collect()
}

fn shown(user: &Map<String, Value>, name: &str) -> Value {
    if STANDARD.contains(&name) || matches!(name, "external_id" | "braze_id") {
        return user.get(name).cloned().unwrap_or_default();
    }
    let custom = user.get("custom_attributes").unwrap_or(&Value::Null);
    name.split('.').try_fold(custom, |value, part| value.get(part)).cloned().unwrap_or_default()
}
