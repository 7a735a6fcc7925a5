//! Which source types a destination field takes, decided before anything is read.
//!
//! Nothing is converted on the way: what cannot be taken as it is needs an SQL expression in the
//! mapping, where the analyst sees what happens to the value.

use arrow_schema::DataType;

use crate::cell;
use crate::object::{Field, FieldType};

/// Why a column cannot go into a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The reason, in words.
    pub reason: String,
    /// An SQL expression that would fit, with `{}` for the column.
    pub remedy: Option<&'static str>,
}

/// Says whether values of `source` fit `field`.
///
/// # Errors
/// [`Mismatch`] with the reason and, where there is one, the cast that would fit.
pub fn check(source: &DataType, field: &Field) -> Result<(), Mismatch> {
    let source = unwrap_dictionary(source);
    if let Err(unsupported) = cell::supported(source) {
        return Err(Mismatch { reason: unsupported.to_string(), remedy: Some("CAST({} AS VARCHAR)") });
    }
    if fits(source, field) {
        return Ok(());
    }
    Err(Mismatch {
        reason: format!("a {source} column does not fit the {} field `{}`", field.kind.as_str(), field.name),
        remedy: remedy(source, field.kind),
    })
}

fn unwrap_dictionary(source: &DataType) -> &DataType {
    match source {
        DataType::Dictionary(_, values) => values,
        other => other,
    }
}

fn fits(source: &DataType, field: &Field) -> bool {
    if matches!(source, DataType::Null) {
        return true;
    }
    let text = matches!(source, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let boolean = matches!(source, DataType::Boolean);
    let date = matches!(source, DataType::Date32 | DataType::Date64);
    match field.kind {
        FieldType::Json => true,
        FieldType::String => !source.is_nested(),
        FieldType::Number => source.is_numeric(),
        FieldType::Integer => source.is_integer(),
        FieldType::Boolean => boolean,
        FieldType::Date => date,
        FieldType::Datetime => date || matches!(source, DataType::Timestamp(_, _)),
        FieldType::Enumeration => text || boolean || source.is_integer() || (field.multiple && is_text_list(source)),
    }
}

fn is_text_list(source: &DataType) -> bool {
    match source {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            matches!(unwrap_dictionary(item.data_type()), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        }
        _ => false,
    }
}

fn remedy(source: &DataType, field: FieldType) -> Option<&'static str> {
    match field {
        FieldType::String | FieldType::Enumeration if source.is_nested() => Some("array_to_string({}, ';')"),
        FieldType::Enumeration => Some("CAST({} AS VARCHAR)"),
        FieldType::Number => Some("TRY_CAST({} AS DOUBLE)"),
        FieldType::Integer => Some("TRY_CAST({} AS BIGINT)"),
        FieldType::Boolean => Some("CAST({} AS BOOLEAN)"),
        FieldType::Date => Some("CAST({} AS DATE)"),
        FieldType::Datetime => Some("CAST({} AS TIMESTAMP)"),
        FieldType::String | FieldType::Json => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::{Field as ArrowField, TimeUnit};
    use std::sync::Arc;

    fn field(kind: FieldType) -> Field {
        Field {
            name: "f".into(),
            label: String::new(),
            kind,
            required: false,
            read_only: false,
            unique: false,
            multiple: true,
            partition: false,
            max_length: None,
            options: Vec::new(),
        }
    }

    #[test]
    fn only_conversions_without_loss_are_taken() {
        let list = DataType::List(Arc::new(ArrowField::new("item", DataType::Utf8, true)));
        let stamp = DataType::Timestamp(TimeUnit::Microsecond, None);
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let cases = [
            (DataType::Utf8, FieldType::String, true),
            (dictionary, FieldType::String, true),
            (DataType::Utf8, FieldType::Number, false),
            (DataType::Utf8, FieldType::Date, false),
            (DataType::Decimal128(10, 2), FieldType::Number, true),
            (DataType::Float64, FieldType::Integer, false),
            (DataType::Date32, FieldType::Datetime, true),
            (stamp.clone(), FieldType::Date, false),
            (stamp, FieldType::Datetime, true),
            (list.clone(), FieldType::Enumeration, true),
            (list.clone(), FieldType::String, false),
            (list, FieldType::Json, true),
            (DataType::Null, FieldType::Date, true),
        ];
        for (source, kind, fits) in cases {
            assert_eq!(check(&source, &field(kind)).is_ok(), fits, "{source} -> {}", kind.as_str());
        }
    }

    #[test]
    fn intervals_are_refused_with_a_remedy() {
        let interval = DataType::Interval(arrow_schema::IntervalUnit::MonthDayNano);
        let mismatch = check(&interval, &field(FieldType::String)).unwrap_err();
        assert_eq!(mismatch.remedy, Some("CAST({} AS VARCHAR)"));
    }
}
