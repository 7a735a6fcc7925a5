//! One value of a mapped record, read from an Arrow column without copying.
//!
//! Digest, match key, NDJSON and the samples of a plan all read cells through [`Column`], so what is
//! compared, sent and shown is the same value.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, LargeBinaryArray,
    LargeStringArray, MapArray, PrimitiveArray, StringArray, StringViewArray, StructArray,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A value, independent of how wide the source stored it.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any integer that fits 64 bits with sign.
    Int(i64),
    /// An unsigned integer; the digest makes no difference between it and [`Cell::Int`].
    UInt(u64),
    /// Any binary floating-point number, widened.
    Float(f64),
    /// `mantissa × 10^-scale`.
    Decimal(i256, i8),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// Days since 1970-01-01.
    Date(i64),
    /// Nanoseconds since midnight.
    Time(i64),
    /// Seconds since 1970-01-01T00:00:00Z, and nanoseconds of that second.
    Timestamp(i64, u32),
    /// The elements of a list.
    List(Column, usize),
    /// A struct's fields in schema order.
    Struct(&'a [(String, Column)], usize),
    /// A map's entries, keys beside values.
    Map(Box<(Column, Column)>, usize),
}

/// A column whose cells can be read, downcast once for all of its rows.
#[derive(Debug, Clone)]
pub struct Column {
    array: ArrayRef,
    values: Values,
}

/// The Arrow type has no place in a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("columns of type {0} cannot be sent")]
pub struct UnsupportedType(pub DataType);

#[derive(Debug, Clone)]
enum Values {
    Null,
    Bool(BooleanArray),
    Int8(PrimitiveArray<Int8Type>),
    Int16(PrimitiveArray<Int16Type>),
    Int32(PrimitiveArray<Int32Type>),
    Int64(PrimitiveArray<Int64Type>),
    UInt8(PrimitiveArray<UInt8Type>),
    UInt16(PrimitiveArray<UInt16Type>),
    UInt32(PrimitiveArray<UInt32Type>),
    UInt64(PrimitiveArray<UInt64Type>),
    Float16(PrimitiveArray<Float16Type>),
    Float32(PrimitiveArray<Float32Type>),
    Float64(PrimitiveArray<Float64Type>),
    Decimal32(PrimitiveArray<Decimal32Type>, i8),
    Decimal64(PrimitiveArray<Decimal64Type>, i8),
    Decimal128(PrimitiveArray<Decimal128Type>, i8),
    Decimal256(PrimitiveArray<Decimal256Type>, i8),
    Utf8(StringArray),
    LargeUtf8(LargeStringArray),
    Utf8View(StringViewArray),
    Binary(BinaryArray),
    LargeBinary(LargeBinaryArray),
    BinaryView(BinaryViewArray),
    FixedBinary(FixedSizeBinaryArray),
    Date32(PrimitiveArray<Date32Type>),
    Date64(PrimitiveArray<Date64Type>),
    /// Ticks of 32 or 64 bits and how many make a second.
    Time(Ticks, i64),
    Timestamp(Ticks, i64),
    Dictionary(Vec<Option<usize>>, Box<Column>),
    List(ArrayRef),
    Struct(Vec<(String, Column)>),
    Map(MapArray),
}

#[derive(Debug, Clone)]
enum Ticks {
    Narrow(arrow_buffer::ScalarBuffer<i32>),
    Wide(arrow_buffer::ScalarBuffer<i64>),
}

impl Ticks {
    fn get(&self, row: usize) -> i64 {
        match self {
            Self::Narrow(ticks) => ticks.get(row).copied().map_or(0, i64::from),
            Self::Wide(ticks) => ticks.get(row).copied().unwrap_or(0),
        }
    }
}

fn wide<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef) -> Ticks {
    Ticks::Wide(array.as_primitive::<T>().values().clone())
}

fn narrow<T: ArrowPrimitiveType<Native = i32>>(array: &ArrayRef) -> Ticks {
    Ticks::Narrow(array.as_primitive::<T>().values().clone())
}

// === impl Column ===

