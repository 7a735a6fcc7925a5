//! Is the digest of a value the same for ever, and does it depend on the value alone?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests stand outside of test functions")]

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, ListBuilder, MapBuilder, StringBuilder, StringDictionaryBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Decimal256Array,
    Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
    NullArray, RecordBatch, StringArray, StringViewArray, StructArray, Time32SecondArray, Time64NanosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array,
    UInt64Array,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, Schema};
use offtake_core::cell::Column;
use offtake_core::digest::{Digester, RowDigests, Seed, write_canonical};

fn decimal(mantissa: i128, scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from(vec![mantissa]).with_precision_and_scale(38, scale).unwrap())
}

fn list(items: &[Option<&str>]) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    items.iter().for_each(|item| builder.values().append_option(*item));
    builder.append(true);
    Arc::new(builder.finish())
}

fn map() -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    builder.keys().append_value("k");
    builder.values().append_value("v");
    builder.append(true).unwrap();
    Arc::new(builder.finish())
}

fn dictionary(text: &str) -> ArrayRef {
    let mut builder = StringDictionaryBuilder::<Int8Type>::new();
    builder.append_value("other");
    builder.append_value(text);
    Arc::new(builder.finish().slice(1, 1))
}

fn fixed(bytes: &[u8]) -> ArrayRef {
    let mut builder = FixedSizeBinaryBuilder::new(i32::try_from(bytes.len()).unwrap());
    builder.append_value(bytes).unwrap();
    Arc::new(builder.finish())
}

fn record() -> ArrayRef {
    let fields = vec![
        (Arc::new(Field::new("a", DataType::Int32, true)), Arc::new(Int32Array::from(vec![1])) as ArrayRef),
        (Arc::new(Field::new("b", DataType::Utf8, true)), Arc::new(StringArray::from(vec![None::<&str>])) as ArrayRef),
    ];
    Arc::new(StructArray::from(fields))
}

/// Groups of spellings of one value. The first of each group is in the golden file.
fn values() -> Vec<(&'static str, Vec<ArrayRef>)> {
    [numbers(), decimals_and_texts(), times_and_nested()].concat()
}

fn numbers() -> Vec<(&'static str, Vec<ArrayRef>)> {
    vec![
        (
            "null",
            vec![
                Arc::new(NullArray::new(1)),
                Arc::new(Int32Array::from(vec![None])),
                Arc::new(StringArray::from(vec![None::<&str>])),
            ],
        ),
        ("false", vec![Arc::new(BooleanArray::from(vec![false]))]),
        ("true", vec![Arc::new(BooleanArray::from(vec![true]))]),
        (
            "int 5",
            vec![
                Arc::new(Int8Array::from(vec![5])),
                Arc::new(Int16Array::from(vec![5])),
                Arc::new(Int32Array::from(vec![5])),
                Arc::new(Int64Array::from(vec![5])),
                Arc::new(UInt8Array::from(vec![5])),
                Arc::new(UInt64Array::from(vec![5])),
            ],
        ),
        ("int -1", vec![Arc::new(Int8Array::from(vec![-1])), Arc::new(Int64Array::from(vec![-1]))]),
        ("int min", vec![Arc::new(Int64Array::from(vec![i64::MIN]))]),
        ("int 2^53+1", vec![Arc::new(Int64Array::from(vec![(1 << 53) + 1]))]),
        ("uint max", vec![Arc::new(UInt64Array::from(vec![u64::MAX]))]),
        (
            "float 0",
            vec![
                Arc::new(Float64Array::from(vec![0.0])),
                Arc::new(Float64Array::from(vec![-0.0])),
                Arc::new(Float32Array::from(vec![-0.0])),
            ],
        ),
        (
            "float 1.5",
            vec![
                Arc::new(Float64Array::from(vec![1.5])),
                Arc::new(Float32Array::from(vec![1.5])),
                Arc::new(Float16Array::from(vec![half::f16::from_f32(1.5)])),
            ],
        ),
        (
            "float nan",
            vec![
                Arc::new(Float64Array::from(vec![f64::NAN])),
                Arc::new(Float64Array::from(vec![-f64::NAN])),
                Arc::new(Float64Array::from(vec![f64::from_bits(0x7ff8_0000_0000_dead)])),
                Arc::new(Float32Array::from(vec![f32::NAN])),
            ],
        ),
        (
            "float inf",
            vec![Arc::new(Float64Array::from(vec![f64::INFINITY])), Arc::new(Float32Array::from(vec![f32::INFINITY]))],
        ),
        ("float tiny", vec![Arc::new(Float64Array::from(vec![5e-324]))]),
        ("float huge", vec![Arc::new(Float64Array::from(vec![1e308]))]),
    ]
}

