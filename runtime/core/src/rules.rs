//! Rules: whether a mapping fits the object it is for, decided before anything is sent.

use arrow_schema::Schema;

use crate::convert;
use crate::object::{self, Field, Operation};

/// A mapped field that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Which field of the mapping; none when a field is missing from it.
    pub index: Option<usize>,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// An SQL expression that would fit, with `{}` for the column.
    pub remedy: Option<&'static str>,
    /// The field's name as the mapping has it.
    pub field: String,
}

/// Checks mapped columns, in the order of the mapping, against the fields of an object.
pub fn check(mapped: &Schema, fields: &[Field], match_keys: &[String], operation: Operation) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    for (index, column) in mapped.fields().iter().enumerate() {
        let misfit =
            |code, message, remedy| Misfit { index: Some(index), code, message, remedy, field: column.name().clone() };
        let Some(field) = object::find(fields, column.name()) else {
            let message = format!("destination field `{}` does not exist", column.name());
            misfits.push(misfit("OFT-C014", message, None));
            continue;
        };
        let is_key = match_keys.contains(column.name());
        if field.read_only && !is_key {
            let message = format!("destination field `{}` is read-only", field.name);
            misfits.push(misfit("OFT-C016", message, None));
        }
        if let Err(mismatch) = convert::check(column.data_type(), field) {
            misfits.push(misfit("OFT-C017", mismatch.reason, mismatch.remedy));
        }
    }
    misfits.extend(missing(mapped, fields, operation));
    misfits
}

/// Fields without which no record can be created.
fn missing<'a>(mapped: &'a Schema, fields: &'a [Field], operation: Operation) -> impl Iterator<Item = Misfit> + 'a {
    let creates = matches!(operation, Operation::Insert | Operation::Upsert);
    let required = fields.iter().filter(move |field| creates && field.required && !field.read_only);
    let absent = required.filter(|field| mapped.field_with_name(&field.name).is_err());
    absent.map(|field| Misfit {
        index: None,
        code: "OFT-C018",
        message: format!("the destination requires `{}`, which is not mapped", field.name),
        remedy: None,
        field: field.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::FieldType;
    use arrow_schema::{DataType, Field as Column};

    fn field(name: &str, kind: FieldType, required: bool, read_only: bool) -> Field {
        Field {
            name: name.into(),
            label: String::new(),
            kind,
            required,
            read_only,
            unique: false,
            multiple: false,
            partition: false,
            max_length: None,
            options: Vec::new(),
        }
    }

    #[test]
    fn every_misfit_is_named_at_once() {
        let fields = [
            field("email", FieldType::String, true, false),
            field("lastname", FieldType::String, true, false),
            field("createdate", FieldType::Datetime, false, true),
            field("age", FieldType::Number, false, false),
        ];
        let column = |name: &str, kind| Column::new(name, kind, true);
        let mapped = Schema::new(vec![
            column("email", DataType::Utf8),
            column("createdate", DataType::Date32),
            column("age", DataType::Utf8),
            column("agee", DataType::Int64),
        ]);
        let codes = |operation| {
            let misfits = check(&mapped, &fields, &["email".to_owned()], operation);
            misfits.iter().map(|misfit| (misfit.index, misfit.code)).collect::<Vec<_>>()
        };
        let with_any = [&fields[..], &[field("*", FieldType::Json, false, false)]].concat();
        let open = check(&mapped, &with_any, &["email".to_owned()], Operation::Update);
        assert!(open.iter().all(|misfit| misfit.code != "OFT-C014"), "{open:?}");
        let own = [(Some(1), "OFT-C016"), (Some(2), "OFT-C017"), (Some(3), "OFT-C014")];
        assert_eq!(codes(Operation::Update), own);
        assert_eq!(codes(Operation::Upsert), [own.as_slice(), &[(None, "OFT-C018")]].concat());
    }
}
