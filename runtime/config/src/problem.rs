//! What is wrong with a file, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::Document;

/// Names further apart than this are not suggested for each other.
const SIMILARITY_MIN: f64 = 0.75;

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file it is in, where it is in a file that could be read.
    pub document: Option<Arc<Document>>,
    /// Bytes of that file.
    pub span: Option<Range<usize>>,
    /// What to say at that place.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

/// Everything that is wrong, of all files.
#[derive(Debug, Clone, Default)]
pub struct Problems(pub Vec<Problem>);

// === impl Problem ===

impl Problem {
    /// A problem at a value, by its JSON pointer; an empty pointer is the whole file.
    pub fn at(document: &Arc<Document>, pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span: document.span(pointer),
            document: Some(document.clone()),
            label: "here".to_owned(),
            help: None,
        }
    }

    /// A problem that no file shows.
    pub fn general(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), document: None, span: None, label: String::new(), help: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says something at the place.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Line and column from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        let (document, span) = (self.document.as_ref()?, self.span.as_ref()?);
        let before = document.text().get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((line, column))
    }
}

// === impl Problems ===

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> =
            self.0.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// The known name that is most like a mistyped one.
pub fn suggest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], "");
    let typed = plain(typed);
    let scored = known.into_iter().map(|name| (strsim::jaro_winkler(&typed, &plain(name)), name));
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0));
    best.filter(|(score, _)| *score >= SIMILARITY_MIN).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_far_ones_are_not() {
        let known = ["lifecyclestage", "email", "firstname"];
        assert_eq!(suggest("lifecycle_stage", known), Some("lifecyclestage"));
        assert_eq!(suggest("emial", known), Some("email"));
        assert_eq!(suggest("zzz", known), None);
    }
}
