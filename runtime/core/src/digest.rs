//! Digests of match keys and of mapped records.
//!
//! A digest depends on what a value is, not on how the source stored it: an integer is the same
//! integer in 32 and in 64 bits, `-0.0` is `0.0`, every NaN is one NaN, `1.10` is `1.1`, and a timestamp
//! is a point in time whatever its unit. So a digest computed next to the data and one computed here agree.
//!
//! A cell's canonical bytes are a tag and a payload, little-endian (see [`write_canonical`]). A record's
//! digest is xxh3-64 over the cells' xxh3-64, fields in the order of their names, seeded by those names;
//! a key's digest is xxh3-128 over the length-prefixed canonical bytes of the match fields.

use arrow_array::RecordBatch;
use arrow_buffer::i256;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::cell::{Cell, Column, UnsupportedType};
use crate::run::RunId;

/// Seed of a sync's digests. Random for each state, so nobody who writes source rows can aim for a collision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// Digest of a match key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest(pub u128);

/// Digest of a mapped record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowDigest(pub u64);

/// Computes both digests for the batches of one sync.
#[derive(Debug, Clone)]
pub struct Digester {
    seed: Seed,
    record_seed: u64,
    /// Column indices in the order of field names.
    fields: Vec<usize>,
    /// Column indices of the match key.
    keys: Vec<usize>,
}

/// Both digests of one row; no key when a match field holds no usable value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowDigests {
    /// Absent when the key is null, blank or not a number.
    pub key: Option<KeyDigest>,
    /// Digest of all mapped fields, the key included.
    pub row: RowDigest,
}

// === impl Digester ===

impl Digester {
    /// `fields` are the mapped fields that make a record's digest, with their columns; `keys` the columns that make the match key.
    pub fn new(seed: Seed, fields: &[(&str, usize)], keys: &[usize]) -> Self {
        let mut order = fields.to_vec();
        order.sort_unstable();
        let mut names = Vec::new();
        for (name, _) in &order {
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        Self {
            seed,
            record_seed: xxh3_64_with_seed(&names, seed.0),
            fields: order.into_iter().map(|(_, column)| column).collect(),
            keys: keys.to_vec(),
        }
    }

    /// The digests of every row of a mapped batch.
    ///
    /// # Errors
    /// [`UnsupportedType`] when a column's type cannot be sent.
    pub fn batch(&self, batch: &RecordBatch) -> Result<Vec<RowDigests>, UnsupportedType> {
        let columns = batch.columns().iter().map(Column::new).collect::<Result<Vec<_>, _>>()?;
        let fields: Vec<&Column> = self.fields.iter().filter_map(|index| columns.get(*index)).collect();
        let keys: Vec<&Column> = self.keys.iter().filter_map(|index| columns.get(*index)).collect();
        let mut scratch = Vec::with_capacity(256);
        let mut cells = Vec::with_capacity(fields.len() * 8);
        let digests = (0..batch.num_rows()).map(|row| {
            cells.clear();
            for column in &fields {
                cells.extend_from_slice(&self.cell(&column.cell(row), &mut scratch).to_le_bytes());
            }
            RowDigests {
                key: self.key(&keys, row, &mut scratch),
                row: RowDigest(xxh3_64_with_seed(&cells, self.record_seed)),
            }
        });
        Ok(digests.collect())
    }

    fn cell(&self, cell: &Cell<'_>, scratch: &mut Vec<u8>) -> u64 {
        scratch.clear();
        write_canonical(cell, scratch);
        xxh3_64_with_seed(scratch, self.seed.0)
    }

    fn key(&self, keys: &[&Column], row: usize, scratch: &mut Vec<u8>) -> Option<KeyDigest> {
        key_digest(self.seed, keys.iter().map(|column| column.cell(row)), scratch)
    }
}

/// The digest of a match key's values; none when one of them names no record.
pub(crate) fn key_digest<'a>(
    seed: Seed,
    cells: impl Iterator<Item = Cell<'a>>,
    scratch: &mut Vec<u8>,
) -> Option<KeyDigest> {
    scratch.clear();
    for cell in cells {
        if !identifies(&cell) {
            return None;
        }
        write_framed(&cell, scratch);
    }
    Some(KeyDigest(xxh3_128_with_seed(scratch, seed.0)))
}

