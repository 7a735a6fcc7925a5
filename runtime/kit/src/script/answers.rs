//! Rules by which the vendor answers, and what it is asked.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

/// One rule. The first that fits answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Any, where none is given.
    endpoint: Option<String>,
    method: String,
    /// `*` is one segment, `**` any number of them at the end.
    path: String,
    /// An expression over `request`.
    pub(super) when: Option<String>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// A template over `request`.
    #[serde(default)]
    pub(super) body: String,
    /// It changes nothing at the vendor, although its method is not GET.
    #[serde(default)]
    pub(super) reads: bool,
}

fn ok() -> u16 {
    200
}

/// A request as the vendor sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) method: &'a str,
    /// With query.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// What the vendor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Rule {
    pub(super) fn is_about(&self, asked: &Asked<'_>) -> bool {
        let path = asked.path.split('?').next().unwrap_or_default();
        self.endpoint.as_deref().is_none_or(|endpoint| endpoint == asked.endpoint)
            && self.method.eq_ignore_ascii_case(asked.method)
            && fits(&self.path, path)
    }

    pub(super) fn mentions(&self, text: &str) -> bool {
        [&self.path, &self.body].into_iter().chain(self.headers.values()).any(|own| own.contains(text))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut pattern = pattern.split('/');
    let mut path = path.split('/');
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("**"), _) => return true,
            (Some("*"), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

impl Asked<'_> {
    /// What templates and expressions know as `request`.
    pub(super) fn as_json(&self) -> Value {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), Value::String(decoded(&value.replace('+', " "))))
        });
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), Value::String(value.clone())));
        json!({
            "endpoint": self.endpoint,
            "method": self.method,
            "path": path,
            "segments": path.split('/').skip(1).map(decoded).collect::<Vec<_>>(),
            "query": Value::Object(pairs.collect()),
            "headers": Value::Object(headers.collect()),
            "text": String::from_utf8_lossy(self.body),
            "json": serde_json::from_slice::<Value>(self.body).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_walked_by_segments() {
        for (pattern, path, expected) in [
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/b/c", false),
            ("/a/**", "/a/b/c", true),
            ("/**", "/", true),
            ("/a", "/a/", false),
            ("/a/*/c", "/a//c", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
