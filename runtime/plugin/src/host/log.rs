//! `log`: a guest's lines, within a budget, without control characters and secrets.

use offtake_core::run::cut;

use super::CallState;
use crate::bindings::log;
use crate::limits::{LOG_BYTES_MAX, LOG_LINE_BYTES_MAX, LOG_LINES_MAX, LOG_SCANNED_BYTES_MAX};

/// What a call has logged.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    lines: u32,
    bytes: usize,
    /// Lines that were dropped.
    pub(crate) dropped: u64,
}

impl Budget {
    /// Nothing more fits, whatever it is.
    fn is_spent(&self) -> bool {
        self.lines >= LOG_LINES_MAX || self.bytes >= LOG_BYTES_MAX
    }

    fn take(&mut self, bytes: usize) -> bool {
        let fits = self.lines < LOG_LINES_MAX && self.bytes + bytes <= LOG_BYTES_MAX;
        if fits {
            self.lines += 1;
            self.bytes += bytes;
        } else {
            self.dropped += 1;
        }
        fits
    }
}

/// Escape sequences would let a connector write to the operator's terminal; line breaks would forge lines.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl CallState {
    fn line(&mut self, level: log::Level, message: &str, fields: &str) {
        // Counted before anything is done with it, and cut after redacting: a secret across the cut would leave its
        // first part.
        if message.len() > LOG_SCANNED_BYTES_MAX || self.log.is_spent() {
            self.log.dropped += 1;
            return;
        }
        let message = self.egress.redact(message);
        let fields = self.egress.redact(cut(fields, LOG_SCANNED_BYTES_MAX));
        let message = cut(&message, LOG_LINE_BYTES_MAX);
        let fields = cut(&fields, LOG_LINE_BYTES_MAX);
        if !self.log.take(message.len() + fields.len()) {
            return;
        }
        let message = plain(message);
        let fields = plain(fields);
        let connector = &*self.connector;
        match level {
            log::Level::Trace => tracing::trace!(target: "offtake::connector", connector, fields, "{message}"),
            log::Level::Debug => tracing::debug!(target: "offtake::connector", connector, fields, "{message}"),
            log::Level::Info => tracing::info!(target: "offtake::connector", connector, fields, "{message}"),
            log::Level::Warn => tracing::warn!(target: "offtake::connector", connector, fields, "{message}"),
            log::Level::Error => tracing::error!(target: "offtake::connector", connector, fields, "{message}"),
        }
    }

    /// What the guest printed, when its call has ended: an interpreter's last words are why it broke.
    pub(crate) fn log_printed(&mut self) {
        let (text, dropped) = self.printed.take();
        text.lines().for_each(|line| self.line(log::Level::Debug, line, ""));
        self.log.dropped += dropped;
    }
}

impl log::Host for CallState {
    async fn emit(&mut self, level: log::Level, message: String, fields_json: Option<String>) {
        self.line(level, &message, &fields_json.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_past_the_budget_are_counted() {
        let mut budget = Budget::default();
        for _ in 0..LOG_LINES_MAX {
            assert!(budget.take(10));
        }
        assert!(!budget.take(1));
        let mut fat = Budget::default();
        assert!(fat.take(LOG_BYTES_MAX));
        assert!(!fat.take(1));
        assert_eq!((budget.dropped, fat.dropped), (1, 1));
    }

    #[test]
    fn escapes_reach_no_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c");
    }
}
