//! `conformance.toml`: a sample row, and how the vendor answers.

mod answers;
mod template;

use std::path::Path;

use offtake_core::destination::{RowRef, WriteRequest};
use offtake_core::object::Operation;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::answers::Rule;
pub(crate) use self::answers::{Answer, Asked};
pub(crate) use self::template::Templates;
use crate::error::Error;

/// The script's schema name.
const SCHEMA: &str = "offtake.script/1";
/// The file's name beside a `connector.toml`.
const NAME: &str = "conformance.toml";
/// A component lies in `target/offtake` below its connector.
const PARENTS_MAX: usize = 4;

/// What the kit has to know about a vendor.
#[derive(Debug)]
pub struct Script {
    file: File,
    templates: Templates,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    object: String,
    #[serde(rename = "match")]
    match_keys: Vec<String>,
    operations: Vec<Operation>,
    #[serde(default)]
    config: Map<String, Value>,
    row: Map<String, Value>,
    /// A field that takes any text.
    text: Option<String>,
    /// A field that takes a whole number of any size.
    integer: Option<String>,
    /// Fields that make the vendor refuse a row.
    #[serde(default)]
    refused: Map<String, Value>,
    null: Option<Null>,
    /// The match value does not stand in requests as it is, because the vendor wants a hash of it.
    #[serde(default)]
    hashed: bool,
    /// Texts in requests that look random and are not.
    #[serde(default)]
    constants: Vec<String>,
    #[serde(default)]
    answers: Vec<Rule>,
}

/// How a null goes onto the wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Null {
    /// The field that is null in one row and absent in another.
    pub(crate) field: String,
    /// True of the request that clears it.
    pub(crate) sent: String,
    /// True of a request that leaves it alone.
    pub(crate) left_alone: String,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// OFT-K001 and OFT-K002.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NoScript(path.to_owned()),
            _ => Error::Script { path: path.to_owned(), message: error.to_string() },
        })?;
        Self::parse(&text).map_err(|message| Error::Script { path: path.to_owned(), message })
    }

    /// Reads the script that lies beside the sources of a component.
    ///
    /// # Errors
    /// OFT-K001 and OFT-K002.
    pub fn beside(component: &Path) -> Result<Self, Error> {
        let absolute = component.canonicalize().unwrap_or_else(|_| component.to_owned());
        let mut folders = absolute.ancestors().skip(1).take(PARENTS_MAX).map(|folder| folder.join(NAME));
        match folders.find(|path| path.is_file()) {
            Some(path) => Self::read(&path),
            None => Err(Error::NoScript(component.to_owned())),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        if file.schema != SCHEMA {
            return Err(format!("its schema is `{}`, this kit reads `{SCHEMA}`", file.schema));
        }
        if file.operations.is_empty() {
            return Err("`operations` is empty".to_owned());
        }
        let unknown = file.match_keys.iter().chain(&file.text).chain(&file.integer);
        if let Some(field) = unknown.into_iter().find(|field| !file.row.contains_key(*field)) {
            return Err(format!("`{field}` is not a field of `row`"));
        }
        if let Some(field) = file.match_keys.iter().find(|field| !file.row.get(*field).is_some_and(varies)) {
            return Err(format!("`row.{field}` is a match key and the same in every row: put `{{{{ n }}}}` into it"));
        }
        let templates = Templates::new(&file)?;
        Ok(Self { file, templates })
    }

    pub(crate) fn object(&self) -> &str {
        &self.file.object
    }

    pub(crate) fn operations(&self) -> &[Operation] {
        &self.file.operations
    }

    /// The operation that faults are tried with: the first.
    pub(crate) fn main_operation(&self) -> Operation {
        self.file.operations.first().copied().unwrap_or(Operation::Upsert)
    }

    pub(crate) fn match_keys(&self) -> &[String] {
        &self.file.match_keys
    }

    pub(crate) fn config_json(&self) -> String {
        Value::Object(self.file.config.clone()).to_string()
    }

    pub(crate) fn text_field(&self) -> Option<&str> {
        self.file.text.as_deref()
    }

    pub(crate) fn integer_field(&self) -> Option<&str> {
        self.file.integer.as_deref()
    }

    pub(crate) fn refused(&self) -> &Map<String, Value> {
        &self.file.refused
    }

    pub(crate) fn null(&self) -> Option<&Null> {
        self.file.null.as_ref()
    }

    pub(crate) fn is_hashed(&self) -> bool {
        self.file.hashed
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.file.row.keys().chain(self.file.null.iter().map(|null| &null.field)).map(String::as_str)
    }

    /// Whether a text is the script's own, so that it is nothing that a connector made up.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        let of_rules = self.file.answers.iter().any(|rule| rule.mentions(text));
        of_rules || self.config_json().contains(text) || self.file.constants.iter().any(|known| known == text)
    }

    /// Row `n`, with all its fields.
    pub(crate) fn row(&self, n: usize) -> Map<String, Value> {
        self.file.row.iter().map(|(field, value)| (field.clone(), self.templates.row_value(value, n))).collect()
    }

    /// The rows as a write call; for operations that take the match keys alone, only those.
    pub(crate) fn batch(&self, operation: Operation, name: &str, rows: &[Map<String, Value>]) -> WriteRequest {
        let keys_alone = matches!(operation, Operation::Delete | Operation::MemberRemove);
        let line = |row: &Map<String, Value>| {
            let kept = row.iter().filter(|(field, _)| !keys_alone || self.match_keys().contains(field));
            let kept: Map<String, Value> = kept.map(|(field, value)| (field.clone(), value.clone())).collect();
            format!("{}\n", Value::Object(kept))
        };
        let key = |n: usize| RowRef { idempotency_key: format!("{name}-key-{n}"), remote_id: None };
        WriteRequest {
            object: self.object().to_owned(),
            operation,
            match_keys: self.match_keys().to_vec(),
            batch_id: format!("{name}-batch"),
            attempt: 1,
            rows: rows.iter().map(line).collect(),
            refs: (0..rows.len()).map(key).collect(),
        }
    }

    /// Answers a request as the vendor would; none where no rule is about it.
    pub(crate) fn answer(&self, asked: &Asked<'_>, vendor: &str) -> Result<Option<Answer>, String> {
        let Some((index, rule)) = self.rule(asked)? else { return Ok(None) };
        self.templates.answer(index, rule, asked, vendor).map(Some)
    }

    /// Whether the request changes nothing at the vendor.
    pub(crate) fn only_reads(&self, asked: &Asked<'_>) -> bool {
        matches!(asked.method, "GET" | "HEAD")
            || self.rule(asked).is_ok_and(|rule| rule.is_some_and(|(_, rule)| rule.reads))
    }

    /// Whether an expression of the script holds of a request.
    pub(crate) fn holds(&self, expression: &str, asked: &Asked<'_>) -> Result<bool, String> {
        self.templates.holds(expression, asked)
    }

    fn rule(&self, asked: &Asked<'_>) -> Result<Option<(usize, &Rule)>, String> {
        for (index, rule) in self.file.answers.iter().enumerate() {
            let meant = rule.is_about(asked);
            let when = || rule.when.as_deref().map_or(Ok(true), |when| self.templates.holds(when, asked));
            if meant && when()? {
                return Ok(Some((index, rule)));
            }
        }
        Ok(None)
    }
}

