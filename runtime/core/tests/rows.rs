//! What does a connector get for a value, and what is compared, set apart, batched?

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringArray, Time64NanosecondArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{Field, Schema};
use offtake_core::batch::{Caps, Doubts, Fields, Identity, Reason, Removal, Step, Writes, removals};
use offtake_core::choose::{Chosen, Selection, Standing, choose, plan_id};
use offtake_core::diff::{Diff, InvalidReason, Scan};
use offtake_core::digest::{Digester, KeyDigest, RowDigest, Seed};
use offtake_core::known::Known;
use offtake_core::mode::{Mode, OnDelete};
use offtake_core::ndjson::RowEncoder;
use offtake_core::object::Operation;
use offtake_core::ports::Intent;
use offtake_core::run::RunId;
use proptest::prelude::*;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn encoded(array: ArrayRef) -> String {
    let mut out = String::new();
    match RowEncoder::new(&batch(vec![("f", array)])).unwrap().write(0, &mut out) {
        Ok(()) => out,
        Err(error) => {
            assert!(out.is_empty(), "nothing is left of a row that failed");
            error.to_string()
        }
    }
}

#[test]
fn v3_to_v7_values_as_a_connector_gets_them() {
    let decimal = |mantissa: i128, scale| {
        Arc::new(Decimal128Array::from(vec![mantissa]).with_precision_and_scale(38, scale).unwrap()) as ArrayRef
    };
    let stamp = |micros| Arc::new(TimestampMicrosecondArray::from(vec![micros])) as ArrayRef;
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(Int64Array::from(vec![1 << 53])), "9007199254740992"),
        (Arc::new(Int64Array::from(vec![(1 << 53) + 1])), "\"9007199254740993\""),
        (Arc::new(Int64Array::from(vec![i64::MIN])), "\"-9223372036854775808\""),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), "\"18446744073709551615\""),
        (Arc::new(Float64Array::from(vec![0.1])), "0.1"),
        (Arc::new(Float64Array::from(vec![5e-324])), "5e-324"),
        (Arc::new(Float64Array::from(vec![f64::NAN])), "\"NaN\""),
        (Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])), "\"-Infinity\""),
        (decimal(1_250, 2), "\"12.50\""),
        (decimal(-5, 3), "\"-0.005\""),
        (decimal(12, -2), "\"1200\""),
        (decimal(0, -2), "\"0\""),
        (Arc::new(BooleanArray::from(vec![true])), "true"),
        (Arc::new(StringArray::from(vec!["a\"\\\n\u{0}é👋\u{202e}"])), "\"a\\\"\\\\\\n\\u0000é👋\u{202e}\""),
        (Arc::new(StringArray::from(vec![None::<&str>])), "null"),
        (Arc::new(BinaryArray::from(vec![&[0_u8, 255, 16][..]])), "\"AP8Q\""),
        (Arc::new(Date32Array::from(vec![-5_000])), "\"1956-04-24\""),
        (Arc::new(Time64NanosecondArray::from(vec![49_500_500_000_000])), "\"13:45:00.5\""),
        (stamp(0), "\"1970-01-01T00:00:00Z\""),
        (stamp(-1), "\"1969-12-31T23:59:59.999999Z\""),
        (stamp(253_402_300_799_999_999), "\"9999-12-31T23:59:59.999999Z\""),
        (stamp(-62_135_596_800_000_000), "\"0001-01-01T00:00:00Z\""),
        (stamp(-62_198_755_200_000_000), "\"-000001-01-01T00:00:00Z\""),
    ];
    for (array, expected) in cases {
        assert_eq!(encoded(array), format!("{{\"f\":{expected}}}\n"));
    }
    for micros in [i64::MIN, 253_402_300_800_000_000, i64::MAX] {
        assert!(encoded(stamp(micros)).contains("outside the years"), "{micros}");
    }
    assert!(encoded(Arc::new(Date32Array::from(vec![i32::MAX]))).contains("outside the years"));
}

type Row = (Option<String>, i64);

fn rows(rows: &[Row]) -> RecordBatch {
    batch(vec![
        ("key", Arc::new(rows.iter().map(|(key, _)| key.clone()).collect::<StringArray>()) as ArrayRef),
        ("value", Arc::new(rows.iter().map(|(_, value)| *value).collect::<Int64Array>())),
    ])
}

