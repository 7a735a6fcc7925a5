//! Log lines. The host budgets them, and a line must never hold a row's values.

use serde_json::{Map, Value};

use crate::bindings::offtake::destination::log::Level;
use crate::host;

/// Writes a line at level `debug`.
pub fn debug(message: &str) {
    host::log(Level::Debug, message, None);
}

/// Writes a line at level `info`.
pub fn info(message: &str) {
    host::log(Level::Info, message, None);
}

/// Writes a line at level `warn`.
pub fn warn(message: &str) {
    host::log(Level::Warn, message, None);
}

/// Writes a line at level `error`.
pub fn error(message: &str) {
    host::log(Level::Error, message, None);
}

/// Writes a line with fields. They are a flat object: `[("rows", 7.into()), ("object", "contacts".into())]`.
pub fn with_fields<'a>(level: Level, message: &str, fields: impl IntoIterator<Item = (&'a str, Value)>) {
    let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    host::log(level, message, Some(&Value::Object(fields).to_string()));
}
