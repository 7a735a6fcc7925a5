//! A request, with its parameters in the query or in a form that stands for one.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::Value;
use url::form_urlencoded;

use super::answer::Refusal;

pub(super) struct Ask {
    pub(super) method: Method,
    /// Without the extension of the last one.
    pub(super) segments: Vec<String>,
    parameters: Vec<(String, String)>,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

impl Ask {
    pub(super) fn read(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let mut parameters: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        if content_type.starts_with("application/x-www-form-urlencoded") {
            parameters.extend(form_urlencoded::parse(&body).into_owned());
        }
        let decode = |text: &str| {
            let text = format!("x={}", text.replace('+', "%2B"));
            form_urlencoded::parse(text.as_bytes()).next().map(|(_, text)| text.into_owned()).unwrap_or_default()
        };
        let path = uri.path().trim_start_matches('/');
        let path = path.strip_suffix(".json").unwrap_or(path);
        let segments = path.split('/').map(decode).collect();
        let mut ask = Self { method, segments, parameters, content_type: content_type.to_owned(), body };
        // A POST may say that it stands for another method.
        if ask.method == Method::POST
            && let Some(other) = ask.parameter("_method").and_then(|method| method.parse().ok())
        {
            ask.method = other;
        }
        ask
    }

    /// The first parameter of this name that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    pub(super) fn parameters(&self, name: &str) -> Vec<String> {
        let named = self.parameters.iter().filter(|(key, value)| key == name && !value.is_empty());
        named.map(|(_, value)| value.clone()).collect()
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        if !self.content_type.starts_with("application/json") {
            return Err(Refusal::new("612", "Invalid Content Type"));
        }
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| Refusal::new("609", "Invalid JSON"))?;
        if body.is_object() { Ok(body) } else { Err(Refusal::new("609", "Invalid JSON")) }
    }
}
