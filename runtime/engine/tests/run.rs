//! Does a run account for every row, whatever destination and state do?

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::{Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use offtake_core::Fault;
use offtake_core::destination::{
    CallFailure, Detail, Effect, Failure, OutcomeKind, RowResult, WriteLimits, WriteRequest,
};
use offtake_core::digest::{KeyDigest, Seed};
use offtake_core::known::Known;
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::{Clock, Destination, Kept, MappedModel, Reading, Settled, StateStore};
use offtake_core::run::{Reject, RunRecord, Status};
use offtake_engine::{Event, Observer, Ports, SyncSpec, run};

type Answer = Result<Vec<RowResult>, CallFailure>;
type Script = Box<dyn Fn(usize, &WriteRequest) -> Answer + Send + Sync>;

struct Vendor {
    script: Script,
    calls: AtomicUsize,
    in_flight: AtomicUsize,
    in_flight_most: AtomicUsize,
    seen: Mutex<Vec<WriteRequest>>,
}

impl Vendor {
    fn new(script: impl Fn(usize, &WriteRequest) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            calls: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            in_flight_most: AtomicUsize::new(0),
            seen: Mutex::default(),
        })
    }
}

fn accepted(request: &WriteRequest) -> Answer {
    let rows = 0..u32::try_from(request.refs.len()).unwrap();
    Ok(rows.map(|row| RowResult { row, outcome: Ok(OutcomeKind::Created), remote_id: Some(row.to_string()) }).collect())
}

fn failed(failure: fn(Detail) -> Failure, effect: Effect) -> Answer {
    let detail = Detail { message: "the vendor's words".to_owned(), ..Detail::default() };
    Err(CallFailure { failure: failure(detail), effect })
}

#[async_trait]
impl Destination for Vendor {
    fn connector(&self) -> String {
        "vendor@1.0.0".to_owned()
    }

    fn connector_digest(&self) -> String {
        String::new()
    }

    fn requests(&self) -> u64 {
        self.calls.load(Ordering::Relaxed) as u64
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
        Ok(WriteLimits { max_rows: 10, max_bytes: 1 << 20, max_concurrency: 3, rates: Vec::new() })
    }

    async fn lookup(&self, _: &str, _: &[String], _: &[String], _: &str) -> Result<Option<Vec<String>>, CallFailure> {
        Ok(None)
    }