impl Column {
    /// Prepares an Arrow array for reading.
    ///
    /// # Errors
    /// [`UnsupportedType`] for intervals, durations, unions and run-end encoding.
    pub fn new(array: &ArrayRef) -> Result<Self, UnsupportedType> {
        let values = Values::new(array)?;
        Ok(Self { array: array.clone(), values })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// The value at `row`; a row past the end is [`Cell::Null`].
    pub fn cell(&self, row: usize) -> Cell<'_> {
        if row >= self.array.len() || self.array.is_null(row) {
            return Cell::Null;
        }
        match &self.values {
            Values::Null => Cell::Null,
            Values::Bool(a) => Cell::Bool(a.value(row)),
            Values::Int8(a) => Cell::Int(a.value(row).into()),
            Values::Int16(a) => Cell::Int(a.value(row).into()),
            Values::Int32(a) => Cell::Int(a.value(row).into()),
            Values::Int64(a) => Cell::Int(a.value(row)),
            Values::UInt8(a) => Cell::Int(a.value(row).into()),
            Values::UInt16(a) => Cell::Int(a.value(row).into()),
            Values::UInt32(a) => Cell::Int(a.value(row).into()),
            Values::UInt64(a) => Cell::UInt(a.value(row)),
            Values::Float16(a) => Cell::Float(a.value(row).into()),
            Values::Float32(a) => Cell::Float(a.value(row).into()),
            Values::Float64(a) => Cell::Float(a.value(row)),
            Values::Decimal32(a, scale) => Cell::Decimal(i256::from(i64::from(a.value(row))), *scale),
            Values::Decimal64(a, scale) => Cell::Decimal(i256::from(a.value(row)), *scale),
            Values::Decimal128(a, scale) => Cell::Decimal(i256::from_i128(a.value(row)), *scale),
            Values::Decimal256(a, scale) => Cell::Decimal(a.value(row), *scale),
            Values::Utf8(a) => Cell::Text(a.value(row)),
            Values::LargeUtf8(a) => Cell::Text(a.value(row)),
            Values::Utf8View(a) => Cell::Text(a.value(row)),
            Values::Binary(a) => Cell::Binary(a.value(row)),
            Values::LargeBinary(a) => Cell::Binary(a.value(row)),
            Values::BinaryView(a) => Cell::Binary(a.value(row)),
            Values::FixedBinary(a) => Cell::Binary(a.value(row)),
            Values::Date32(a) => Cell::Date(a.value(row).into()),
            Values::Date64(a) => Cell::Date(a.value(row).div_euclid(86_400_000)),
            Values::Time(ticks, per_second) => Cell::Time(ticks.get(row) * (NANOS_PER_SECOND / per_second)),
            Values::Timestamp(ticks, per_second) => timestamp(ticks.get(row), *per_second),
            Values::Dictionary(keys, values) => match keys.get(row) {
                Some(Some(key)) => values.cell(*key),
                _ => Cell::Null,
            },
            Values::List(list) => element_column(list, row),
            Values::Struct(fields) => Cell::Struct(fields, row),
            Values::Map(map) => entries(map, row),
        }
    }
}

fn timestamp<'a>(ticks: i64, per_second: i64) -> Cell<'a> {
    let nanos = ticks.rem_euclid(per_second) * (NANOS_PER_SECOND / per_second);
    Cell::Timestamp(ticks.div_euclid(per_second), u32::try_from(nanos).unwrap_or(0))
}

fn element_column<'a>(list: &ArrayRef, row: usize) -> Cell<'a> {
    let elements = match list.data_type() {
        DataType::List(_) => list.as_list::<i32>().value(row),
        DataType::LargeList(_) => list.as_list::<i64>().value(row),
        _ => list.as_fixed_size_list().value(row),
    };
    let length = elements.len();
    // The element type was accepted with the list's type, so this cannot fail for a built column.
    Column::new(&elements).map_or(Cell::Null, |column| Cell::List(column, length))
}

fn entries<'a>(map: &MapArray, row: usize) -> Cell<'a> {
    let entries: StructArray = map.value(row);
    let length = entries.len();
    let pair = Column::new(entries.column(0)).and_then(|keys| Ok((keys, Column::new(entries.column(1))?)));
    pair.map_or(Cell::Null, |pair| Cell::Map(Box::new(pair), length))
}

// === impl Values ===

