//! `/users/track`: judges every object, accepts the good ones, and names the others by their place.

use serde_json::{Map, Value, json};

use super::TrackCap;
use super::object::{self, Array};
use super::reply::{self, Refusal};

/// The objects that are good, and the body of the answer.
pub(super) fn judge(body: &Map<String, Value>, cap: TrackCap) -> Result<(Vec<(Array, Value)>, Value), Refusal> {
    let mut lists = Vec::new();
    for array in Array::ALL {
        lists.push((array, reply::list(body, array.name())?));
    }
    let total: usize = lists.iter().map(|(_, list)| list.len()).sum();
    let over = match cap {
        TrackCap::Combined(most) => total > most,
        TrackCap::Each(most) => lists.iter().any(|(_, list)| list.len() > most),
    };
    if over {
        return Err(Refusal::bad("Max Input Length Exceeded"));
    }
    let (mut good, mut errors) = (Vec::new(), Vec::new());
    let mut answer = Map::new();
    for (array, list) in lists {
        let before = good.len();
        for (index, object) in list.iter().enumerate() {
            match object::fault(array, object) {
                None => good.push((array, object.clone())),
                Some(fault) => {
                    errors.push(json!({ "type": fault, "input_array": array.name(), "index": index }));
                }
            }
        }
        if good.len() > before {
            answer.insert(format!("{}_processed", array.name()), json!(good.len() - before));
        }
    }
    if good.is_empty() {
        // A public report: with nothing good in it the request is refused, and says why for each object.
        let message = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";
        return Err(if errors.is_empty() { Refusal::bad(message) } else { Refusal::with_errors(message, errors) });
    }
    answer.insert("message".to_owned(), json!("success"));
    if !errors.is_empty() {
        answer.insert("errors".to_owned(), json!(errors));
    }
    Ok((good, Value::Object(answer)))
}