fn decimals_and_texts() -> Vec<(&'static str, Vec<ArrayRef>)> {
    vec![
        (
            "decimal 1.1",
            vec![decimal(11, 1), decimal(110, 2), decimal(1_100_000, 6), {
                let wide = Decimal256Array::from(vec![i256::from_i128(1_100)]);
                Arc::new(wide.with_precision_and_scale(76, 3).unwrap())
            }],
        ),
        ("decimal 0", vec![decimal(0, 0), decimal(0, 9), decimal(0, -3)]),
        ("decimal -1000", vec![decimal(-1_000, 0), decimal(-1, -3), decimal(-100_000, 2)]),
        (
            "decimal 2^200",
            vec![Arc::new(
                Decimal256Array::from(vec![i256::from_parts(0, 1 << 72)]).with_precision_and_scale(76, 0).unwrap(),
            )],
        ),
        ("text empty", vec![Arc::new(StringArray::from(vec![""])), Arc::new(LargeStringArray::from(vec![""]))]),
        (
            "text é 👋",
            vec![
                Arc::new(StringArray::from(vec!["é 👋"])),
                Arc::new(LargeStringArray::from(vec!["é 👋"])),
                Arc::new(StringViewArray::from(vec!["é 👋"])),
                dictionary("é 👋"),
            ],
        ),
        ("text combining é", vec![Arc::new(StringArray::from(vec!["e\u{301}"]))]),
        ("binary 00ff", vec![Arc::new(BinaryArray::from(vec![&[0_u8, 255][..]])), fixed(&[0, 255])]),
    ]
}

fn times_and_nested() -> Vec<(&'static str, Vec<ArrayRef>)> {
    let day_ms = 86_400_000;
    let zoned = TimestampMicrosecondArray::from(vec![-1_500_000]).with_timezone("+02:00");
    vec![
        ("date 1969-12-31", vec![Arc::new(Date32Array::from(vec![-1])), Arc::new(Date64Array::from(vec![-day_ms]))]),
        (
            "time 00:00:01",
            vec![
                Arc::new(Time32SecondArray::from(vec![1])),
                Arc::new(Time64NanosecondArray::from(vec![1_000_000_000])),
            ],
        ),
        (
            "timestamp 1969-12-31T23:59:58.5Z",
            vec![
                Arc::new(TimestampMillisecondArray::from(vec![-1_500])),
                Arc::new(TimestampMicrosecondArray::from(vec![-1_500_000])),
                Arc::new(TimestampNanosecondArray::from(vec![-1_500_000_000])),
                Arc::new(zoned),
            ],
        ),
        (
            "timestamp epoch",
            vec![Arc::new(TimestampSecondArray::from(vec![0])), Arc::new(TimestampNanosecondArray::from(vec![0]))],
        ),
        ("list a,null", vec![list(&[Some("a"), None])]),
        ("list empty", vec![list(&[])]),
        ("struct", vec![record()]),
        ("map", vec![map()]),
    ]
}

fn canonical(array: &ArrayRef) -> String {
    let mut bytes = Vec::new();
    write_canonical(&Column::new(array).unwrap().cell(0), &mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digests(seed: u64, names: &[&str], columns: Vec<ArrayRef>, keys: &[usize]) -> RowDigests {
    let fields: Vec<Field> =
        names.iter().zip(&columns).map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let fields: Vec<(&str, usize)> = names.iter().copied().zip(0..).collect();
    Digester::new(Seed(seed), &fields, keys).batch(&batch).unwrap()[0]
}

fn line(name: &str, array: &ArrayRef) -> String {
    let digest = digests(7, &["f"], vec![array.clone()], &[0]);
    let key = digest.key.map_or_else(|| "none".to_owned(), |key| format!("{:032x}", key.0));
    format!("{name} | {} | {:016x} | {key}", canonical(array), digest.row.0)
}

#[test]
fn v12_digests_are_those_of_the_golden_file() {
    let found: Vec<String> = values().iter().map(|(name, spellings)| line(name, &spellings[0])).collect();
    let golden = include_str!("../testdata/digests-1.txt");
    let golden: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(found, golden, "\na changed digest re-sends every row of every sync:\n{}", found.join("\n"));
}

#[test]
fn v3_v4_v5_the_way_of_storing_a_value_changes_nothing() {
    for (name, spellings) in values() {
        for spelling in &spellings {
            assert_eq!(line(name, spelling), line(name, &spellings[0]), "{}", spelling.data_type());
        }
    }
}

#[test]
fn different_values_differ() {
    let mut lines: Vec<String> = values().iter().map(|(_, spellings)| canonical(&spellings[0])).collect();
    let count = lines.len();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), count);
}

#[test]
fn order_of_fields_does_not_count_but_their_names_do() {
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let one = digests(1, &["a", "b"], vec![text("x"), text("y")], &[0]);
    assert_eq!(one.row, digests(1, &["b", "a"], vec![text("y"), text("x")], &[1]).row);
    assert_ne!(one.row, digests(1, &["b", "a"], vec![text("x"), text("y")], &[1]).row);
    assert_ne!(one.row, digests(1, &["a", "c"], vec![text("x"), text("y")], &[0]).row);
    assert_ne!(one.row, digests(2, &["a", "b"], vec![text("x"), text("y")], &[0]).row);
}

#[test]
fn parts_of_a_key_do_not_run_together() {
    let text = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
    let one = digests(1, &["a", "b"], vec![text("x"), text("yz")], &[0, 1]);
    assert_ne!(one.key, digests(1, &["a", "b"], vec![text("xy"), text("z")], &[0, 1]).key);
}

#[test]
fn v2_null_blank_and_nan_name_no_record() {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![None::<&str>])),
        Arc::new(StringArray::from(vec![""])),
        Arc::new(StringArray::from(vec![" \t"])),
        Arc::new(Float64Array::from(vec![f64::NAN])),
    ];
    for array in arrays {
        assert_eq!(digests(1, &["a"], vec![array], &[0]).key, None);
    }
    assert!(digests(1, &["a"], vec![Arc::new(Int32Array::from(vec![0]))], &[0]).key.is_some());
}
