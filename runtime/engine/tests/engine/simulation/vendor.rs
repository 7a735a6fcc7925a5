//! A vendor with records, a memory for idempotency keys, and bad days.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use offtake_core::destination::{
    CallFailure, Detail, Effect, Failure, OutcomeKind, RowResult, WriteLimits, WriteRequest,
};
use offtake_core::digest::idempotency_key;
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::Destination;

use super::store::Store;
use super::world::World;

type Answer = Result<Vec<RowResult>, CallFailure>;

/// What the vendor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A row of the sync.
    Score(i64),
    /// A row whose fields were emptied.
    Cleared,
    /// Somebody else's.
    Foreign,
}

/// The name of a key at the vendor.
pub fn email(key: i64) -> String {
    format!("p{key}@example.com")
}

/// The vendor. What it holds survives deaths.
pub struct Vendor {
    world: Arc<World>,
    store: Arc<Store>,
    records: Mutex<BTreeMap<String, Record>>,
    /// Keys that it has acted on, as vendors with an idempotency header remember them: the request is not carried out again.
    remembered: Mutex<Option<HashMap<String, OutcomeKind>>>,
    /// Every value that the source ever had.
    legitimate: Mutex<BTreeSet<(String, i64)>>,
    calls: AtomicUsize,
    rows: AtomicUsize,
}

impl Vendor {
    pub fn new(world: Arc<World>, store: Arc<Store>) -> Self {
        let remembers = world.below(2) == 0;
        Self {
            records: Mutex::new([("boss@example.com".to_owned(), Record::Foreign)].into()),
            remembered: Mutex::new(remembers.then(HashMap::new)),
            legitimate: Mutex::default(),
            calls: AtomicUsize::new(0),
            rows: AtomicUsize::new(0),
            world,
            store,
        }
    }

    pub fn records(&self) -> BTreeMap<String, Record> {
        self.records.lock().unwrap().clone()
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    pub fn rows_sent(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// These values are the source's from now on, and for ever among those that it had.
    pub fn remember_source(&self, source: &BTreeMap<i64, i64>) {
        self.legitimate.lock().unwrap().extend(source.iter().map(|(key, score)| (email(*key), *score)));
    }

    /// Carries one row out.
    fn apply(&self, operation: Operation, line: &serde_json::Value, key: &str) -> OutcomeKind {
        if let Some(done) = self.remembered.lock().unwrap().as_ref().and_then(|done| done.get(key)) {
            return *done;
        }
        let email = line["email"].as_str().unwrap().to_owned();
        let mut records = self.records.lock().unwrap();
        assert_ne!(records.get(&email), Some(&Record::Foreign), "a record of somebody else was touched");
        let outcome = match (operation, line["score"].as_i64()) {
            (Operation::Delete, _) => {
                records.remove(&email);
                OutcomeKind::Deleted
            }
            (Operation::Update, None) => {
                records.insert(email, Record::Cleared);
                OutcomeKind::Updated
            }
            (_, Some(score)) => {
                let legitimate = self.legitimate.lock().unwrap().contains(&(email.clone(), score));
                assert!(legitimate, "{email} was given {score}, which the source never had");
                let before = records.insert(email, Record::Score(score));
                if before.is_some() { OutcomeKind::Updated } else { OutcomeKind::Created }
            }
            (operation, None) => panic!("{operation:?} without a value"),
        };
        if let Some(done) = self.remembered.lock().unwrap().as_mut() {
            done.insert(key.to_owned(), outcome);
        }
        outcome
    }

    /// What is sent has to be on disk as intended, under the key that the intent makes.
    fn check(&self, request: &WriteRequest, row: usize) {
        let key = &request.refs[row].idempotency_key;
        let made = |intent: &offtake_core::ports::Intent| {
            intent.operation == request.operation
                && idempotency_key("crm", intent.key, request.operation.as_str(), intent.digest, intent.run) == *key
        };
        assert!(self.store.intent(made).is_some(), "a row was sent that no intent on disk names");
    }

    /// Carries out the first `rows` rows.
    fn carry_out(&self, request: &WriteRequest, rows: usize) -> Vec<RowResult> {
        let lines = request.rows.lines().map(|line| serde_json::from_str(line).unwrap());
        let applied = lines.zip(0_u32..).take(rows).map(|(line, row)| {
            let kind = self.apply(request.operation, &line, &request.refs[row as usize].idempotency_key);
            let id = line["email"].as_str().map(str::to_owned);
            RowResult { row, outcome: Ok(kind), remote_id: id }
        });
        applied.collect()
    }

    /// One of the ways in which a call fails.
    fn fail(&self, request: &WriteRequest) -> Answer {
        let rows = request.refs.len();
        let detail = Detail::default();
        let none = |failure| Err(CallFailure { failure, effect: Effect::None });
        match self.world.below(9) {
            0 => none(Failure::Transient(detail)),
            1 => none(Failure::Unattributed(detail)),
            2 if rows > 1 => none(Failure::TooLarge(detail)),
            3 => {
                let wait = [None, Some(3), Some(60), Some(3_600)][self.world.below(4)];
                let retry_after = wait.map(Duration::from_secs);
                none(Failure::RateLimited { retry_after, scope: None, detail })
            }
            4 => none(Failure::Auth(detail)),
            5 => {
                self.carry_out(request, self.world.below(rows + 1));
                Err(CallFailure { failure: Failure::Transient(detail), effect: Effect::Unknown })
            }
            6 => {
                self.carry_out(request, self.world.below(rows + 1));
                Err(CallFailure { failure: Failure::Fatal(detail), effect: Effect::Unknown })
            }
            7 => {
                let mut results = self.carry_out(request, rows);
                results.truncate(self.world.below(rows + 1));
                Ok(results)
            }
            _ => {
                // Some rows are carried out, the others fail one by one.
                let done = self.world.below(rows + 1);
                let mut results = self.carry_out(request, done);
                let failures = [
                    Failure::Rejected(detail.clone()),
                    Failure::Transient(detail.clone()),
                    Failure::RateLimited { retry_after: None, scope: None, detail },
                ];
                let failed = (done..rows).map(|row| RowResult {
                    row: u32::try_from(row).unwrap(),
                    outcome: Err(failures[self.world.below(3)].clone()),
                    remote_id: None,
                });
                results.extend(failed);
                Ok(results)
            }
        }
    }
}

#[async_trait]
impl Destination for Vendor {
    fn connector(&self) -> String {
        "simulated@1.0.0".to_owned()
    }

    fn connector_digest(&self) -> String {
        String::new()
    }

    fn requests(&self) -> u64 {
        self.calls() as u64
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
        self.world.moment().await;
        Ok(WriteLimits { max_rows: 4, max_bytes: 1 << 20, max_concurrency: 3, rates: Vec::new() })
    }

    async fn lookup(&self, _: &str, _: &[String], _: &[String], _: &str) -> Result<Option<Vec<String>>, CallFailure> {
        Ok(None)
    }

    async fn write(&self, request: WriteRequest) -> Answer {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(request.refs.len(), Ordering::Relaxed);
        (0..request.refs.len()).for_each(|row| self.check(&request, row));
        self.world.moment().await;
        if self.world.mishap(4) {
            tokio::time::sleep(Duration::from_millis(self.world.below(90_000) as u64)).await;
        }
        let answer =
            if self.world.mishap(4) { self.fail(&request) } else { Ok(self.carry_out(&request, request.refs.len())) };
        // The vendor has acted; the process may die before it learns so.
        self.world.moment().await;
        answer
    }
}
