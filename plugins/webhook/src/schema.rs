//! What the configuration says can be written.

use offtake_sdk::{CallFailure, Choice, Field, FieldType, Limits, Object, Operation};

use crate::config::{self, Config, Kind};

/// Bytes of rows in a request: what common servers take without being told to.
const BODY_BYTES_MAX: u32 = 1024 * 1024;
/// Rows in a call that sends each by a request of its own.
const SINGLE_ROWS_MAX: u32 = 100;

/// The objects that are configured.
pub(crate) fn objects(config: &Config) -> Vec<Object> {
    let object = |(id, object): (&String, &config::Object)| {
        let operations: Vec<Operation> = object.operations.keys().map(|name| Operation::from(*name)).collect();
        let label = object.label.clone().unwrap_or_else(|| id.clone());
        object.match_keys.iter().fold(Object::new(id, label, &operations), Object::match_key)
    };
    config.objects.iter().map(object).collect()
}

/// The fields of one of them.
pub(crate) fn fields(object: &config::Object) -> Vec<Field> {
    let mut fields: Vec<Field> = object.fields.iter().map(|(name, field)| self::field(name, field)).collect();
    let listed = |key: &&String| object.fields.contains_key(*key);
    let keys = object.match_keys.iter().filter(|key| !listed(key));
    fields.extend(keys.map(|key| Field::new(key, FieldType::Json).required().unique()));
    if object.open {
        fields.push(Field::any_other(FieldType::Json));
    }
    fields
}

fn field(name: &str, given: &config::Field) -> Field {
    let choice = |value: &String| Choice { value: value.clone(), label: value.clone() };
    Field {
        label: given.label.clone().unwrap_or_else(|| name.to_owned()),
        required: given.required,
        read_only: given.read_only,
        unique: given.unique,
        multiple: given.multiple,
        partition: given.partition,
        max_length: given.max_length,
        options: given.options.iter().map(choice).collect(),
        ..Field::new(name, kind(given.kind))
    }
}

fn kind(kind: Kind) -> FieldType {
    match kind {
        Kind::String => FieldType::String,
        Kind::Number => FieldType::Number,
        Kind::Integer => FieldType::Integer,
        Kind::Boolean => FieldType::Boolean,
        Kind::Date => FieldType::Date,
        Kind::Datetime => FieldType::Datetime,
        Kind::Enumeration => FieldType::Enumeration,
        Kind::Json => FieldType::Json,
    }
}

/// The object of this name.
pub(crate) fn object<'a>(config: &'a Config, name: &str) -> Result<&'a config::Object, CallFailure> {
    config.objects.get(name).ok_or_else(|| {
        CallFailure::schema_changed("unknown_object", format!("the connection configures no object {name:?}"))
    })
}

/// What a call takes.
pub(crate) fn limits(config: &Config, write: &config::Write) -> Limits {
    // Requests of single rows go side by side within a call, so calls do not.
    let (rows, calls) =
        if write.body.holds_several() { (write.rows, config.concurrency) } else { (SINGLE_ROWS_MAX, 1) };
    let limits = Limits::rows(rows).bytes(BODY_BYTES_MAX).concurrency(calls);
    match config.rate {
        Some(rate) => limits.rate(rate.requests, rate.seconds.saturating_mul(1_000)),
        None => limits,
    }
}