impl Values {
    fn new(array: &ArrayRef) -> Result<Self, UnsupportedType> {
        let unsupported = || UnsupportedType(array.data_type().clone());
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int8 => Self::Int8(array.as_primitive().clone()),
            DataType::Int16 => Self::Int16(array.as_primitive().clone()),
            DataType::Int32 => Self::Int32(array.as_primitive().clone()),
            DataType::Int64 => Self::Int64(array.as_primitive().clone()),
            DataType::UInt8 => Self::UInt8(array.as_primitive().clone()),
            DataType::UInt16 => Self::UInt16(array.as_primitive().clone()),
            DataType::UInt32 => Self::UInt32(array.as_primitive().clone()),
            DataType::UInt64 => Self::UInt64(array.as_primitive().clone()),
            DataType::Float16 => Self::Float16(array.as_primitive().clone()),
            DataType::Float32 => Self::Float32(array.as_primitive().clone()),
            DataType::Float64 => Self::Float64(array.as_primitive().clone()),
            DataType::Decimal32(_, scale) => Self::Decimal32(array.as_primitive().clone(), *scale),
            DataType::Decimal64(_, scale) => Self::Decimal64(array.as_primitive().clone(), *scale),
            DataType::Decimal128(_, scale) => Self::Decimal128(array.as_primitive().clone(), *scale),
            DataType::Decimal256(_, scale) => Self::Decimal256(array.as_primitive().clone(), *scale),
            DataType::Utf8 => Self::Utf8(array.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeUtf8(array.as_string().clone()),
            DataType::Utf8View => Self::Utf8View(array.as_string_view().clone()),
            DataType::Binary => Self::Binary(array.as_binary().clone()),
            DataType::LargeBinary => Self::LargeBinary(array.as_binary().clone()),
            DataType::BinaryView => Self::BinaryView(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => Self::FixedBinary(array.as_fixed_size_binary().clone()),
            DataType::Date32 => Self::Date32(array.as_primitive().clone()),
            DataType::Date64 => Self::Date64(array.as_primitive().clone()),
            DataType::Time32(TimeUnit::Second) => Self::Time(narrow::<Time32SecondType>(array), 1),
            DataType::Time32(_) => Self::Time(narrow::<Time32MillisecondType>(array), 1_000),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(wide::<Time64MicrosecondType>(array), 1_000_000),
            DataType::Time64(_) => Self::Time(wide::<Time64NanosecondType>(array), NANOS_PER_SECOND),
            DataType::Timestamp(unit, _) => timestamps(array, *unit),
            DataType::Dictionary(_, _) => dictionary(array)?,
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                supported(item.data_type())?;
                Self::List(array.clone())
            }
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let named = fields.iter().zip(columns);
                let read = named.map(|(field, column)| Ok((field.name().clone(), Column::new(column)?)));
                Self::Struct(read.collect::<Result<_, UnsupportedType>>()?)
            }
            DataType::Map(entry, _) => {
                supported(entry.data_type())?;
                Self::Map(array.as_map().clone())
            }
            _ => return Err(unsupported()),
        })
    }
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> Values {
    match unit {
        TimeUnit::Second => Values::Timestamp(wide::<TimestampSecondType>(array), 1),
        TimeUnit::Millisecond => Values::Timestamp(wide::<TimestampMillisecondType>(array), 1_000),
        TimeUnit::Microsecond => Values::Timestamp(wide::<TimestampMicrosecondType>(array), 1_000_000),
        TimeUnit::Nanosecond => Values::Timestamp(wide::<TimestampNanosecondType>(array), NANOS_PER_SECOND),
    }
}

fn dictionary(array: &ArrayRef) -> Result<Values, UnsupportedType> {
    let dictionary = array.as_any_dictionary();
    let keys = dictionary.keys();
    if dictionary.values().is_empty() {
        return Ok(Values::Null);
    }
    let rows = dictionary.normalized_keys().into_iter().enumerate();
    let keys = rows.map(|(row, key)| keys.is_valid(row).then_some(key)).collect();
    Ok(Values::Dictionary(keys, Box::new(Column::new(dictionary.values())?)))
}

/// Says whether cells of this type can be read, before there is an array of it.
///
/// # Errors
/// [`UnsupportedType`] with the innermost type that cannot.
pub fn supported(data_type: &DataType) -> Result<(), UnsupportedType> {
    Column::new(&arrow_array::new_empty_array(data_type)).map(|_| ())
}
