//! A destination whose answers a test writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use offtake_core::destination::{
    CallFailure, Detail, Effect, Failure, OutcomeKind, RowResult, WriteLimits, WriteRequest,
};
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::Destination;
use offtake_engine::Stop;

type Answer = Result<Vec<RowResult>, CallFailure>;
type Script = Box<dyn Fn(usize, &WriteRequest) -> Answer + Send + Sync>;

/// A destination whose answers a test writes.
pub struct Vendor {
    script: Script,
    pub calls: AtomicUsize,
    in_flight: AtomicUsize,
    pub in_flight_most: AtomicUsize,
    /// Scores of the rows of calls that are under way, and those that two of them had at once.
    scores: Mutex<Vec<String>>,
    pub clashed: Mutex<Vec<String>>,
    pub seen: Mutex<Vec<WriteRequest>>,
    /// What a look-up answers, a line a row; none when records cannot be read.
    pub records: Mutex<Option<Vec<String>>>,
    /// Tells the run to stop.
    pub stop: Stop,
}

impl Vendor {
    pub fn new(script: impl Fn(usize, &WriteRequest) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(script),
            calls: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            in_flight_most: AtomicUsize::new(0),
            scores: Mutex::default(),
            clashed: Mutex::default(),
            seen: Mutex::default(),
            records: Mutex::default(),
            stop: Stop::default(),
        })
    }

    /// The same, whose runs stop when this handle is asked.
    pub fn stopped_by(self: Arc<Self>, stop: &Stop) -> Arc<Self> {
        Arc::new(Self { stop: stop.clone(), ..Arc::into_inner(self).unwrap() })
    }
}

impl Vendor {
    fn enter(&self, scores: &[String]) {
        let mut under_way = self.scores.lock().unwrap();
        let clashes = scores.iter().filter(|score| under_way.contains(score));
        self.clashed.lock().unwrap().extend(clashes.cloned());
        under_way.extend_from_slice(scores);
    }
}

fn scores(request: &WriteRequest) -> Vec<String> {
    let rows = request.rows.lines().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    let mut scores: Vec<String> = rows.map(|row| row["score"].to_string()).filter(|score| score != "null").collect();
    scores.dedup();
    scores
}

/// Every row is created.
pub fn accepted(request: &WriteRequest) -> Answer {
    let rows = 0..u32::try_from(request.refs.len()).unwrap();
    Ok(rows.map(|row| RowResult { row, outcome: Ok(OutcomeKind::Created), remote_id: Some(row.to_string()) }).collect())
}

/// The call fails as a whole.
pub fn failed(failure: fn(Detail) -> Failure, effect: Effect) -> Answer {
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
        Ok(self.records.lock().unwrap().clone())
    }

    async fn write(&self, request: WriteRequest) -> Answer {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.in_flight_most.fetch_max(now, Ordering::SeqCst);
        let scores = scores(&request);
        self.enter(&scores);
        for _ in 0..request.refs.len() {
            tokio::task::yield_now().await;
        }
        self.scores.lock().unwrap().retain(|score| !scores.contains(score));
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let answer = (self.script)(call, &request);
        self.seen.lock().unwrap().push(request);
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        answer
    }
}
