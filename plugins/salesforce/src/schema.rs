//! The org's objects, and the fields of one of them.

mod describe;

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Choice, Context, Field, FieldType, Object, Operation};

use self::describe::{Described, DescribedField, Global, GlobalObject};
use crate::client;
use crate::config::{Config, IN_FLIGHT_MAX};
use crate::prepare::RECORD_ID;

/// What a record refers to without locking it.
const WITHOUT_LOCK: [&str; 4] = ["User", "Group", "RecordType", "BusinessHours"];

/// The objects that can be written, by one request. Their external ids are among their fields, marked unique.
pub(crate) fn objects(cx: &Context<Config>) -> Result<Vec<Object>, CallFailure> {
    let global: Global = client::describe_global(cx).send()?.json()?;
    Ok(global.sobjects.iter().filter_map(object).collect())
}

fn object(described: &GlobalObject) -> Option<Object> {
    let can = [
        (Operation::Insert, described.createable),
        (Operation::Update, described.updateable),
        (Operation::Upsert, described.createable && described.updateable),
        (Operation::Delete, described.deletable),
    ];
    let operations: Vec<Operation> = can.iter().filter(|(_, can)| *can).map(|(operation, _)| *operation).collect();
    let is_offered = !operations.is_empty() && !described.deprecated_and_hidden;
    is_offered.then(|| Object::new(&described.name, &described.label_plural, &operations).match_key(RECORD_ID))
}

/// An object's fields, and the keys of the records that it can refer to: one request, and one for each type referred to.
pub(crate) fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
    let described: Described = client::describe(cx, object).send()?.json()?;
    let keys = keys_of_targets(cx, &described)?;
    Ok(described.fields.into_iter().flat_map(|field| with_paths(field, &keys)).collect())
}

/// The external id fields of every type that a writable reference leads to.
fn keys_of_targets(
    cx: &Context<Config>,
    described: &Described,
) -> Result<BTreeMap<String, Vec<DescribedField>>, CallFailure> {
    let references = described.fields.iter().filter(|field| field.is_reference());
    let targets: BTreeSet<&str> = references.flat_map(|field| &field.reference_to).map(String::as_str).collect();
    let requests = targets.iter().map(|target| client::describe(cx, target)).collect();
    let mut keys = BTreeMap::new();
    for (target, answer) in targets.into_iter().zip(cx.http().send_all(requests, IN_FLIGHT_MAX)) {
        let fields = match answer {
            Ok(response) => response.json::<Described>()?.fields,
            // A type that the user may not see has no keys to offer, and the reference itself can still be written.
            Err(failure) if is_about_the_type(&failure) => Vec::new(),
            Err(failure) => return Err(failure),
        };
        keys.insert(target.to_owned(), fields.into_iter().filter(DescribedField::is_key).collect());
    }
    Ok(keys)
}

fn is_about_the_type(failure: &CallFailure) -> bool {
    use offtake_sdk::Failure::{Forbidden, SchemaChanged};
    matches!(failure.failure, SchemaChanged(_) | Forbidden(_))
}

fn with_paths(field: DescribedField, keys: &BTreeMap<String, Vec<DescribedField>>) -> Vec<Field> {
    let locks = field.is_reference() && field.reference_to.iter().any(|target| !WITHOUT_LOCK.contains(&target.as_str()));
    let mut paths = Vec::new();
    if let (true, Some(relationship)) = (field.is_reference(), field.relationship_name.as_deref()) {
        let is_polymorphic = field.reference_to.len() > 1;
        for target in &field.reference_to {
            for key in keys.get(target).into_iter().flatten() {
                let kind = if is_polymorphic { format!("{target}:") } else { String::new() };
                let path = Field {
                    label: format!("{} by {} of {target}", field.label, key.label),
                    partition: locks,
                    max_length: key.max_length(),
                    ..Field::new(format!("{kind}{relationship}.{}", key.name), key.field_type())
                };
                paths.push(path);
            }
        }
    }
    // Where a reference can be written in several ways, none of them is required by itself.
    let required = field.is_required() && paths.is_empty();
    let own = Field {
        required,
        partition: locks,
        label: field.label.clone(),
        read_only: !field.createable && !field.updateable,
        unique: field.is_key() || field.unique,
        multiple: field.kind == "multipicklist",
        max_length: field.max_length(),
        ..Field::new(&field.name, field.field_type())
    };
    let choices = field.picklist_values.into_iter().filter(|value| value.active && field.restricted_picklist);
    let options = choices
        .map(|value| Choice { label: value.label.unwrap_or_else(|| value.value.clone()), value: value.value })
        .collect();
    std::iter::once(Field { options, ..own }).chain(paths).collect()
}

impl DescribedField {
    /// A reference that can be written. Some are named `…Id` and refer to nothing that can be described.
    fn is_reference(&self) -> bool {
        self.kind == "reference" && (self.createable || self.updateable) && !self.reference_to.is_empty()
    }

    /// Whether a record can be found by the field: "External ID" of a custom field, `idLookup` of a standard one.
    fn is_key(&self) -> bool {
        (self.external_id || self.id_lookup) && self.name != RECORD_ID
    }

    fn is_required(&self) -> bool {
        self.createable && !self.nillable && !self.defaulted_on_create
    }

    fn max_length(&self) -> Option<u32> {
        (self.length > 0).then_some(self.length)
    }

    fn field_type(&self) -> FieldType {
        match self.kind.as_str() {
            "boolean" => FieldType::Boolean,
            "int" | "long" => FieldType::Integer,
            "double" | "currency" | "percent" => FieldType::Number,
            "date" => FieldType::Date,
            "datetime" => FieldType::Datetime,
            "picklist" | "multipicklist" => FieldType::Enumeration,
            "anyType" | "complexvalue" | "address" | "location" | "json" => FieldType::Json,
            _ => FieldType::String,
        }
    }
}
