//! A table, and a destination that takes every row after a fixed time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use offtake_core::Fault;
use offtake_core::destination::{CallFailure, OutcomeKind, RowResult, WriteLimits, WriteRequest};
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::{Clock, Destination, MappedModel, Reading};
use offtake_engine::{Event, Observer};

/// Rows of a batch, as HubSpot takes them.
const BATCH_ROWS: u32 = 100;
const IN_FLIGHT: u16 = 8;

/// A destination.
pub(crate) struct Vendor {
    answers_after: Duration,
    calls: AtomicU64,
}

impl Vendor {
    pub(crate) fn new(answers_after: Duration) -> Self {
        Self { answers_after, calls: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Destination for Vendor {
    fn connector(&self) -> String {
        "bench@1.0.0".to_owned()
    }

    fn connector_digest(&self) -> String {
        String::new()
    }

    fn requests(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn check(&self) -> Result<String, CallFailure> {
        Ok(String::new())
    }

    async fn objects(&self) -> Result<Vec<Object>, CallFailure> {
        Ok(Vec::new())
    }

    async fn fields(&self, _: &str) -> Result<Vec<Field>, CallFailure> {
        Ok(Vec::new())
    }

    async fn limits(&self, _: &str, _: Operation) -> Result<WriteLimits, CallFailure> {
        Ok(WriteLimits { max_rows: BATCH_ROWS, max_bytes: 1 << 20, max_concurrency: IN_FLIGHT, rates: Vec::new() })
    }

    async fn lookup(&self, _: &str, _: &[String], _: &[String], _: &str) -> Result<Option<Vec<String>>, CallFailure> {
        Ok(None)
    }

    async fn write(&self, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !self.answers_after.is_zero() {
            tokio::time::sleep(self.answers_after).await;
        }
        let rows = (0..).zip(&request.refs);
        Ok(rows.map(|(row, _)| RowResult { row, outcome: Ok(OutcomeKind::Created), remote_id: None }).collect())
    }
}

/// A table of numbered people.
pub(crate) struct People(pub(crate) i64);

impl People {
    fn batch(&self) -> Result<RecordBatch, Fault> {
        let emails: StringArray = (0..self.0).map(|n| Some(format!("person.number.{n}@example.com"))).collect();
        let scores: Int64Array = (0..self.0).map(Some).collect();
        let made = RecordBatch::try_new(self.schema(), vec![Arc::new(emails), Arc::new(scores)]);
        made.map_err(|error| Fault::new("OFT-D008", error.to_string()))
    }
}

#[async_trait]
impl MappedModel for People {
    fn schema(&self) -> SchemaRef {
        let columns = [("email", DataType::Utf8), ("score", DataType::Int64)];
        let columns = columns.map(|(name, kind)| Column::new(name, kind, true));
        Arc::new(Schema::new(columns.to_vec()))
    }

    async fn read(&self) -> Result<Reading, Fault> {
        let whole = futures::stream::iter(vec![self.batch()]);
        Ok(Reading { snapshot: None, partitions: vec![whole.boxed()] })
    }
}

/// The same under a vendor's names: what a record is found by, and one text beside it.
pub(crate) struct Table {
    pub(crate) key: &'static str,
    pub(crate) text: &'static str,
    pub(crate) rows: usize,
}

#[async_trait]
impl MappedModel for Table {
    fn schema(&self) -> SchemaRef {
        let columns = [self.key, self.text].map(|name| Column::new(name, DataType::Utf8, true));
        Arc::new(Schema::new(columns.to_vec()))
    }

    async fn read(&self) -> Result<Reading, Fault> {
        let keys: StringArray = (0..self.rows).map(|n| Some(format!("person.number.{n}@example.com"))).collect();
        let texts: StringArray = (0..self.rows).map(|n| Some(format!("Person {n}"))).collect();
        let made = RecordBatch::try_new(self.schema(), vec![Arc::new(keys), Arc::new(texts)]);
        let whole = futures::stream::iter(vec![made.map_err(|error| Fault::new("OFT-D008", error.to_string()))]);
        Ok(Reading { snapshot: None, partitions: vec![whole.boxed()] })
    }
}

/// The machine's time.
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(0)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Watches nothing.
pub(crate) struct Silent;

impl Observer for Silent {
    fn on(&self, _: Event) {}
}
