//! What a connector logs while the kit watches.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Lines of guests come under this target.
const OF_GUESTS: &str = "offtake::connector";

/// A subscriber for the calls of one session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Lines>>);

/// What was logged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    /// Messages with their fields, as the host would write them.
    pub(crate) of_guest: Vec<String>,
    /// Lines that the host dropped.
    pub(crate) dropped: u64,
}

impl Journal {
    pub(crate) fn lines(&self) -> Lines {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Subscriber for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("offtake")
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.dropped += line.dropped;
        if event.metadata().target() == OF_GUESTS {
            lines.of_guest.push(line.text);
        }
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

#[derive(Default)]
struct Line {
    text: String,
    dropped: u64,
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "dropped" {
            self.dropped = value;
        }
    }

    fn record_str(&mut self, _field: &Field, value: &str) {
        self.text.push_str(value);
        self.text.push(' ');
    }

    fn record_debug(&mut self, _field: &Field, value: &dyn Debug) {
        // Writing to a text cannot fail.
        let _written = write!(self.text, "{value:?} ");
    }
}
