//! What the process has logged, by whom.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// A line of the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Whether a connector wrote it, rather than the host.
    pub(crate) of_guest: bool,
    /// The connector that it is from or about.
    pub(crate) connector: String,
    /// The host's code.
    pub(crate) code: String,
    /// Lines that were dropped.
    pub(crate) dropped: Option<u64>,
    /// The message.
    pub(crate) message: String,
    /// Everything else.
    pub(crate) rest: String,
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Begins to keep lines, of all threads.
pub(crate) fn start() {
    let subscriber = tracing_subscriber::registry().with(Keeper);
    tracing::subscriber::set_global_default(subscriber).unwrap();
}

/// The lines so far from or about a connector, by its id.
pub(crate) fn of(connector: &str) -> Vec<Line> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let is = |line: &&Line| line.connector.split('@').next() == Some(connector);
    lines.iter().filter(is).cloned().collect()
}

/// Whether a text occurs anywhere in the log.
pub(crate) fn contains(text: &str) -> bool {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().any(|line| line.message.contains(text) || line.rest.contains(text))
}

/// How many lines carry a code and a text.
pub(crate) fn count(code: &str, text: &str) -> usize {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().filter(|line| line.code == code && line.rest.contains(text)).count()
}

struct Keeper;

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let target = event.metadata().target();
        if !target.starts_with("offtake") {
            return;
        }
        let mut line = Line { of_guest: target == "offtake::connector", ..Line::default() };
        event.record(&mut line);
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Visit for Line {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "dropped" => self.dropped = Some(value),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "connector" => value.clone_into(&mut self.connector),
            "code" => value.clone_into(&mut self.code),
            _ => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "connector" => self.connector = format!("{value:?}"),
            name => write!(self.rest, "{name}={value:?} ").unwrap(),
        }
    }
}