fn digester() -> Digester {
    Digester::new(Seed(3), &[("key", 0), ("value", 1)], &[0])
}

fn diff(source: &[&[Row]], known: &Known) -> Diff {
    let scans = source.iter().map(|partition| {
        let mut scan = Scan::default();
        for batch in partition.chunks(3) {
            scan.take(&rows(batch), &digester(), known).unwrap();
        }
        scan
    });
    Diff::of(scans.collect(), known).unwrap()
}

/// What the destination would have acknowledged after these rows.
fn acknowledged(table: &[Row]) -> Known {
    let mut pairs: Vec<(u128, u64)> = digester()
        .batch(&rows(table))
        .unwrap()
        .into_iter()
        .filter_map(|digests| Some((digests.key?.0, digests.row.0)))
        .collect();
    pairs.sort_unstable();
    let (keys, digests) = pairs.into_iter().unzip();
    Known::from_sorted(Seed(3), keys, digests)
}

fn row(key: &str, value: i64) -> Row {
    (Some(key.to_owned()), value)
}

#[test]
fn every_kind_of_row_is_told_apart() {
    let known = acknowledged(&[row("same", 1), row("changed", 1), row("gone", 1), row("twice", 1)]);
    let source = [row("same", 1), row("changed", 2), row("new", 1), row("twice", 1), row("twice", 2), (None, 5)];
    let diff = diff(&[&source], &known);
    assert_eq!((diff.source_rows, diff.unchanged, diff.invalid_rows), (6, 1, 3));
    assert_eq!(diff.changes.iter().filter(|change| change.before.is_some()).count(), 1);
    assert_eq!(diff.changes.len(), 2);
    assert_eq!(diff.removed.len(), 1, "a row that is there twice is not gone");
    assert!(diff.invalid.iter().any(|row| row.reason == InvalidReason::NoKey && row.record.contains("5")));
}

#[test]
fn repeated_keys_are_set_apart_wherever_they_stand() {
    let a = [row("x", 1), row("y", 1)];
    let b = [row("x", 1)];
    for known in [Known::empty(Seed(3)), acknowledged(&[row("x", 1)]), acknowledged(&[row("x", 9)])] {
        let diff = diff(&[&a, &b], &known);
        assert_eq!((diff.invalid_rows, diff.unchanged, diff.changes.len(), diff.removed.len()), (2, 0, 1, 0));
    }
}

fn steps_as(diff: &Diff, caps: Caps, sync: &str, run: u128, doubts: &Doubts) -> Vec<Step> {
    let identity = Identity { sync, operation: Operation::Upsert, run: RunId(run), doubts };
    let fields = Fields { match_keys: &["key".to_owned()], skip_nulls: &[], partition: &[] };
    Writes::new(diff, &diff.changes, fields, caps, identity).unwrap().collect()
}

fn steps(diff: &Diff, caps: Caps) -> Vec<Step> {
    steps_as(diff, caps, "s", 1, &Doubts::new())
}

#[test]
fn batches_keep_to_both_caps_and_refuse_what_fits_none() {
    let long = row(&"x".repeat(500), 1);
    let source: Vec<Row> = (0..25).map(|n| row(&format!("k{n}"), n)).chain([long]).collect();
    let diff = diff(&[&source], &Known::empty(Seed(3)));
    let steps = steps(&diff, Caps { rows: 10, bytes: 150 });
    let mut sent = 0;
    let mut refused = 0;
    for step in &steps {
        match step {
            Step::Send(batch) => {
                assert!(batch.rows.len() <= 10 && batch.ndjson.len() <= 150 && !batch.rows.is_empty());
                assert_eq!(batch.ndjson.lines().count(), batch.rows.len());
                sent += batch.rows.len();
                let (left, right) = batch.halves();
                assert_eq!(format!("{}{}", left.ndjson, right.ndjson), batch.ndjson);
            }
            Step::Refuse(row) => {
                assert!(row.message.contains("150"));
                refused += 1;
            }
        }
    }
    assert_eq!((sent, refused), (25, 1));
}

