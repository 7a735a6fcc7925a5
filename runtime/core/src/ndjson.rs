//! Rows as bytes for the connector: one JSON object a line, profile `offtake-v1`.
//!
//! The profile is written down in `docs/spec/connector.md`. Integers past 2^53 and decimals travel as
//! strings because a JSON number loses digits in most languages that connectors are written in.

use arrow_array::RecordBatch;
use arrow_buffer::i256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil;

use crate::cell::{Cell, Column, UnsupportedType};

/// Content type of a batch's rows.
pub const CONTENT_TYPE: &str = "application/x-ndjson;profile=offtake-v1";

/// Largest integer whose neighbours a binary64 can still tell apart.
const SAFE_INTEGER_MAX: u64 = 1 << 53;

/// A value has no place in a JSON row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {reason}")]
pub struct EncodeError {
    /// Destination field.
    pub field: String,
    /// Why, in words.
    pub reason: String,
}

/// Writes the rows of one mapped batch.
#[derive(Debug, Clone)]
pub struct RowEncoder {
    fields: Vec<Written>,
}

/// One field of every row.
#[derive(Debug, Clone)]
struct Written {
    name: String,
    /// `"name":`.
    key: String,
    column: Column,
    /// Whether a row in which it is null goes without it.
    skips_nulls: bool,
}

// === impl RowEncoder ===

impl RowEncoder {
    /// Prepares the columns of a batch, named by its schema.
    ///
    /// # Errors
    /// [`UnsupportedType`] when a column's type cannot be sent.
    pub fn new(batch: &RecordBatch) -> Result<Self, UnsupportedType> {
        let schema = batch.schema_ref();
        let named = schema.fields().iter().zip(batch.columns());
        let fields = named.map(|(field, array)| {
            let mut key = String::new();
            write_text(field.name(), &mut key);
            key.push(':');
            Ok(Written { name: field.name().clone(), key, column: Column::new(array)?, skips_nulls: false })
        });
        Ok(Self { fields: fields.collect::<Result<_, UnsupportedType>>()? })
    }

    /// The same rows with only the named fields.
    #[must_use]
    pub fn only(&self, names: &[String]) -> Self {
        let kept = self.fields.iter().filter(|field| names.contains(&field.name));
        Self { fields: kept.cloned().collect() }
    }

    /// The same rows, where the named fields are left out of rows in which they are null.
    #[must_use]
    pub fn skipping_nulls(mut self, names: &[String]) -> Self {
        for field in &mut self.fields {
            field.skips_nulls |= names.contains(&field.name);
        }
        self
    }

    /// Appends one row and the line's end.
    ///
    /// # Errors
    /// [`EncodeError`] for a date or time outside the years −9999 to 9999; nothing is appended then.
    pub fn write(&self, row: usize, out: &mut String) -> Result<(), EncodeError> {
        let start = out.len();
        out.push('{');
        for field in &self.fields {
            let cell = field.column.cell(row);
            if field.skips_nulls && matches!(cell, Cell::Null) {
                continue;
            }
            if out.len() > start + 1 {
                out.push(',');
            }
            out.push_str(&field.key);
            if let Err(reason) = write_json(&cell, out) {
                out.truncate(start);
                return Err(EncodeError { field: field.name.clone(), reason });
            }
        }
        out.push_str("}\n");
        Ok(())
    }

    /// Each field's name with its value as JSON text, for people to read.
    pub fn values(&self, row: usize) -> Vec<(String, String)> {
        let read = self.fields.iter().map(|field| {
            let mut json = String::new();
            if let Err(reason) = write_json(&field.column.cell(row), &mut json) {
                json = format!("({reason})");
            }
            (field.name.clone(), json)
        });
        read.collect()
    }
}

