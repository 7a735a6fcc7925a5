//! What a request wants written of one record, after its names and types were found right.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::Field;
use super::object::Object;
use super::org::Org;
use super::refusal::{DmlError, Refusal};
use super::value;

/// The fields of a record, and references that are still to be followed.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    pub(super) values: BTreeMap<String, Value>,
    pub(super) references: Vec<Reference>,
}

/// Another record, by the value of one of its key fields.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) field: Field,
    pub(super) target: String,
    pub(super) key: Field,
    pub(super) value: Value,
}

impl Draft {
    /// Reads a record of a JSON body. What is wrong with its names and types refuses the whole request.
    pub(super) fn from_json(org: &Org, object: &Object, record: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut draft = Self::default();
        for (name, given) in record {
            match given {
                _ if name == "attributes" => {}
                _ if name.eq_ignore_ascii_case("id") => draft.id = given.as_str().map(str::to_owned),
                Value::Object(other) => {
                    let field = object.relationship(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
                    let kind = other.get("attributes").and_then(|attributes| attributes["type"].as_str());
                    let Some((key, value)) = other.iter().find(|(key, _)| *key != "attributes") else { continue };
                    draft.refer(org, field, kind, key, |key| value::from_json(key, value))?;
                }
                _ => {
                    let field = object.field(name).ok_or_else(|| Refusal::no_column(name, &object.name))?;
                    draft.values.insert(field.name.clone(), value::from_json(field, given)?);
                }
            }
        }
        Ok(draft)
    }

    /// Sets a cell of a CSV row: the column `Account.Ext__c` is a reference, `Contact:Who.Ext__c` one of several types.
    pub(super) fn set_text(&mut self, org: &Org, object: &Object, column: &str, text: &str) -> Result<(), DmlError> {
        let unknown = || DmlError::new("INVALID_FIELD", format!("Field name not found : {column}"));
        let value = |field: &Field| match text {
            "#N/A" => Ok(Value::Null),
            _ => value::from_text(field, text),
        };
        if let Some((left, key)) = column.split_once('.') {
            let (kind, relationship) = match left.split_once(':') {
                Some((kind, relationship)) => (Some(kind), relationship),
                None => (None, left),
            };
            let field = object.relationship(relationship).ok_or_else(unknown)?;
            if text == "#N/A" {
                self.values.insert(field.name.clone(), Value::Null);
                return Ok(());
            }
            let typed = |key: &Field| value::from_text(key, text).map_err(Refusal::from);
            return self.refer(org, field, kind, key, typed).map_err(|_| unknown());
        }
        if column.eq_ignore_ascii_case("id") {
            self.id = Some(text.to_owned());
            return Ok(());
        }
        let field = object.field(column).ok_or_else(unknown)?;
        self.values.insert(field.name.clone(), value(field)?);
        Ok(())
    }

    fn refer(
        &mut self,
        org: &Org,
        field: &Field,
        kind: Option<&str>,
        key: &str,
        value: impl FnOnce(&Field) -> Result<Value, Refusal>,
    ) -> Result<(), Refusal> {
        let target = match (kind, field.targets.as_slice()) {
            (Some(kind), targets) => targets.iter().find(|target| target.eq_ignore_ascii_case(kind)),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let target = target.and_then(|target| org.object(target)).ok_or_else(|| {
            let message =
                format!("The external foreign key reference does not reference a valid entity: {}", field.name);
            Refusal::new(400, "INVALID_FIELD", message)
        })?;
        let key = target.field(key).filter(|key| key.is_key()).ok_or_else(|| {
            let message = format!("{key} is not an External ID or indexed field for {}", target.name);
            Refusal::new(400, "INVALID_FIELD", message)
        })?;
        let value = value(key)?;
        self.references.push(Reference { field: field.clone(), target: target.name.clone(), key: key.clone(), value });
        Ok(())
    }

    /// The value of the field by which an upsert finds its record.
    pub(super) fn key(&self, field: &Field) -> Option<&Value> {
        self.values.get(&field.name).filter(|value| !value.is_null() && *value != "")
    }

    pub(super) fn set(&mut self, field: &str, value: Value) {
        self.values.insert(field.to_owned(), value);
    }
}
