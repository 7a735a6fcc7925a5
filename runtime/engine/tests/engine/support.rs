//! Ports that live in memory: a scripted vendor, a state, a table, a clock.

#[path = "support/state.rs"]
mod state;
#[path = "support/vendor.rs"]
mod vendor;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use offtake_core::Fault;
use offtake_core::ports::{Clock, MappedModel, Reading};
use offtake_core::run::RunRecord;
use offtake_engine::{Event, Observer, Ports, SyncSpec, run};

pub use state::Memory;
pub use vendor::{Vendor, accepted, failed};

/// A table of `email` and `score`.
pub struct Rows {
    pub batch: RecordBatch,
    pub fails: bool,
}

/// Rows with these scores.
pub fn table(rows: impl IntoIterator<Item = (i64, i64)>) -> Rows {
    let schema =
        Schema::new(vec![Column::new("email", DataType::Utf8, true), Column::new("score", DataType::Int64, true)]);
    let (emails, scores): (Vec<String>, Vec<i64>) =
        rows.into_iter().map(|(key, score)| (format!("p{key}@example.com"), score)).unzip();
    let (emails, scores) = (StringArray::from(emails), Int64Array::from(scores));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(emails), Arc::new(scores)]).unwrap();
    Rows { batch, fails: false }
}

/// Rows whose score is their number.
pub fn rows(range: std::ops::Range<i64>) -> Rows {
    table(range.map(|n| (n, n)))
}

#[async_trait]
impl MappedModel for Rows {
    fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    async fn read(&self) -> Result<Reading, Fault> {
        let whole = futures::stream::iter(vec![Ok(self.batch.clone())]);
        let broken = futures::stream::iter(self.fails.then(|| Err(Fault::new("OFT-D007", "row 900,000 is torn"))));
        Ok(Reading { snapshot: Some("s1".to_owned()), partitions: vec![whole.boxed(), broken.boxed()] })
    }
}

/// Time that only passes when somebody sleeps.
#[derive(Default)]
pub struct Virtual(AtomicU64);

#[async_trait]
impl Clock for Virtual {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    async fn sleep(&self, duration: Duration) {
        // Whoever is under way goes first, as in a world where a sleep takes time.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

/// Watches nothing.
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: Event) {}
}

/// A sync that upserts by `email`.
pub fn spec() -> SyncSpec {
    SyncSpec {
        name: "crm".to_owned(),
        target: "crm".to_owned(),
        object: "contacts".to_owned(),
        mode: offtake_core::mode::Mode::Upsert,
        on_delete: offtake_core::mode::OnDelete::Ignore,
        match_keys: vec!["email".to_owned()],
        policies: offtake_core::policy::Policies::new(),
        partition: Vec::new(),
        batch_rows: None,
        concurrency: None,
        guards: offtake_core::guard::Guards::default(),
        selection: offtake_core::choose::Selection::All,
        approved: Vec::new(),
    }
}

/// The spec that deletes.
pub fn mirror() -> SyncSpec {
    SyncSpec { mode: offtake_core::mode::Mode::Mirror, on_delete: offtake_core::mode::OnDelete::Delete, ..spec() }
}

/// Runs once and checks the sums.
pub async fn go(spec: &SyncSpec, rows: Rows, vendor: &Arc<Vendor>, state: &Arc<Memory>) -> RunRecord {
    let ports = Ports {
        model: Arc::new(rows),
        destination: vendor.clone(),
        state: state.clone(),
        clock: Arc::new(Virtual::default()),
    };
    let record = run(spec, &ports, &Silent, &vendor.stop).await;
    record.counts.check().unwrap();
    record
}
