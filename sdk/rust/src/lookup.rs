//! The question of a lookup: which records, by which keys, and which of their fields.

use serde_json::{Map, Value};

use crate::batch::{only_key, text};
use crate::bindings::offtake::destination::types::{CallFailure, Detail, Failure};

/// Current values, one entry a row of the question and in its order; none where there is no record.
pub type Found = Vec<Option<Map<String, Value>>>;

/// Records whose current values the host wants to see.
#[derive(Debug, Clone)]
pub struct Lookup {
    object: String,
    match_keys: Vec<String>,
    fields: Vec<String>,
    rows: Vec<Map<String, Value>>,
}

impl Lookup {
    pub(crate) fn parse(
        object: String,
        match_keys: Vec<String>,
        fields: Vec<String>,
        rows: &[u8],
    ) -> Result<Self, CallFailure> {
        let lines = rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let rows = lines.enumerate().map(|(index, line)| {
            // As in a write, the parser's own message may quote the row.
            serde_json::from_slice(line).map_err(|_| broken(format!("row {index} is not a JSON object")))
        });
        Ok(Self { object, match_keys, fields, rows: rows.collect::<Result<_, _>>()? })
    }

    /// The object whose records are read.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// The fields that identify a record.
    #[must_use]
    pub fn match_keys(&self) -> &[String] {
        &self.match_keys
    }

    /// The match key, for vendors that find a record by one field.
    ///
    /// # Errors
    /// Misconfigured, when there is none or several.
    pub fn match_key(&self) -> Result<&str, CallFailure> {
        only_key(&self.object, &self.match_keys)
    }

    /// The fields whose values are wanted.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The match keys of each row.
    #[must_use]
    pub fn rows(&self) -> &[Map<String, Value>] {
        &self.rows
    }

    /// The value of the first match key of each row as text; none when it is absent, null, a list or an object.
    pub fn match_texts(&self) -> impl Iterator<Item = Option<String>> {
        let key = self.match_keys.first();
        self.rows.iter().map(move |row| row.get(key?).and_then(text))
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

    /// The answer as the host takes it. An answer of another length would show one record's values beside another's key.
    pub(crate) fn answer(&self, found: Found) -> Result<Vec<u8>, CallFailure> {
        if found.len() != self.rows.len() {
            return Err(broken(format!("{} answers came for {} rows", found.len(), self.rows.len())));
        }
        let mut bytes = Vec::new();
        for record in found {
            match record {
                Some(record) => bytes.extend(Value::Object(record).to_string().into_bytes()),
                None => bytes.extend_from_slice(b"null"),
            }
            bytes.push(b'\n');
        }
        Ok(bytes)
    }
}

fn broken(message: String) -> CallFailure {
    Failure::Fatal(Detail::new("unreadable_lookup", message)).without_effect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Call, Reply, Vendor};
    use crate::{Account, Batch, Connector, Context, Effect, Field, Limits, NoConfig, ObjectPage, Operation, Report};

    /// Looks `people` up, miscounts `crowds`, and cannot read anything else.
    struct Reader;

    impl Connector for Reader {
        type Config = NoConfig;

        fn check(_: &Context<NoConfig>) -> Result<Account, CallFailure> {
            Ok(Account::new())
        }

        fn objects(_: &Context<NoConfig>, _: Option<String>) -> Result<ObjectPage, CallFailure> {
            Ok(ObjectPage::default())
        }

        fn fields(_: &Context<NoConfig>, _: &str) -> Result<Vec<Field>, CallFailure> {
            Ok(Vec::new())
        }

        fn limits(_: &Context<NoConfig>, _: &str, _: Operation) -> Result<Limits, CallFailure> {
            Ok(Limits::rows(10))
        }

        fn look_up(cx: &Context<NoConfig>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
            let one = |key: Option<String>| {
                let name = key.filter(|key| key != "gone")?;
                Some(Map::from_iter([("name".to_owned(), Value::from(name))]))
            };
            match query.object() {
                "people" => Ok(Some(query.match_texts().map(one).collect())),
                "crowds" => Ok(Some(vec![None; query.len() + 1])),
                "refused" => cx.http().get("api", "/").send().map(|_| None),
                _ => Ok(None),
            }
        }

        fn write(_: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
            Ok(Report::new(batch))
        }
    }

    fn call(object: &str) -> Result<Option<Vec<Value>>, CallFailure> {
        let rows = [json!({"id": "a"}), json!({"id": "gone"}), json!({"id": null}), json!({"id": 7})];
        Call::<Reader>::new(json!({})).look_up(object, "id", &["name"], &rows)
    }

    #[test]
    fn answers_come_in_the_order_of_the_rows() {
        let found = call("people").unwrap().unwrap();
        assert_eq!(found, [json!({"name": "a"}), Value::Null, Value::Null, json!({"name": "7"})]);
    }

    #[test]
    fn what_cannot_be_read_is_not_what_is_not_there() {
        assert_eq!(call("shoes").unwrap(), None);
    }

    #[test]
    fn a_miscount_is_the_connectors_fault() {
        let failure = call("crowds").unwrap_err();
        assert_eq!((failure.failure.detail().code.as_str(), failure.effect), ("unreadable_lookup", Effect::None));
    }

    #[test]
    fn nothing_is_halved_in_a_lookup() {
        let _vendor = Vendor::scripted([Reply::status(400)]);
        assert!(matches!(call("refused").unwrap_err().failure, Failure::Rejected(_)));
    }

    #[test]
    fn rows_stay_out_of_failures() {
        let failure = Lookup::parse("people".to_owned(), Vec::new(), Vec::new(), b"{\"id\":\"secret\"\n").unwrap_err();
        assert!(!failure.failure.detail().message.contains("secret"));
    }
}
