//! Reads Braze's error bodies: a message, and for single objects a list of errors.

use offtake_sdk::{Response, VendorError, clock};
use serde::Deserialize;
use serde_json::Value;

/// The body of an answer to a write.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    pub(crate) message: Option<String>,
    pub(crate) errors: Vec<Fault>,
}

/// An element of `errors`: of a track `type`, `input_array` and `index`, of a catalog `id`, `message` and parameters.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Value")]
pub(crate) struct Fault {
    /// What is wrong, in Braze's words.
    pub(crate) words: String,
    /// A code, which catalogs alone have.
    pub(crate) code: Option<String>,
    pub(crate) array: Option<String>,
    pub(crate) index: Option<usize>,
    /// What the words are about: ids of items.
    pub(crate) values: Vec<String>,
}

impl From<Value> for Fault {
    fn from(value: Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let values = value.get("parameter_values").and_then(Value::as_array).into_iter().flatten();
        Self {
            words: text("type")
                .or_else(|| text("message"))
                .or_else(|| value.as_str().map(str::to_owned))
                .unwrap_or_default(),
            code: text("id").as_deref().map(snake),
            array: text("input_array"),
            index: value.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok()),
            values: values.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

/// Reads the body of an answer that is no success.
pub(crate) fn explain(response: &Response) -> VendorError {
    let Answer { message, errors } = serde_json::from_slice(response.body()).unwrap_or_default();
    let first = errors.first();
    let code = first.and_then(|fault| fault.code.clone()).or_else(|| message.as_deref().map(snake));
    let words = first.map(|fault| fault.words.clone()).filter(|words| !words.is_empty());
    let message = match (message, words) {
        (Some(message), Some(words)) => Some(format!("{message}: {words}")),
        (one, other) => one.or(other),
    };
    let over = code
        .as_deref()
        .is_some_and(|code| code.contains("max_input_length") || code == "request_includes_too_many_items");
    let treat_as = match response.status() {
        400 if over => Some(413),
        // "404 Not Found: Unknown REST API Key" (Braze API, "Errors"); catalogs name what they do not find.
        404 if errors.is_empty() => Some(401),
        _ => None,
    };
    VendorError {
        code: code.map(|code| code.chars().take(64).collect()),
        message,
        field: None,
        scope: (response.status() == 429).then(|| "window".to_owned()),
        retry_after_ms: if response.status() == 429 { resets_in_ms(response) } else { None },
        treat_as,
    }
}

/// As [`explain`], for a request whose errors name objects. A failure has one message, so that it carries the whole body from
/// here to where the rows are known.
pub(crate) fn explain_objects(response: &Response) -> VendorError {
    let error = explain(response);
    match std::str::from_utf8(response.body()) {
        Ok(body) if response.status() == 400 && error.treat_as.is_none() => {
            VendorError { message: Some(body.to_owned()), ..error }
        }
        _ => error,
    }
}

/// How long it is until the window ends; Braze names no wait.
fn resets_in_ms(response: &Response) -> Option<u64> {
    let reset: u64 = response.header("x-ratelimit-reset")?.trim().parse().ok()?;
    Some(reset.checked_mul(1_000)?.saturating_sub(clock::now_unix_ms()))
}

/// `invalid-ids` and `Max Input Length Exceeded` as codes of the contract.
pub(crate) fn snake(code: &str) -> String {
    let mut snake = String::new();
    for letter in code.chars() {
        if letter.is_ascii_alphanumeric() {
            snake.push(letter.to_ascii_lowercase());
        } else if letter != '\'' && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
    }
    snake.trim_end_matches('_').to_owned()
}
