//! The rows of a write: parsed once, with what the host knows about each.

use serde_json::{Map, Value};

use crate::bindings::exports::offtake::destination::connector as wit;
use crate::bindings::offtake::destination::types::{CallFailure, Detail, Failure, Operation};

/// The only row encoding of this version.
pub(crate) const CONTENT_TYPE: &str = "application/x-ndjson;profile=offtake-v1";

/// Rows of one object that take one operation.
#[derive(Debug, Clone)]
pub struct Batch {
    object: String,
    operation: Operation,
    match_keys: Vec<String>,
    id: String,
    attempt: u32,
    rows: Vec<Row>,
}

impl Batch {
    pub(crate) fn parse(batch: wit::Batch) -> Result<Self, CallFailure> {
        if batch.content_type != CONTENT_TYPE {
            return Err(unreadable(format!("rows of type {:?} are not understood", batch.content_type)));
        }
        let lines: Vec<&[u8]> = batch.rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        if lines.len() != batch.refs.len() {
            return Err(unreadable(format!("{} rows came with {} references", lines.len(), batch.refs.len())));
        }
        let rows = lines
            .into_iter()
            .zip(batch.refs)
            .zip(0_u32..)
            .map(|((line, row_ref), index)| Row::parse(index, line, row_ref, &batch.match_keys))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            object: batch.object,
            operation: batch.op,
            match_keys: batch.match_keys,
            id: batch.batch_id,
            attempt: batch.attempt,
            rows,
        })
    }

    /// The object whose records are written.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What is to be done with the rows.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The fields that identify a record.
    #[must_use]
    pub fn match_keys(&self) -> &[String] {
        &self.match_keys
    }

    /// The match key, for vendors that find a record by one field.
    ///
    /// # Errors
    /// Misconfigured, when the batch has none or several: rows that differ in the others would be one record.
    pub fn match_key(&self) -> Result<&str, CallFailure> {
        only_key(&self.object, &self.match_keys)
    }

    /// The same for the same rows, also when they are sent again.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The rows in their order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<'a> IntoIterator for &'a Batch {
    type Item = &'a Row;
    type IntoIter = std::slice::Iter<'a, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

/// One record to write.
#[derive(Debug, Clone)]
pub struct Row {
    index: u32,
    fields: Map<String, Value>,
    match_text: Option<String>,
    idempotency_key: String,
    remote_id: Option<String>,
}

/// What a row says about a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Nothing: the vendor's value stays.
    Absent,
    /// The vendor's value is to be cleared.
    Null,
    /// The vendor's value is to become this one.
    Value(&'a Value),
}

impl Row {
    fn parse(index: u32, line: &[u8], row_ref: wit::RowRef, match_keys: &[String]) -> Result<Self, CallFailure> {
        // The parser's own message may quote the row, and a failure must not carry row values into a log.
        let fields: Map<String, Value> =
            serde_json::from_slice(line).map_err(|_| unreadable(format!("row {index} is not a JSON object")))?;
        let match_text = match_keys.first().and_then(|key| fields.get(key)).and_then(text);
        Ok(Self { index, fields, match_text, idempotency_key: row_ref.idempotency_key, remote_id: row_ref.remote_id })
    }

    /// The row's place in the batch, from 0.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// What the row says about a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Cell<'_> {
        match self.fields.get(field) {
            None => Cell::Absent,
            Some(Value::Null) => Cell::Null,
            Some(value) => Cell::Value(value),
        }
    }

    /// The fields that are present, null ones included, in alphabetical order.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The value of the first match key as text; none when it is absent, null, a list or an object.
    #[must_use]
    pub fn match_text(&self) -> Option<&str> {
        self.match_text.as_deref()
    }

    /// Minted by the host, the same for the same change: also after a crash.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// The vendor's id of the record, where the host has kept it.
    #[must_use]
    pub fn remote_id(&self) -> Option<&str> {
        self.remote_id.as_deref()
    }
}

/// A scalar as text, the way it stands in the row; none for null, lists and objects.
#[must_use]
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The one match key.
pub(crate) fn only_key<'a>(object: &str, match_keys: &'a [String]) -> Result<&'a str, CallFailure> {
    match match_keys {
        [only] => Ok(only),
        [] => Err(CallFailure::misconfigured("match_key_missing", format!("{object} needs a match key"))),
        several => {
            let message = format!("a record of {object} is found by one field, and `match` has {}", several.join(", "));
            Err(CallFailure::misconfigured("match_keys_unsupported", message))
        }
    }
}

fn unreadable(message: String) -> CallFailure {
    Failure::Fatal(Detail::new("unreadable_batch", message)).without_effect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(rows: &str, refs: usize) -> Result<Batch, CallFailure> {
        let row_ref = wit::RowRef { idempotency_key: "k".to_owned(), remote_id: Some("7".to_owned()) };
        Batch::parse(wit::Batch {
            object: "contacts".to_owned(),
            op: Operation::Upsert,
            match_keys: vec!["email".to_owned()],
            batch_id: "b".to_owned(),
            attempt: 1,
            content_type: CONTENT_TYPE.to_owned(),
            rows: rows.as_bytes().to_vec(),
            refs: vec![row_ref; refs],
        })
    }

    #[test]
    fn tells_absent_null_and_value_apart() {
        let batch = batch("{\"email\":\"a@b.c\",\"phone\":null}\n", 1).unwrap();
        let row = &batch.rows()[0];
        assert_eq!(row.get("phone"), Cell::Null);
        assert_eq!(row.get("name"), Cell::Absent);
        assert_eq!(row.get("email"), Cell::Value(&json!("a@b.c")));
        assert_eq!(row.match_text(), Some("a@b.c"));
        assert_eq!((row.index(), row.idempotency_key(), row.remote_id()), (0, "k", Some("7")));
    }

    #[test]
    fn one_match_key_is_none_of_several() {
        let code = |keys: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            only_key("contacts", &keys).map(str::to_owned).map_err(|failure| failure.failure.detail().code.clone())
        };
        assert_eq!(code(&["email"]), Ok("email".to_owned()));
        assert_eq!(code(&[]), Err("match_key_missing".to_owned()));
        assert_eq!(code(&["email", "company"]), Err("match_keys_unsupported".to_owned()));
    }

    #[test]
    fn refuses_rows_that_do_not_fit_their_references() {
        assert_eq!(batch("{}\n{}\n", 1).unwrap_err().failure.detail().code, "unreadable_batch");
        let failure = batch("{\"email\":\"secret\"\n", 1).unwrap_err().failure;
        assert!(!failure.detail().message.contains("secret"));
    }

    #[test]
    fn keeps_floats_to_the_last_digit() {
        let batch = batch("{\"email\":1.7976931348623157e308,\"x\":0.1}\n", 1).unwrap();
        assert_eq!(text(&batch.rows()[0].fields()["x"]).unwrap(), "0.1");
    }
}
