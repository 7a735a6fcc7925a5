//! Partition: rows whose records lock each other at the destination go side by side, and never in two calls at once.
//!
//! Some vendors lock a record's parent while they write it: two calls that write children of one parent refuse each other's rows.

use xxhash_rust::xxh3::xxh3_64;

use crate::cell::UnsupportedType;
use crate::diff::{Change, Diff};
use crate::ndjson::RowEncoder;

/// Stands for one value of a field whose rows lock each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lock(u64);

/// What a row locks, by an encoder of the locking fields alone. A null locks nothing.
pub(crate) fn locks(partition: &RowEncoder, row: usize) -> Vec<Lock> {
    let values = partition.values(row).into_iter().filter(|(_, value)| value != "null");
    // The names keep apart what two fields hold.
    values.map(|(field, value)| Lock(xxh3_64(format!("{field}={value}").as_bytes()))).collect()
}

/// Puts rows that lock the same beside each other, so that few calls have to wait for others. Those in doubt stay first.
///
/// # Errors
/// [`UnsupportedType`] when a column's type cannot be sent.
pub fn gather(changes: &mut [Change], diff: &Diff, fields: &[String]) -> Result<(), UnsupportedType> {
    let encoders: Vec<RowEncoder> = diff.encoders()?.iter().map(|encoder| encoder.only(fields)).collect();
    changes.sort_by_cached_key(|change| {
        let (batch, row) = Diff::row(change);
        (!change.in_doubt, encoders.get(batch).map(|encoder| locks(encoder, row)))
    });
    Ok(())
}
