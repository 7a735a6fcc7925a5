//! A request as the endpoints see it.

use axum::body::Bytes;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderValue, http::StatusCode};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::refusal::Refusal;

/// The most records of any call.
pub(super) const RECORDS_MAX: usize = 100;

pub(super) struct Ask {
    pub(super) method: Method,
    /// The path below `/api/v2`, without `.json`.
    pub(super) segments: Vec<String>,
    query: Vec<(String, String)>,
    body: Bytes,
    /// The origin that the client used, for links.
    pub(super) origin: String,
    pub(super) now: Instant,
}

impl Ask {
    /// Reads a request; none when its path is not below `/api/v2`.
    pub(super) fn read(method: Method, uri: &Uri, host: &str, body: Bytes) -> Option<Self> {
        let path = uri.path().strip_prefix("/api/v2/")?;
        let path = path.strip_suffix(".json").unwrap_or(path);
        let segments = path.trim_matches('/').split('/').map(decode).collect();
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        Some(Self { method, segments, query, body, origin: format!("http://{host}"), now: Instant::now() })
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The elements of a list in the query, none when it is not there.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.query(name) else { return Ok(None) };
        let parts: Vec<String> = text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if parts.len() > RECORDS_MAX { Err(Refusal::too_many_values()) } else { Ok(Some(parts)) }
    }

    fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(Refusal::unreadable()),
        }
    }

    /// The record under its wrapper.
    pub(super) fn one(&self, wrapper: &str) -> Result<Map<String, Value>, Refusal> {
        match self.object()?.remove(wrapper) {
            Some(Value::Object(record)) => Ok(record),
            Some(_) => Err(Refusal::attribute(wrapper, "an object", &self.endpoint())),
            None => Err(Refusal::missing(wrapper, &self.endpoint())),
        }
    }

    /// The records under their wrapper.
    pub(super) fn many(&self, wrapper: &str) -> Result<Vec<Map<String, Value>>, Refusal> {
        let records = match self.object()?.remove(wrapper) {
            Some(Value::Array(records)) => records,
            Some(_) => return Err(Refusal::attribute(wrapper, "an array", &self.endpoint())),
            None => return Err(Refusal::missing(wrapper, &self.endpoint())),
        };
        if records.len() > RECORDS_MAX {
            return Err(Refusal::too_many_values());
        }
        let place = |nth| format!("{wrapper}.{nth}");
        let object = |(nth, record)| match record {
            Value::Object(record) => Ok(record),
            _ => Err(Refusal::attribute(&place(nth), "an object", &self.endpoint())),
        };
        records.into_iter().enumerate().map(object).collect()
    }

    /// As refusals call it.
    pub(super) fn endpoint(&self) -> String {
        format!("api/v2/{}", self.segments.join("/"))
    }
}

fn decode(segment: &str) -> String {
    let pair = url::form_urlencoded::parse(segment.as_bytes()).next();
    pair.map(|(text, _)| text.into_owned()).unwrap_or_default()
}

/// What an endpoint answers.
pub(super) struct Reply {
    status: StatusCode,
    body: Value,
    location: Option<String>,
    dropped: Vec<String>,
}

pub(super) type Answer = Result<Reply, Refusal>;

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body, location: None, dropped: Vec::new() }
    }

    pub(super) fn created(body: Value, location: String) -> Self {
        Self { status: StatusCode::CREATED, location: Some(location), ..Self::ok(body) }
    }

    pub(super) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::ok(Value::Null) }
    }

    /// Names what was left out of the request's records.
    pub(super) fn without(mut self, dropped: Vec<String>) -> Self {
        self.dropped = dropped;
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Value::Null => self.status.into_response(),
            body => (self.status, Json(body)).into_response(),
        };
        if let Some(location) = self.location.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert("location", location);
        }
        if !self.dropped.is_empty() {
            // Recorded: unknown attributes are not refused.
            let warning = format!("Removed restricted keys {:?} from parameters according to whitelist", self.dropped);
            if let Ok(warning) = HeaderValue::from_str(&warning) {
                response.headers_mut().insert("x-zendesk-api-warn", warning);
            }
        }
        response
    }
}