/// Appends one value.
///
/// # Errors
/// The reason in words when the value has no text form.
fn write_json(cell: &Cell<'_>, out: &mut String) -> Result<(), String> {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Cell::Int(value) => write_integer(&value.to_string(), value.unsigned_abs(), out),
        Cell::UInt(value) => write_integer(&value.to_string(), *value, out),
        Cell::Float(value) => write_float(*value, out),
        Cell::Decimal(mantissa, scale) => write_plain(&decimal(*mantissa, *scale), out),
        Cell::Text(text) => write_text(text, out),
        Cell::Binary(bytes) => write_plain(&STANDARD.encode(bytes), out),
        Cell::Date(days) => write_plain(&date(*days)?, out),
        Cell::Time(nanos) => write_plain(&time(*nanos)?, out),
        Cell::Timestamp(seconds, nanos) => write_plain(&timestamp(*seconds, *nanos)?, out),
        Cell::List(items, length) => {
            let rows = (0..*length).map(|row| items.cell(row));
            write_sequence('[', ']', rows, out, |cell, out| write_json(&cell, out))?;
        }
        Cell::Struct(fields, row) => {
            write_sequence('{', '}', fields.iter(), out, |(name, column), out| {
                write_text(name, out);
                out.push(':');
                write_json(&column.cell(*row), out)
            })?;
        }
        Cell::Map(entries, length) => {
            write_sequence('{', '}', 0..*length, out, |row, out| {
                write_map_key(&entries.0.cell(row), out)?;
                out.push(':');
                write_json(&entries.1.cell(row), out)
            })?;
        }
    }
    Ok(())
}

fn write_sequence<T>(
    open: char,
    close: char,
    items: impl Iterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String) -> Result<(), String>,
) -> Result<(), String> {
    out.push(open);
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(item, out)?;
    }
    out.push(close);
    Ok(())
}

fn write_map_key(key: &Cell<'_>, out: &mut String) -> Result<(), String> {
    if let Cell::Text(text) = key {
        write_text(text, out);
        return Ok(());
    }
    let mut inner = String::new();
    write_json(key, &mut inner)?;
    write_text(inner.trim_matches('"'), out);
    Ok(())
}

fn write_integer(digits: &str, magnitude: u64, out: &mut String) {
    if magnitude <= SAFE_INTEGER_MAX {
        out.push_str(digits);
    } else {
        write_plain(digits, out);
    }
}

fn write_float(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => out.push_str(&number.to_string()),
        None if value.is_nan() => write_plain("NaN", out),
        None if value > 0.0 => write_plain("Infinity", out),
        None => write_plain("-Infinity", out),
    }
}

/// A string that needs no escapes.
fn write_plain(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

fn write_text(text: &str, out: &mut String) {
    // Serialising a str into memory has no way to fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn decimal(mantissa: i256, scale: i8) -> String {
    let digits = mantissa.to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("-", rest));
    let Ok(scale) = usize::try_from(scale) else {
        let zeros = if digits == "0" { 0 } else { usize::from(scale.unsigned_abs()) };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn date(days: i64) -> Result<String, String> {
    let epoch = civil::date(1970, 1, 1);
    let day = jiff::Span::new().try_days(days).and_then(|span| epoch.checked_add(span));
    day.map(|day| day.to_string()).map_err(|_| format!("{days} days from 1970 is outside the years -9999 to 9999"))
}

fn time(nanos: i64) -> Result<String, String> {
    let span = jiff::Span::new().try_nanoseconds(nanos);
    let time = span.and_then(|span| civil::Time::midnight().checked_add(span));
    time.map(|time| time.to_string()).map_err(|_| format!("{nanos} ns is not a time of day"))
}

/// Reckoned with civil time, because `Timestamp` ends a day early, to leave room for every offset: and the last day of 9999
/// is what many tables have for an end that is open.
fn timestamp(seconds: i64, nanos: u32) -> Result<String, String> {
    let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let second = jiff::Span::new().try_seconds(seconds).and_then(|span| epoch.checked_add(span));
    // A span has one sign, so the two cannot be added as one: the nanoseconds count forwards also before 1970.
    let point = second.and_then(|second| second.checked_add(jiff::Span::new().try_nanoseconds(i64::from(nanos))?));
    point
        .map(|point| format!("{point}Z"))
        .map_err(|_| format!("{seconds} s from 1970 is outside the years -9999 to 9999"))
}