    async fn write(&self, request: WriteRequest) -> Answer {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.in_flight_most.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let answer = (self.script)(call, &request);
        self.seen.lock().unwrap().push(request);
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}

#[derive(Default)]
struct Memory {
    rows: Mutex<BTreeMap<KeyDigest, (u64, Option<Kept>)>>,
    rejects: Mutex<Vec<Reject>>,
    fails: bool,
}

#[async_trait]
impl StateStore for Memory {
    async fn bind(&self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    async fn known(&self) -> Result<Known, Fault> {
        let rows = self.rows.lock().unwrap();
        let (keys, digests) = rows.iter().map(|(key, (digest, _))| (key.0, *digest)).unzip();
        Ok(Known::from_sorted(Seed(1), keys, digests))
    }

    async fn reserve(&self, _: u64, _: bool) -> Result<(), Fault> {
        Ok(())
    }

    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault> {
        let rows = self.rows.lock().unwrap();
        Ok(keys.iter().map(|key| rows.get(key).and_then(|(_, kept)| kept.clone())).collect())
    }

    async fn commit(&self, settled: Vec<Settled>) -> Result<(), Fault> {
        if self.fails {
            return Err(Fault::new("OFT-S004", "disk full"));
        }
        let mut rows = self.rows.lock().unwrap();
        for row in settled {
            match row {
                Settled::Delivered { key, digest, kept } => {
                    rows.insert(key, (digest.0, kept));
                }
                Settled::Gone { key } => {
                    rows.remove(&key);
                }
                Settled::Rejected { reject, .. } => self.rejects.lock().unwrap().push(reject),
            }
        }
        Ok(())
    }

    async fn finish(&self, _: &RunRecord) -> Result<(), Fault> {
        Ok(())
    }

    async fn rejects(&self) -> Result<Vec<Reject>, Fault> {
        Ok(self.rejects.lock().unwrap().clone())
    }
}

struct Rows {
    batch: RecordBatch,
    fails: bool,
}

fn rows(range: std::ops::Range<i64>) -> Rows {
    let schema =
        Schema::new(vec![Column::new("email", DataType::Utf8, true), Column::new("score", DataType::Int64, true)]);
    let emails: StringArray = range.clone().map(|n| Some(format!("p{n}@example.com"))).collect();
    let scores: Int64Array = range.map(Some).collect();
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(emails), Arc::new(scores)]).unwrap();
    Rows { batch, fails: false }
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
struct Virtual(AtomicU64);

#[async_trait]
impl Clock for Virtual {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

struct Silent;

impl Observer for Silent {
    fn on(&self, _: Event) {}
}

async fn go(rows: Rows, vendor: &Arc<Vendor>, state: &Arc<Memory>, delete_removed: bool) -> RunRecord {
    let spec = SyncSpec {
        name: "crm".to_owned(),
        target: "crm".to_owned(),
        object: "contacts".to_owned(),
        operation: Operation::Upsert,
        delete_removed,
        match_keys: vec!["email".to_owned()],
        batch_rows: None,
        concurrency: None,
    };
    let ports = Ports {
        model: Arc::new(rows),
        destination: vendor.clone(),
        state: state.clone(),
        clock: Arc::new(Virtual::default()),
    };
    let record = run(&spec, &ports, &Silent).await.unwrap();
    record.counts.check().unwrap();
    record
}

#[tokio::test]
async fn all_rows_arrive_with_no_more_in_flight_than_allowed() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    let record = go(rows(0..95), &vendor, &state, false).await;
    assert_eq!((record.status, record.counts.delivered, record.requests), (Status::Completed, 95, 10));
    assert_eq!(record.snapshot.as_deref(), Some("s1"));
    assert_eq!(vendor.in_flight_most.load(Ordering::SeqCst), 3);
    let again = go(rows(0..95), &vendor, &state, false).await;
    assert_eq!((again.counts.unchanged, again.requests), (95, 10));
}

#[tokio::test]
async fn a_refused_credential_stops_and_leaves_the_rest_pending() {
    let vendor = Vendor::new(|call, request| match call {
        0..2 => accepted(request),
        _ => failed(Failure::Auth, Effect::None),
    });
    let state = Arc::<Memory>::default();
    let record = go(rows(0..95), &vendor, &state, true).await;
    assert_eq!((record.status, record.counts.delivered, record.counts.pending), (Status::Failed, 20, 75));
    assert_eq!(record.error.unwrap().code, "OFT-A001");
    assert!(record.requests <= 2 + 3, "nothing new starts after the refusal");
    assert_eq!(state.rows.lock().unwrap().len(), 20);
}

#[tokio::test]
async fn a_destination_that_stays_down_leaves_rows_pending_after_six_attempts() {
    let vendor = Vendor::new(|_, _| failed(Failure::Transient, Effect::Unknown));
    let record = go(rows(0..25), &vendor, &Arc::default(), false).await;
    assert_eq!((record.status, record.counts.pending, record.requests), (Status::Incomplete, 25, 3 * 6));
    let seen = vendor.seen.lock().unwrap();
    let first: Vec<_> = seen.iter().filter(|request| request.batch_id.ends_with("/1")).collect();
    assert_eq!(first.iter().map(|request| request.attempt).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(first.iter().all(|request| request.refs == first[0].refs), "the same rows with the same idempotency keys");
}

#[tokio::test]
async fn rows_without_an_answer_go_again_alone() {
    let vendor = Vendor::new(|call, request| {
        let mut answer = accepted(request).unwrap();
        if call == 0 {
            answer.truncate(4);
        }
        Ok(answer)
    });
    let record = go(rows(0..10), &vendor, &Arc::default(), false).await;
    assert_eq!((record.counts.delivered, record.requests), (10, 2));
    assert_eq!(vendor.seen.lock().unwrap()[1].refs.len(), 6);
}

#[tokio::test]
async fn a_row_that_breaks_the_connector_stands_alone_in_the_end() {
    let poison = |request: &WriteRequest| request.rows.contains("\"p7@example.com\"");
    let vendor = Vendor::new(
        move |_, request| {
            if poison(request) { failed(Failure::Fatal, Effect::Unknown) } else { accepted(request) }
        },
    );
    let state = Arc::<Memory>::default();
    let record = go(rows(0..40), &vendor, &state, false).await;
    assert_eq!((record.status, record.counts.delivered), (Status::CompletedWithRejects, 39));
    let rejects = state.rejects.lock().unwrap();
    assert_eq!((rejects[0].code.as_str(), rejects[0].key.as_str()), ("OFT-P001", "{\"email\":\"p7@example.com\"}"));
}

#[tokio::test]
async fn a_connector_that_always_breaks_rejects_no_row() {
    let vendor = Vendor::new(|_, _| failed(Failure::Fatal, Effect::Unknown));
    let record = go(rows(0..1_000), &vendor, &Arc::default(), false).await;
    assert_eq!((record.status, record.counts.pending, record.counts.rejected), (Status::Failed, 1_000, 0));
    assert!(record.requests < 30);
}

#[tokio::test]
async fn a_state_that_cannot_be_written_makes_no_row_delivered() {
    let vendor = Vendor::new(|_, request| accepted(request));
    let state = Arc::new(Memory { fails: true, ..Memory::default() });
    let record = go(rows(0..2_500), &vendor, &state, false).await;
    assert_eq!((record.status, record.counts.delivered, record.counts.pending), (Status::Failed, 0, 2_500));
    assert_eq!(record.error.unwrap().code, "OFT-S004");
}

#[tokio::test]
async fn v10_a_torn_read_sends_and_deletes_nothing() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(rows(0..20), &vendor, &state, true).await;
    let torn = Rows { fails: true, ..rows(0..5) };
    let record = go(torn, &vendor, &state, true).await;
    assert_eq!((record.status, record.requests), (Status::Failed, 2));
    assert_eq!(state.rows.lock().unwrap().len(), 20);
}

#[tokio::test]
async fn removed_rows_are_deleted_by_their_key_and_id_or_forgotten() {
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(rows(0..20), &vendor, &state, true).await;
    let deleting = go(rows(0..15), &vendor, &state, true).await;
    assert_eq!((deleting.counts.removed, deleting.counts.delivered, deleting.counts.kept), (5, 5, 0));
    {
        let seen = vendor.seen.lock().unwrap();
        let delete = seen.last().unwrap();
        assert_eq!(delete.operation, Operation::Delete);
        assert!(delete.refs.iter().all(|row| row.remote_id.is_some()) && !delete.rows.contains("score"));
    }
    let ignoring = go(rows(0..10), &vendor, &state, false).await;
    assert_eq!((ignoring.counts.removed, ignoring.counts.kept, ignoring.counts.delivered), (5, 5, 0));
    assert_eq!(state.rows.lock().unwrap().len(), 10, "what left the source is this sync's no more");
}

#[tokio::test]
async fn a_key_that_leads_to_the_record_just_written_does_not_remove_it() {
    // The vendor answers row 0 with id "0" each time: to it both keys are one record.
    let (vendor, state) = (Vendor::new(|_, request| accepted(request)), Arc::<Memory>::default());
    go(rows(0..1), &vendor, &state, true).await;
    let renamed = go(rows(1..2), &vendor, &state, true).await;
    assert_eq!((renamed.counts.added, renamed.counts.removed, renamed.counts.kept), (1, 1, 1));
    assert!(vendor.seen.lock().unwrap().iter().all(|request| request.operation == Operation::Upsert));
    assert_eq!(state.rows.lock().unwrap().len(), 1);
}
