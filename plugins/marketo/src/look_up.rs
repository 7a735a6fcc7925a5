//! The current values that a plan shows.

use offtake_sdk::{CallFailure, Context, Found, Lookup};
use serde_json::{Map, Value};

use crate::config::Config;
use crate::find::{self, Found as One};
use crate::kind::Kind;

/// The current values of the fields. Members of a list and objects that are known by several fields cannot be read so.
pub(crate) fn current(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
    let (Kind::Leads | Kind::Other(_), [key]) = (Kind::of(query.object()), query.match_keys()) else { return Ok(None) };
    let keys: Vec<Option<String>> = query.match_texts().map(|key| key.filter(|key| !key.is_empty())).collect();
    let wanted: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let fields: Vec<&str> = query.fields().iter().map(String::as_str).collect();
    let records = find::by_key(cx, query.object(), key, &wanted, &fields)?;
    let values = |record: &Map<String, Value>| -> Map<String, Value> {
        fields.iter().map(|field| ((*field).to_owned(), record.get(*field).cloned().unwrap_or_default())).collect()
    };
    let one = |key: &Option<String>| match records.get(key.as_deref()?) {
        One::One(record) => Some(values(record)),
        One::None | One::Several | One::Unclear => None,
    };
    Ok(Some(keys.iter().map(one).collect()))
}
