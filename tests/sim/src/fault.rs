//! Faults: what goes wrong, and with which requests.

use std::collections::{BTreeMap, VecDeque};

use axum::http::Method;
use serde::{Deserialize, Serialize};

/// What becomes of the request's own work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// The request is handled in full.
    #[default]
    All,
    /// The request never reaches the vendor.
    Nothing,
    /// Only the first so many records of a batch reach the vendor.
    First(usize),
}

/// What the client gets to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The true answer.
    #[default]
    Honest,
    /// The connection is closed without an answer.
    Hangup,
    /// The true answer's head and the first half of its body, after which the connection is closed.
    Torn,
    /// Another answer.
    Reply {
        /// Its status.
        status: u16,
        /// Headers to add, which replace those of the same name.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Its body, byte for byte.
        #[serde(default)]
        body: String,
    },
    /// Status 200 and a JSON body of about this many bytes.
    Huge {
        /// The length of the body.
        bytes: usize,
    },
}

/// One fault, for the next requests that match it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Only requests of this method.
    pub method: Option<String>,
    /// Only requests whose path contains this.
    pub path: Option<String>,
    /// Lets so many matching requests pass first.
    pub skip: u32,
    /// Then strikes so many times.
    pub times: u32,
    /// Waits before the request is handled.
    pub delay_ms: u64,
    /// What becomes of the request's own work.
    pub store: Store,
    /// What the client gets to see.
    pub answer: Answer,
}

impl Default for Fault {
    fn default() -> Self {
        Self { method: None, path: None, skip: 0, times: 1, delay_ms: 0, store: Store::All, answer: Answer::Honest }
    }
}

impl Fault {
    /// Refuses the next request with this status and body; nothing is stored.
    pub fn reply(status: u16, body: impl Into<String>) -> Self {
        let answer = Answer::Reply { status, headers: BTreeMap::new(), body: body.into() };
        Self { store: Store::Nothing, answer, ..Self::default() }
    }

    /// Answers the next request late.
    pub fn delay(delay_ms: u64) -> Self {
        Self { delay_ms, ..Self::default() }
    }

    /// Stores the next request and closes the connection without an answer.
    pub fn hangup() -> Self {
        Self { answer: Answer::Hangup, ..Self::default() }
    }

    /// Stores the first so many records of the next batch and closes the connection without an answer.
    pub fn hangup_after(records: usize) -> Self {
        Self { store: Store::First(records), ..Self::hangup() }
    }

    /// Stores the next request and closes the connection in the middle of the answer.
    pub fn torn() -> Self {
        Self { answer: Answer::Torn, ..Self::default() }
    }

    /// Stores the next request and answers 200 with a body that is not JSON.
    pub fn garbage() -> Self {
        Self { store: Store::All, ..Self::reply(200, "<html><body>bad gateway</body></html>{") }
    }

    /// Stores the next request and answers 200 with a body of this many bytes.
    pub fn huge(bytes: usize) -> Self {
        Self { answer: Answer::Huge { bytes }, ..Self::default() }
    }

    /// Restricts the fault to requests whose path contains `path`.
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Lets `skip` matching requests pass before the fault strikes.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Strikes `times` times instead of once.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Adds a header to the false answer, `retry-after` for one.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Answer::Reply { headers, .. } = &mut self.answer {
            headers.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && self.path.as_deref().is_none_or(|wanted| path.contains(wanted))
    }
}

/// The faults still to come.
#[derive(Default)]
pub(crate) struct Script {
    faults: VecDeque<Fault>,
}

impl Script {
    pub(crate) fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.extend(faults);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    /// The fault that strikes this request, if any. Each request meets at most one, the earliest scripted.
    pub(crate) fn strike(&mut self, method: &Method, path: &str) -> Option<Fault> {
        self.faults.retain(|fault| fault.times > 0);
        let fault = self.faults.iter_mut().find(|fault| fault.matches(method, path))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_its_turn_and_ends() {
        let mut script = Script::default();
        script.extend([Fault::reply(503, "").on("batch/upsert").after(1).times(2)]);
        let mut strike = |path| script.strike(&Method::POST, path).is_some();
        assert!(!strike("/contacts/batch/read"));
        assert!(!strike("/contacts/batch/upsert"));
        assert!(strike("/contacts/batch/upsert"));
        assert!(strike("/contacts/batch/upsert"));
        assert!(!strike("/contacts/batch/upsert"));
    }

    #[test]
    fn a_fault_reads_back_as_json() {
        let fault = Fault::hangup_after(3).on("batch");
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault);
        let short: Fault = serde_json::from_str(r#"{"answer":{"reply":{"status":502}}}"#).unwrap();
        assert_eq!(short.times, 1);
    }
}
