//! What a person is told when something fails: code, what, where it came from and the next step.

use std::error::Error;
use std::fmt;

/// Whether trying the same thing again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same input fails in the same way.
    Never,
    /// The cause may pass.
    Later,
}

/// A failure as it crosses a port. Each crate has an error enum of its own and turns it into this
/// at its border, so the engine and the pages need to know no driver.
#[derive(Debug)]
pub struct Fault {
    /// Stable code, `OFT-xnnn`.
    pub code: &'static str,
    /// One sentence: what failed, and where.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// Whether a later run may succeed without a change.
    pub retry: Retry,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault that the same input repeats.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, retry: Retry::Never, source: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks the cause as one that may pass.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.retry = Retry::Later;
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
