//! A match key as a person types it. Its digest depends on what the value is in the source, which typing does not say: `17` may be
//! text or a number. So a typed key has several digests, of which a state knows at most a few.

use std::collections::HashSet;

use arrow_buffer::i256;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::cell::Cell;
use crate::digest::{KeyDigest, Seed, key_digest};

/// Digests of a key of several fields multiply.
const DIGESTS_MAX: usize = 1_000;
/// Digits of a decimal that is tried as such.
const DECIMAL_DIGITS_MAX: usize = 38;

/// Every digest that the typed key may have: one value, or a JSON object of the match fields.
pub fn digests(seed: Seed, match_keys: &[String], typed: &str) -> HashSet<KeyDigest> {
    let fields: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(typed).ok();
    let values: Vec<String> = match (&fields, match_keys) {
        (None, [_]) => vec![typed.to_owned()],
        (None, _) => return HashSet::new(),
        (Some(fields), keys) => keys.iter().filter_map(|key| fields.get(key).map(plain)).collect(),
    };
    if values.len() != match_keys.len() {
        return HashSet::new();
    }
    let readings: Vec<Vec<Cell<'_>>> = values.iter().map(|value| readings(value)).collect();
    let mut combined: Vec<Vec<Cell<'_>>> = vec![Vec::new()];
    for cells in readings {
        let longer = combined.iter().flat_map(|start| {
            cells.iter().map(move |cell| start.iter().cloned().chain([cell.clone()]).collect::<Vec<_>>())
        });
        combined = longer.take(DIGESTS_MAX).collect();
    }
    let mut scratch = Vec::new();
    combined.into_iter().filter_map(|cells| key_digest(seed, cells.into_iter(), &mut scratch)).collect()
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the source may call this.
fn readings(typed: &str) -> Vec<Cell<'_>> {
    let mut cells = vec![Cell::Text(typed)];
    cells.extend(typed.parse().ok().map(Cell::Int));
    cells.extend(typed.parse().ok().map(Cell::UInt));
    cells.extend(typed.parse().ok().map(Cell::Float));
    cells.extend(typed.parse().ok().map(Cell::Bool));
    cells.extend(decimal(typed));
    let days = typed.parse::<Date>().ok().and_then(|date| date.since(Date::constant(1970, 1, 1)).ok());
    cells.extend(days.map(|span| Cell::Date(span.get_days().into())));
    let at = typed.parse::<Timestamp>().ok();
    cells.extend(at.and_then(|at| Some(Cell::Timestamp(at.as_second(), u32::try_from(at.subsec_nanosecond()).ok()?))));
    cells
}

fn decimal(typed: &str) -> Option<Cell<'static>> {
    let (whole, fraction) = typed.split_once('.').unwrap_or((typed, ""));
    let digits = format!("{whole}{fraction}");
    let scale = i8::try_from(fraction.len()).ok()?;
    let mantissa: i128 = digits.parse().ok().filter(|_| digits.len() <= DECIMAL_DIGITS_MAX)?;
    Some(Cell::Decimal(i256::from_i128(mantissa), scale))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
    use arrow_schema::{Field, Schema};

    use super::*;
    use crate::digest::Digester;

    fn in_a_table(columns: Vec<ArrayRef>) -> KeyDigest {
        let fields: Vec<Field> = columns.iter().map(|array| Field::new("k", array.data_type().clone(), true)).collect();
        let keys: Vec<usize> = (0..columns.len()).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        Digester::new(Seed(7), &[], &keys).batch(&batch).unwrap()[0].key.unwrap()
    }

    #[test]
    fn a_typed_key_is_found_whatever_its_type() {
        let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
        let cases: [(Vec<ArrayRef>, &[&str], &str); 7] = [
            (vec![text("ada@example.com")], &["email"], "ada@example.com"),
            (vec![text("17")], &["id"], "17"),
            (vec![Arc::new(Int64Array::from(vec![17]))], &["id"], "17"),
            (vec![Arc::new(Int64Array::from(vec![-17]))], &["id"], "{\"id\":-17}"),
            (vec![Arc::new(Date32Array::from(vec![-5_000]))], &["day"], "1956-04-24"),
            (vec![Arc::new(TimestampMillisecondArray::from(vec![1_500]))], &["at"], "1970-01-01T00:00:01.5Z"),
            (
                vec![text("se"), Arc::new(Int64Array::from(vec![3]))],
                &["country", "id"],
                "{\"id\":3,\"country\":\"se\"}",
            ),
        ];
        for (columns, keys, typed) in cases {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            let own = in_a_table(columns);
            assert!(digests(Seed(7), &keys, typed).contains(&own), "{typed}");
            assert!(!digests(Seed(8), &keys, typed).contains(&own), "{typed}");
        }
        assert!(digests(Seed(7), &["a".to_owned(), "b".to_owned()], "one").is_empty());
    }
}