#[test]
fn idempotency_keys_name_the_change_and_the_run_that_tried_it_first() {
    let key_of = |value, sync, run, doubts: &Doubts| {
        let diff = diff(&[&[row("a", value)]], &Known::empty(Seed(3)));
        match steps_as(&diff, Caps { rows: 1, bytes: 999 }, sync, run, doubts).first() {
            Some(Step::Send(batch)) => (batch.rows[0].idempotency_key.clone(), batch.intents(false).remove(0)),
            other => panic!("{other:?}"),
        }
    };
    let none = Doubts::new();
    let (first, intent) = key_of(1, "s", 1, &none);
    assert_eq!((first.len(), &first), (32, &key_of(1, "s", 1, &none).0));
    for (value, sync, run) in [(2, "s", 1), (1, "t", 1), (1, "s", 2)] {
        assert_ne!(first, key_of(value, sync, run, &none).0, "{value} {sync} {run}");
    }
    let doubts = Doubts::from([(intent.key, intent.clone())]);
    let (again, repeated) = key_of(1, "s", 2, &doubts);
    assert_eq!((again, &repeated), (first, &intent), "the same change after a crash");
    assert_eq!(key_of(2, "s", 2, &doubts), key_of(2, "s", 2, &none), "another value is another change");
    let deleting = Doubts::from([(intent.key, Intent { operation: Operation::Delete, ..intent })]);
    assert_eq!(key_of(1, "s", 2, &deleting), key_of(1, "s", 2, &none));
}

#[test]
fn rows_in_doubt_go_first_whatever_their_value() {
    let table = [row("a", 1), row("b", 1), row("c", 1)];
    let known = acknowledged(&table);
    let mut keys: Vec<KeyDigest> = known.unseen().collect();
    let doubt = keys.remove(1);
    let digests = |known: &Known| (known.digest(keys[0]).unwrap().0, known.digest(doubt).unwrap().0);
    let (other, own) = digests(&known);
    let last = known.digest(keys[1]).unwrap().0;
    let all = vec![keys[0].0, doubt.0, keys[1].0];
    let known = Known::from_sorted_with_doubts(Seed(3), all, vec![other, own, last], &[doubt]);
    let diff = diff(&[&table, &[row("0", 1), row("z", 1)]], &known);
    assert_eq!((diff.unchanged, diff.changes.len(), diff.changes[0].key), (2, 3, doubt));
    assert!(diff.changes[0].in_doubt && diff.changes[1].key < diff.changes[2].key);
}

/// Mode, removals, what was asked for, what is known; and how many are written, removed, kept, held.
type Case<'a> = (Mode, OnDelete, Selection, &'a Standing, (usize, usize, u64, u64));

#[test]
fn each_mode_sends_its_own_rows() {
    let known = acknowledged(&[row("same", 1), row("changed", 1), row("gone", 1)]);
    let diff = diff(&[&[row("same", 1), row("changed", 2), row("new", 1)]], &known);
    let new = diff.changes.iter().find(|change| change.before.is_none()).unwrap();
    let refused = Standing { left: [new.key].into(), ignored: [(new.key, new.digest)].into() };
    let corrected = Standing { ignored: [(new.key, RowDigest(0))].into(), ..refused.clone() };
    let none = Standing::default();
    let cases: [Case<'_>; 9] = [
        (Mode::Upsert, OnDelete::Ignore, Selection::All, &none, (2, 0, 1, 0)),
        (Mode::Upsert, OnDelete::Delete, Selection::All, &none, (2, 1, 0, 0)),
        (Mode::Upsert, OnDelete::Clear, Selection::All, &none, (2, 1, 0, 0)),
        (Mode::Insert, OnDelete::Ignore, Selection::All, &none, (1, 0, 2, 0)),
        (Mode::Append, OnDelete::Ignore, Selection::All, &none, (1, 0, 2, 0)),
        (Mode::Mirror, OnDelete::Delete, Selection::All, &refused, (1, 1, 1, 0)),
        (Mode::Mirror, OnDelete::Delete, Selection::All, &corrected, (2, 1, 0, 0)),
        (Mode::Mirror, OnDelete::Delete, Selection::Left, &corrected, (1, 0, 0, 2)),
        (Mode::Mirror, OnDelete::Delete, Selection::Keys(diff.removed.iter().copied().collect()), &none, (0, 1, 0, 2)),
    ];
    for (mode, on_delete, selection, standing, expected) in cases {
        let Chosen { changes, removed, kept, held, .. } = choose(&diff, mode, on_delete, &selection, standing);
        assert_eq!((changes.len(), removed.len(), kept, held), expected, "{mode:?} {on_delete:?} {selection:?}");
    }
}

