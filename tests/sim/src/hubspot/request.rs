//! Reads request bodies and queries, with HubSpot's complaints about them.

use axum::body::Bytes;
use serde_json::{Map, Value};

use super::error::Refusal;
use super::store::Values;

/// The most inputs that a batch may hold.
pub(super) const INPUTS_MAX: usize = 100;

/// A body that must be a JSON object.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::malformed(
            "Invalid input JSON on line 1, column 1: Cannot deserialize value of the request from a value that is not an object",
        )),
        Err(error) => Err(Refusal::malformed(format!(
            "Invalid input JSON on line {}, column {}: {error}",
            error.line(),
            error.column()
        ))),
    }
}

/// A required member is not there.
pub(super) fn missing(field: &str) -> Refusal {
    Refusal::malformed(format!("Invalid input JSON on line 1, column 2. Some required fields were not set: [{field}]"))
}

/// The inputs of a batch.
pub(super) fn inputs(body: &Map<String, Value>) -> Result<Vec<&Map<String, Value>>, Refusal> {
    inputs_up_to(body, INPUTS_MAX)
}

/// The inputs of a batch that may hold so many.
pub(super) fn inputs_up_to(body: &Map<String, Value>, most: usize) -> Result<Vec<&Map<String, Value>>, Refusal> {
    let inputs = body.get("inputs").and_then(Value::as_array).ok_or_else(|| missing("inputs"))?;
    if inputs.len() > most {
        let message = format!("The number of inputs ({}) exceeds the maximum of {most}", inputs.len());
        return Err(Refusal::validation(message));
    }
    inputs.iter().map(|input| input.as_object().ok_or_else(|| missing("inputs"))).collect()
}

/// A required string. HubSpot's ids are strings, also where they look like numbers.
pub(super) fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a str, Refusal> {
    object.get(field).and_then(Value::as_str).ok_or_else(|| missing(field))
}

/// An optional string; null counts as absent.
pub(super) fn text_if<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

/// A list of strings, empty when absent.
pub(super) fn texts(object: &Map<String, Value>, field: &str) -> Vec<String> {
    let list = object.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The `properties` of a record to write. HubSpot reads them into a map of strings and takes nothing else.
pub(super) fn properties(object: &Map<String, Value>) -> Result<Values, Refusal> {
    let given = object.get("properties").and_then(Value::as_object).ok_or_else(|| missing("properties"))?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| not_a_string(value));
    given.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect()
}

/// The words are those of HubSpot's JSON library.
fn not_a_string(value: &Value) -> Refusal {
    let (kind, token) = match value {
        Value::Null => ("Null", "VALUE_NULL"),
        Value::Bool(true) => ("Boolean", "VALUE_TRUE"),
        Value::Bool(false) => ("Boolean", "VALUE_FALSE"),
        Value::Number(number) if number.is_f64() => ("Floating-point", "VALUE_NUMBER_FLOAT"),
        Value::Number(_) => ("Integer", "VALUE_NUMBER_INT"),
        Value::Array(_) => ("Array", "START_ARRAY"),
        Value::Object(_) | Value::String(_) => ("Object", "START_OBJECT"),
    };
    Refusal::malformed(format!(
        "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.lang.String` \
         from {kind} value (token `JsonToken.{token}`)"
    ))
}

/// A parsed query, in which a name may stand several times.
pub(super) struct Query(pub(super) Vec<(String, String)>);

impl Query {
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.first(name) == Some("true")
    }

    /// A list, whether its elements are parted by commas or given one by one.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let given = self.0.iter().filter(|(key, _)| key == name);
        let parts = given.flat_map(|(_, value)| value.split(','));
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}