fn varies(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        schema = "offtake.script/1"
        object = "people"
        match = ["email"]
        operations = ["upsert", "delete"]
        text = "name"

        [row]
        email = "kit-{{ n }}@example.com"
        name = "Row {{ n }}"
        age = 30

        [[answers]]
        method = "PUT"
        path = "/v1/*/people/*"
        when = "request.json.age == -1"
        status = 422
        body = '{"code": "negative"}'

        [[answers]]
        method = "PUT"
        path = "/v1/*/people/*"
        status = 201
        body = '{"id": {{ request.segments[3] | tojson }}, "n": {{ request.json.age + 1 }}}'
    "#;

    fn asked<'a>(path: &'a str, body: &'a [u8]) -> Asked<'a> {
        Asked { endpoint: "api", method: "PUT", path, headers: &[], body }
    }

    #[test]
    fn rows_are_made_by_number() {
        let script = Script::parse(GOOD).unwrap();
        let rows = [script.row(0), script.row(7)];
        let batch = script.batch(Operation::Upsert, "x", &rows);
        assert_eq!(
            batch.rows,
            "{\"age\":30,\"email\":\"kit-0@example.com\",\"name\":\"Row 0\"}\n{\"age\":30,\"email\":\"kit-7@example.com\",\"name\":\"Row 7\"}\n"
        );
        assert_eq!(batch.refs.len(), 2);
        assert_eq!(script.batch(Operation::Delete, "x", &rows[..1]).rows, "{\"email\":\"kit-0@example.com\"}\n");
    }

    #[test]
    fn the_first_rule_that_fits_answers_from_the_request() {
        let script = Script::parse(GOOD).unwrap();
        let good = script.answer(&asked("/v1/a/people/x%40y?q=1", b"{\"age\": 4}"), "http://v").unwrap().unwrap();
        assert_eq!((good.status, good.body.as_slice()), (201, &b"{\"id\": \"x@y\", \"n\": 5}"[..]));
        let bad = script.answer(&asked("/v1/a/people/x", b"{\"age\": -1}"), "http://v").unwrap().unwrap();
        assert_eq!(bad.status, 422);
        assert!(script.answer(&asked("/v1/people/x", b"{}"), "http://v").unwrap().is_none());
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (from, to, words) in [
            ("offtake.script/1", "offtake.script/9", "this kit reads"),
            ("kit-{{ n }}", "kit", "the same in every row"),
            ("text = \"name\"", "text = \"nome\"", "`nome` is not a field"),
            ("operations = [\"upsert\", \"delete\"]", "operations = []", "`operations` is empty"),
            ("status = 201", "statuses = 201", "statuses"),
            ("request.json.age == -1", "request.json.age ==", "answers[0].when"),
            ("tojson }}", "tojson }", "answers[1].body"),
        ] {
            let said = Script::parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
