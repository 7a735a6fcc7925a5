//! Exchanges with a vendor as a file, to be read by people and answered from again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::script::{Answer, Asked};

/// The file's schema name.
const SCHEMA: &str = "offtake.exchanges/1";
/// Headers of an answer that a connector may go by. The others tell of the vendor's machines, and of sessions.
const KEPT: [&str; 4] = ["content-type", "link", "location", "retry-after"];
const KEPT_PREFIX: &str = "x-";
/// Stands for the origin of the vendor, which is another one in each session.
const VENDOR: &str = "{vendor}";
/// A recording is read by people; a larger one is a mistake.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What a vendor answered to what.
#[derive(Debug, Default)]
pub struct Recording {
    exchanges: Mutex<Vec<Recorded>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    schema: String,
    exchanges: Vec<Recorded>,
}

/// One exchange. Request headers are not kept: they hold secrets, and nothing is found by them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    endpoint: String,
    method: String,
    path: String,
    request: String,
    status: u16,
    headers: BTreeMap<String, String>,
    response: String,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// OFT-K003.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |message: String| Error::Recording { what: "read", path: path.to_owned(), message };
        let length = path.metadata().map_err(|error| failed(error.to_string()))?.len();
        if length > FILE_BYTES_MAX {
            return Err(failed(format!("it has {length} bytes, and at most {FILE_BYTES_MAX} are read")));
        }
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(failed(format!("its schema is `{}`, this kit reads `{SCHEMA}`", document.schema)));
        }
        Ok(Self { exchanges: Mutex::new(document.exchanges) })
    }

    /// Writes what was recorded.
    ///
    /// # Errors
    /// OFT-K003.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let failed = |message: String| Error::Recording { what: "write", path: path.to_owned(), message };
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let document = Document { schema: SCHEMA.to_owned(), exchanges };
        let text = serde_json::to_string_pretty(&document).map_err(|error| failed(error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|error| failed(error.to_string()))
    }

    /// Keeps an exchange without the secrets in it. One that was kept already is not kept twice.
    pub(crate) fn keep(&self, asked: &Asked<'_>, answer: &Answer, base: &str, redact: impl Fn(&str) -> String) {
        let text = |bytes: &[u8]| redact(&String::from_utf8_lossy(bytes));
        let is_kept = |name: &str| KEPT.contains(&name) || name.starts_with(KEPT_PREFIX);
        let headers = answer.headers.iter().filter(|(name, _)| is_kept(name));
        let recorded = Recorded {
            endpoint: asked.endpoint.to_owned(),
            method: asked.method.to_owned(),
            path: redact(asked.path),
            request: text(asked.body),
            status: answer.status,
            headers: headers.map(|(name, value)| (name.clone(), redact(value))).collect(),
            response: text(&answer.body).replace(base, VENDOR),
        };
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        if !exchanges.iter().any(|known| known.is_to(asked) && known.request == recorded.request) {
            exchanges.push(recorded);
        }
    }

    /// The answer to the same request, else to another body at the same place.
    pub(crate) fn answer(&self, asked: &Asked<'_>, base: &str) -> Option<Answer> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let body = String::from_utf8_lossy(asked.body);
        let same = exchanges.iter().find(|known| known.is_to(asked) && known.request == body);
        let found = same.or_else(|| exchanges.iter().find(|known| known.is_to(asked)))?;
        Some(Answer {
            status: found.status,
            headers: found.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: found.response.replace(VENDOR, base).into_bytes(),
        })
    }
}

impl Recorded {
    fn is_to(&self, asked: &Asked<'_>) -> bool {
        self.endpoint == asked.endpoint && self.method == asked.method && self.path == asked.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_answered_without_secrets() {
        let recording = Recording::default();
        let asked = Asked { endpoint: "api", method: "POST", path: "/a?b=1", headers: &[], body: b"{\"t\":\"hush\"}" };
        let headers = [("content-type", "application/json"), ("set-cookie", "s=hush"), ("x-quota", "3")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let answer = Answer { status: 201, headers, body: b"you said hush at http://one/a".to_vec() };
        for _ in 0..2 {
            recording.keep(&asked, &answer, "http://one", |text| text.replace("hush", "[redacted]"));
        }
        let folder = std::env::temp_dir().join(format!("offtake-kit-{}", std::process::id()));
        recording.write(&folder).unwrap();
        let text = std::fs::read_to_string(&folder).unwrap();
        assert!(!text.contains("hush"), "{text}");
        assert_eq!(text.matches("\"status\"").count(), 1);
        let read = Recording::read(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        let other_body = Asked { body: b"{}", ..asked };
        let found = read.answer(&other_body, "http://two").unwrap();
        assert_eq!((found.status, found.body.as_slice()), (201, &b"you said [redacted] at http://two/a"[..]));
        assert_eq!(found.headers.len(), 2);
        assert!(read.answer(&Asked { path: "/b", ..asked }, "").is_none());
    }
}
