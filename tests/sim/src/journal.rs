//! What the simulator was asked, in order of arrival.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Bytes;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::Value;

/// One request as it was received.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The method, in capitals.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The raw query, empty when there was none.
    pub query: String,
    /// The request's headers under lower-case names; the token in `authorization` or `x-acme-token` is blotted out.
    pub headers: BTreeMap<String, String>,
    /// The body, when it was JSON.
    pub body: Option<Value>,
    /// The body as text, when it was UTF-8 and no JSON: a form, CSV, or parts that hold such.
    pub text: Option<String>,
    /// The length of the body as received.
    pub body_bytes: usize,
    /// The status of the answer; none while there is no answer, and for ever when the connection was dropped.
    pub status: Option<u16>,
}

struct Line {
    entry: Entry,
    /// Parsed when somebody looks, so that a large run costs no more than its bytes.
    body: Bytes,
}

pub(crate) struct Journal {
    lines: VecDeque<Line>,
    forgotten: usize,
    entries_max: usize,
}

impl Journal {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { lines: VecDeque::new(), forgotten: 0, entries_max }
    }

    /// Notes a request; the number returned is for [`Journal::settle`].
    pub(crate) fn note(&mut self, parts: &Parts, body: Bytes) -> usize {
        let entry = Entry {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: headers(parts),
            body: None,
            text: None,
            body_bytes: body.len(),
            status: None,
        };
        self.lines.push_back(Line { entry, body });
        while self.lines.len() > self.entries_max {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.forgotten + self.lines.len() - 1
    }

    pub(crate) fn settle(&mut self, number: usize, status: u16) {
        let line = number.checked_sub(self.forgotten).and_then(|index| self.lines.get_mut(index));
        if let Some(line) = line {
            line.entry.status = Some(status);
        }
    }

    /// Requests so far, forgotten ones, too.
    pub(crate) fn count(&self) -> usize {
        self.forgotten + self.lines.len()
    }

    /// The entries, which the journal then forgets.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        let entries = self.entries();
        self.forgotten += self.lines.len();
        self.lines.clear();
        entries
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lines.iter().map(Line::show).collect()
    }
}

impl Line {
    fn show(&self) -> Entry {
        let body = serde_json::from_slice(&self.body).ok();
        let other = body.is_none() && !self.body.is_empty();
        let text = other.then(|| String::from_utf8(self.body.to_vec()).ok()).flatten();
        Entry { body, text, ..self.entry.clone() }
    }
}

fn headers(parts: &Parts) -> BTreeMap<String, String> {
    let show = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = if *name == axum::http::header::AUTHORIZATION {
            let scheme = text.split(' ').next().unwrap_or_default();
            format!("{scheme} REDACTED")
        } else if *name == crate::webhook::TOKEN {
            "REDACTED".to_owned()
        } else {
            text.into_owned()
        };
        (name.as_str().to_owned(), text)
    };
    parts.headers.iter().map(show).collect()
}