/// Whether a value can name a record: null, blank text and NaN name none.
fn identifies(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Null => false,
        Cell::Text(text) => !text.trim().is_empty(),
        Cell::Float(float) => !float.is_nan(),
        _ => true,
    }
}

/// Appends the canonical bytes of a value.
pub fn write_canonical(cell: &Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.push(0),
        Cell::Bool(value) => out.extend_from_slice(&[1, u8::from(*value)]),
        Cell::Int(value) => tagged(out, 2, &value.to_le_bytes()),
        Cell::UInt(value) => match i64::try_from(*value) {
            Ok(small) => tagged(out, 2, &small.to_le_bytes()),
            Err(_) => tagged(out, 3, &value.to_le_bytes()),
        },
        Cell::Float(value) => tagged(out, 4, &canonical_float(*value).to_le_bytes()),
        Cell::Decimal(mantissa, scale) => {
            let (mantissa, scale) = strip_zeros(*mantissa, *scale);
            tagged(out, 5, &mantissa.to_le_bytes());
            out.extend_from_slice(&scale.to_le_bytes());
        }
        Cell::Text(text) => tagged(out, 6, text.as_bytes()),
        Cell::Binary(bytes) => tagged(out, 7, bytes),
        Cell::Date(days) => tagged(out, 8, &days.to_le_bytes()),
        Cell::Time(nanos) => tagged(out, 9, &nanos.to_le_bytes()),
        Cell::Timestamp(seconds, nanos) => {
            tagged(out, 10, &seconds.to_le_bytes());
            out.extend_from_slice(&nanos.to_le_bytes());
        }
        Cell::List(items, length) => {
            out.push(11);
            (0..*length).for_each(|row| write_framed(&items.cell(row), out));
        }
        Cell::Struct(fields, row) => {
            out.push(12);
            for (name, column) in *fields {
                write_framed(&Cell::Text(name), out);
                write_framed(&column.cell(*row), out);
            }
        }
        Cell::Map(entries, length) => {
            out.push(13);
            for row in 0..*length {
                write_framed(&entries.0.cell(row), out);
                write_framed(&entries.1.cell(row), out);
            }
        }
    }
}

fn tagged(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    out.push(tag);
    out.extend_from_slice(payload);
}

/// The canonical bytes behind their length, so that neighbours cannot run into each other.
fn write_framed(cell: &Cell<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    write_canonical(cell, out);
    let length = (out.len() - start - 8) as u64;
    if let Some(slot) = out.get_mut(start..start + 8) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
}

fn canonical_float(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits() & !(1 << 63)
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}

/// Removes trailing zeros; zero itself has scale 0.
fn strip_zeros(mantissa: i256, scale: i8) -> (i256, i8) {
    if mantissa == i256::ZERO {
        return (mantissa, 0);
    }
    if let Some(mut small) = mantissa.to_i128() {
        let mut scale = scale;
        while small % 10 == 0 && scale > i8::MIN {
            small /= 10;
            scale -= 1;
        }
        return (i256::from_i128(small), scale);
    }
    let ten = i256::from_i128(10);
    let (mut mantissa, mut scale) = (mantissa, scale);
    while scale > i8::MIN && mantissa.checked_rem(ten) == Some(i256::ZERO) {
        mantissa = mantissa.checked_div(ten).unwrap_or(mantissa);
        scale -= 1;
    }
    (mantissa, scale)
}

/// The idempotency key of a change: 128 bits of blake3 over what makes the change this change. The run is the one that tried it
/// first: without it a value that comes back after another would carry the key of its first time, and a vendor that
/// remembers keys would answer from memory instead of writing it.
pub fn idempotency_key(sync: &str, key: KeyDigest, operation: &str, row: RowDigest, run: RunId) -> String {
    let mut hasher = blake3::Hasher::new();
    let parts =
        [sync.as_bytes(), &key.0.to_le_bytes(), operation.as_bytes(), &row.0.to_le_bytes(), &run.0.to_le_bytes()];
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let hex = hasher.finalize().to_hex();
    hex.chars().take(32).collect()
}