#[test]
fn a_plan_is_another_when_anything_about_it_is() {
    let plan_of = |source: &[Row], mode, on_delete, target| {
        let known = acknowledged(&[row("same", 1), row("changed", 1), row("gone", 1)]);
        let diff = diff(&[source], &known);
        let chosen = choose(&diff, mode, on_delete, &Selection::All, &Standing::default());
        plan_id(&diff, &chosen, mode, on_delete, target)
    };
    let source = [row("same", 1), row("changed", 2)];
    let plan = plan_of(&source, Mode::Upsert, OnDelete::Clear, "t");
    assert_eq!(plan, plan_of(&source, Mode::Upsert, OnDelete::Clear, "t"));
    let others = [
        plan_of(&source, Mode::Upsert, OnDelete::Delete, "t"),
        plan_of(&source, Mode::Upsert, OnDelete::Ignore, "t"),
        plan_of(&source, Mode::Update, OnDelete::Clear, "t"),
        plan_of(&source, Mode::Upsert, OnDelete::Clear, "u"),
        plan_of(&[row("same", 1), row("changed", 3)], Mode::Upsert, OnDelete::Clear, "t"),
        plan_of(&[row("same", 1)], Mode::Upsert, OnDelete::Clear, "t"),
    ];
    assert!(!others.contains(&plan), "{others:?}");
    let emptied = plan_of(&[], Mode::Upsert, OnDelete::Ignore, "t");
    assert_ne!(emptied, plan_of(&[row("gone", 1)], Mode::Upsert, OnDelete::Ignore, "t"), "rows to be forgotten count");
}

#[test]
fn removals_carry_the_match_keys_alone() {
    let removed: Vec<Removal> = (0..5)
        .map(|n| Removal {
            key: KeyDigest(n),
            match_values: format!("{{\"key\":{n}}}"),
            remote_id: Some(n.to_string()),
        })
        .collect();
    let none = Doubts::new();
    let identity = Identity { sync: "s", operation: Operation::Delete, run: RunId(1), doubts: &none };
    let batches = removals(&removed, &[], Caps { rows: 2, bytes: 999 }, identity);
    assert_eq!(batches.iter().map(|batch| batch.rows.len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(batches[0].ndjson, "{\"key\":0}\n{\"key\":1}\n");
    assert!(batches.iter().flat_map(|batch| &batch.rows).all(|row| row.reason == Reason::Removed));
    let cleared = removals(&removed, &["na\"me".to_owned()], Caps { rows: 9, bytes: 999 }, identity);
    assert_eq!(cleared[0].ndjson.lines().next(), Some("{\"key\":0,\"na\\\"me\":null}"));
}

proptest! {
    /// Against a plain model: sorted maps and counting.
    #[test]
    fn v11_the_diff_is_what_a_map_would_say(
        before in prop::collection::btree_map(0_u8..30, 0_i64..4, 0..20),
        after in prop::collection::vec((0_u8..30, 0_i64..4), 0..40),
        split in 0_usize..40,
    ) {
        let name = |key: u8| format!("k{key}");
        let table: Vec<Row> = before.iter().map(|(key, value)| row(&name(*key), *value)).collect();
        let known = acknowledged(&table);
        let source: Vec<Row> = after.iter().map(|(key, value)| row(&name(*key), *value)).collect();
        let (left, right) = source.split_at(split.min(source.len()));
        let diff = diff(&[left, right], &known);

        let copies = |key: u8| after.iter().filter(|(other, _)| *other == key).count();
        let single: Vec<&(u8, i64)> = after.iter().filter(|(key, _)| copies(*key) == 1).collect();
        let unchanged = single.iter().filter(|(key, value)| before.get(key) == Some(value)).count();
        let added = single.iter().filter(|(key, _)| !before.contains_key(key)).count();
        let removed = before.keys().filter(|key| copies(**key) == 0).count();
        prop_assert_eq!(diff.source_rows, after.len() as u64);
        prop_assert_eq!(diff.invalid_rows, (after.len() - single.len()) as u64);
        prop_assert_eq!(diff.unchanged, unchanged as u64);
        prop_assert_eq!(diff.changes.iter().filter(|change| change.before.is_none()).count(), added);
        prop_assert_eq!(diff.changes.len(), single.len() - unchanged);
        prop_assert_eq!(diff.removed.len(), removed);
        prop_assert!(diff.changes.is_sorted_by_key(|change| change.key));
    }
}
