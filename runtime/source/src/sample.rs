//! The demo's lakehouse table: customers with the mess of real ones, made from their numbers alone.
//!
//! The second state differs from the first in one customer of a hundred, and a few customers are gone.

mod table;

use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::ArrowError;
use iceberg::arrow::schema_to_arrow_schema;
use iceberg::spec::{NestedField, PrimitiveType, Schema, Type};

use crate::Error;

/// Customers in the first state.
pub const CUSTOMERS: i64 = 20_000;
/// One customer in so many changes.
const CHANGED_EVERY: i64 = 100;
/// One customer in so many leaves.
const REMOVED_EVERY: i64 = 4_001;
/// The customer whose plan becomes one that HubSpot does not know.
const MISTYPED: i64 = 700;

/// The two states of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it was first delivered.
    First,
    /// A day later.
    Second,
}

const FIRST: [&str; 16] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Eşref", "Fátima", "Gùstav", "Hana", "Íñigo", "Jürgen", "Kwame", "Łucja", "Mei",
    "Nils", "Ólafur", "Zoë",
];
const LAST: [&str; 13] = [
    "Nguyễn",
    "O'Brien",
    "de la Cruz",
    "Müller",
    "Åkesson",
    "Smith-Jones",
    "Özdemir",
    "Ivanov",
    "佐藤",
    "Castañeda",
    "van 't Hoff",
    "D’Angelo",
    "García",
];
const CITY: [&str; 7] = ["Malmö", "São Paulo", "Kraków", "東京", "Zürich", "Reykjavík", "New York"];
const COUNTRY: [&str; 7] = ["SE", "BR", "PL", "JP", "CH", "IS", "US"];
const PLAN: [&str; 4] = ["trial", "basic", "team", "enterprise"];

/// Writes the table into `folder`, in one state. The second is a new snapshot of the first.
///
/// # Errors
/// OFT-D004 when the folder cannot be written.
pub async fn write_customers(folder: &Path, state: State) -> Result<(), Error> {
    let failed = |message: String| Error::Unreadable { table: "customers".to_owned(), message };
    let schema = schema().map_err(|error| failed(error.to_string()))?;
    let arrow = schema_to_arrow_schema(&schema).map_err(|error| failed(error.to_string()))?;
    let batch = customers(state, Arc::new(arrow)).map_err(|error| failed(error.to_string()))?;
    table::write(folder, schema, &batch).await.map_err(|error| failed(error.to_string()))
}

fn schema() -> iceberg::Result<Schema> {
    let decimal = PrimitiveType::Decimal { precision: 12, scale: 2 };
    let fields = [
        ("customer_id", PrimitiveType::Long),
        ("email", PrimitiveType::String),
        ("first_name", PrimitiveType::String),
        ("last_name", PrimitiveType::String),
        ("phone", PrimitiveType::String),
        ("company", PrimitiveType::String),
        ("city", PrimitiveType::String),
        ("country", PrimitiveType::String),
        ("plan", PrimitiveType::String),
        ("revenue", decimal),
        ("born", PrimitiveType::Date),
        ("signed_up", PrimitiveType::Timestamptz),
        ("notes", PrimitiveType::String),
        ("internal", PrimitiveType::Boolean),
    ];
    let fields = (1..).zip(fields).map(|(id, (name, kind))| {
        let kind = Type::Primitive(kind);
        Arc::new(if name == "customer_id" {
            NestedField::required(id, name, kind)
        } else {
            NestedField::optional(id, name, kind)
        })
    });
    Schema::builder().with_fields(fields).build()
}

fn customers(state: State, schema: Arc<arrow_schema::Schema>) -> Result<RecordBatch, ArrowError> {
    let second = state == State::Second;
    let ids: Vec<i64> = (1..=CUSTOMERS).filter(|id| !(second && id % REMOVED_EVERY == 0)).collect();
    let changed = |id: i64| second && id % CHANGED_EVERY == 0;
    let texts = |make: &dyn Fn(i64) -> Option<String>| -> ArrayRef {
        Arc::new(ids.iter().map(|id| make(*id)).collect::<StringArray>())
    };
    let numbers = |make: &dyn Fn(i64) -> Option<i64>| ids.iter().map(|id| make(*id)).collect::<Vec<_>>();
    let revenue: Decimal128Array =
        numbers(&|id| (id % 11 != 0).then_some((id * 7_919 + i64::from(changed(id))) % 100_000_000))
            .into_iter()
            .map(|cents| cents.map(i128::from))
            .collect();
    // From 1928 to 2003: a good third is before 1970.
    let born: Date32Array = numbers(&|id| (id % 5 != 0).then_some((id * 31) % 27_500 - 15_300))
        .into_iter()
        .map(|days| days.and_then(|days| i32::try_from(days).ok()))
        .collect();
    let signed_up: TimestampMicrosecondArray =
        numbers(&|id| Some(1_400_000_000_000_000 + id * 17_000_000_123)).into_iter().collect();
    let internal: BooleanArray = ids.iter().map(|id| Some(id % 4_999 == 0)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(ids.clone())),
        texts(&email),
        texts(&|id| pick(&FIRST, id)),
        texts(&|id| (id % 23 != 0).then(|| pick(&LAST, id / 3)).flatten()),
        texts(&|id| (id % 3 != 0).then(|| format!("+46 8 {:06}", (id * 97 + i64::from(changed(id))) % 1_000_000))),
        texts(&|id| (id % 2 == 0).then(|| format!("Söhne & Co. №{}", id % 900))),
        texts(&|id| pick(&CITY, id)),
        texts(&|id| pick(&COUNTRY, id)),
        texts(&|id| plan(id, changed(id))),
        Arc::new(revenue.with_precision_and_scale(12, 2)?),
        Arc::new(born),
        Arc::new(signed_up.with_timezone("+00:00")),
        texts(&|id| notes(id, changed(id))),
        Arc::new(internal),
    ];
    RecordBatch::try_new(schema, columns)
}

fn pick(from: &[&str], id: i64) -> Option<String> {
    let index = usize::try_from(id).ok()? % from.len();
    from.get(index).map(|text| (*text).to_owned())
}

/// Two customers have none, and two share one.
fn email(id: i64) -> Option<String> {
    match id {
        1_234 | 12_345 => None,
        5_000 => email(5_001),
        id => Some(format!("customer.{id}@example.com")),
    }
}

fn plan(id: i64, changed: bool) -> Option<String> {
    if changed && id == MISTYPED {
        return Some("platinum".to_owned());
    }
    if id % 13 == 0 { None } else { pick(&PLAN, id + i64::from(changed)) }
}

fn notes(id: i64, changed: bool) -> Option<String> {
    let day = if changed { "today" } else { "last year" };
    match id % 10 {
        0 => Some(format!("Called {day} 📞 – wants “more seats”, pays €{} 💶", id % 97)),
        3 => Some(format!("{} (cut here by hand)", "A long story with commas, \"quotes\" and\nlines. ".repeat(20))),
        _ => None,
    }
}
