//! The org's objects, and the fields of one of them.

mod describe;

use std::collections::{BTreeMap, BTreeSet};

use offtake_sdk::{CallFailure, Choice, Context, Detail, Failure, Field, FieldType, Object, ObjectPage, Operation};

use self::describe::{Batch, Described, DescribedField, Global, GlobalObject};
use crate::client::{self, DESCRIBES_MAX};
use crate::config::{Config, IN_FLIGHT_MAX};
use crate::prepare::RECORD_ID;

/// What a record refers to without locking it.
const WITHOUT_LOCK: [&str; 4] = ["User", "Group", "RecordType", "BusinessHours"];

/// Objects of one page of discovery. Each that people see in the org is described for the sake of its keys.
const PAGE_OBJECTS: usize = DESCRIBES_MAX;

/// A page of the objects that can be written: one request for the list, and one for all objects of the page that have a page
/// layout, because the list does not say by which fields a record can be found.
pub(crate) fn objects(cx: &Context<Config>, cursor: Option<&str>) -> Result<ObjectPage, CallFailure> {
    let start: usize = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let global: Global = client::describe_global(cx).send()?.json()?;
    let offered: Vec<(GlobalObject, Vec<Operation>)> = global.sobjects.into_iter().filter_map(offered).collect();
    let next = start.saturating_add(PAGE_OBJECTS);
    let page = offered.get(start..next.min(offered.len())).unwrap_or_default();

    let described = page.iter().map(|(object, _)| object).filter(|object| object.layoutable);
    let keys = keys(cx, described.map(|object| object.name.as_str()).collect())?;
    let object = |(described, operations): &(GlobalObject, Vec<Operation>)| {
        let keys = keys.get(&described.name);
        // An upsert goes by an external id, and an object that was described and has none cannot take it.
        let has_none = keys.is_some_and(Vec::is_empty);
        let operations = operations.iter().copied().filter(|operation| *operation != Operation::Upsert || !has_none);
        let object = Object::new(&described.name, &described.label_plural, &operations.collect::<Vec<_>>());
        let keys = keys.into_iter().flatten();
        keys.fold(object, |object, key| object.match_key(&key.name)).match_key(RECORD_ID)
    };
    let next = (next < offered.len()).then(|| next.to_string());
    Ok(ObjectPage { objects: page.iter().map(object).collect(), next })
}

/// What the user can do with an object; none, where that is nothing.
fn offered(described: GlobalObject) -> Option<(GlobalObject, Vec<Operation>)> {
    let can = [
        (Operation::Insert, described.createable),
        (Operation::Update, described.updateable),
        (Operation::Upsert, described.createable && described.updateable),
        (Operation::Delete, described.deletable),
    ];
    let operations: Vec<Operation> = can.iter().filter(|(_, can)| *can).map(|(operation, _)| *operation).collect();
    let is_offered = !operations.is_empty() && !described.deprecated_and_hidden;
    is_offered.then_some((described, operations))
}

/// An object's fields, and the keys of the records that it can refer to: one request, and one for all types referred to.
pub(crate) fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
    let described: Described = client::describe(cx, object).send()?.json()?;
    let references = described.fields.iter().filter(|field| field.is_reference());
    let keys = keys(cx, references.flat_map(|field| &field.reference_to).map(String::as_str).collect())?;
    Ok(described.fields.into_iter().flat_map(|field| with_paths(field, &keys)).collect())
}

/// The fields of an object that hold booleans, in small letters.
pub(crate) fn checkboxes(cx: &Context<Config>, object: &str) -> Result<BTreeSet<String>, CallFailure> {
    let described: Described = client::describe(cx, object).send()?.json()?;
    let checkboxes = described.fields.iter().filter(|field| field.kind == "boolean");
    Ok(checkboxes.map(|field| field.name.to_lowercase()).collect())
}

/// The fields by which records of these types are found.
fn keys(cx: &Context<Config>, types: BTreeSet<&str>) -> Result<BTreeMap<String, Vec<DescribedField>>, CallFailure> {
    let types: Vec<&str> = types.into_iter().collect();
    let requests = types.chunks(DESCRIBES_MAX).map(|types| client::describe_all(cx, types)).collect();
    let mut parts = Vec::new();
    for answer in cx.http().send_all(requests, IN_FLIGHT_MAX) {
        parts.extend(answer?.json::<Batch>()?.results);
    }
    if parts.len() != types.len() {
        let message = format!("{} describes came for {} objects", parts.len(), types.len());
        return Err(CallFailure::unreadable(message));
    }
    let mut keys = BTreeMap::new();
    for (kind, part) in types.into_iter().zip(parts) {
        let fields = match part.status_code {
            200 => serde_json::from_value::<Described>(part.result).map(|described| described.fields),
            // A type that the user may not see has no keys to offer, and a reference to it can still be written by id.
            403 | 404 => Ok(Vec::new()),
            status => return Err(Failure::Transient(unanswered(kind, status)).without_effect()),
        };
        let fields =
            fields.map_err(|error| CallFailure::unreadable(format!("{kind} is described otherwise: {error}")))?;
        keys.insert(kind.to_owned(), fields.into_iter().filter(DescribedField::is_key).collect());
    }
    Ok(keys)
}

fn unanswered(kind: &str, status: u16) -> Detail {
    Detail::new("describe_failed", format!("{kind} could not be described")).with_status(status)
}

fn with_paths(field: DescribedField, keys: &BTreeMap<String, Vec<DescribedField>>) -> Vec<Field> {
    let locks =
        field.is_reference() && field.reference_to.iter().any(|target| !WITHOUT_LOCK.contains(&target.as_str()));
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
