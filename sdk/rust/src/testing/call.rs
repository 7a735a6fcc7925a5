//! The host's calls to a connector, through the same adapter as on wasm.

use std::marker::PhantomData;

use serde_json::Value;

use crate::adapter::Adapter;
use crate::batch::CONTENT_TYPE;
use crate::bindings::exports::offtake::destination::connector::{Batch, Guest, Limits, RowRef};
use crate::bindings::jobs::{self, Guest as _};
use crate::bindings::offtake::destination::types::{CallFailure, Connection, Operation, RowResult};
use crate::connector::Connector;
use crate::jobs::Jobs;

/// Calls a connector the way the host does.
#[derive(Debug, Clone)]
pub struct Call<C> {
    connection: Connection,
    connector: PhantomData<C>,
}

impl<C: Connector> Call<C> {
    /// Calls on a connection with this configuration.
    #[must_use]
    pub fn new(config: Value) -> Self {
        let connection = Connection { id: "test".to_owned(), config_json: config.to_string() };
        Self { connection, connector: PhantomData }
    }

    /// Calls `check` and returns the account document.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn check(&self) -> Result<Value, CallFailure> {
        Adapter::<C>::check(self.connection.clone()).map(parse)
    }

    /// Calls `discover-objects` and returns the document and the next cursor.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn objects(&self, cursor: Option<&str>) -> Result<(Value, Option<String>), CallFailure> {
        let page = Adapter::<C>::discover_objects(self.connection.clone(), cursor.map(str::to_owned))?;
        Ok((parse(page.objects_json), page.next))
    }

    /// Calls `discover-fields` and returns the document.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn fields(&self, object: &str) -> Result<Value, CallFailure> {
        Adapter::<C>::discover_fields(self.connection.clone(), object.to_owned()).map(parse)
    }

    /// Calls `limits-for`.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn limits(&self, object: &str, operation: Operation) -> Result<Limits, CallFailure> {
        Adapter::<C>::limits_for(self.connection.clone(), object.to_owned(), operation)
    }

    /// Calls `look-up` with rows that hold the match key, and returns a value a row; none when it cannot be read.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn look_up(
        &self,
        object: &str,
        match_key: &str,
        fields: &[&str],
        rows: &[Value],
    ) -> Result<Option<Vec<Value>>, CallFailure> {
        let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        let keys = vec![match_key.to_owned()];
        let found = Adapter::<C>::look_up(self.connection.clone(), object.to_owned(), keys, fields, rows.into_bytes())?;
        let line = |line: &str| serde_json::from_str(line).unwrap_or_default();
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).lines().map(line).collect()))
    }

    /// Calls `write`.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn write(&self, rows: Rows) -> Result<Vec<RowResult>, CallFailure> {
        Adapter::<C>::write(self.connection.clone(), rows.0)
    }
}

/// What a call of [`Jobs`] came to, as the host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// It is over.
    Done(Vec<RowResult>),
    /// The host polls again with this text after so many milliseconds.
    Pending {
        /// The text.
        job: String,
        /// Milliseconds.
        poll_after_ms: u32,
    },
}

impl<C: Jobs> Call<C> {
    /// Calls `start`.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn start(&self, rows: Rows) -> Result<JobState, CallFailure> {
        Adapter::<C>::start(self.connection.clone(), rows.0.into()).map(JobState::from)
    }

    /// Calls `poll` with the rows that were started.
    ///
    /// # Errors
    /// What the connector failed with.
    pub fn poll(&self, rows: Rows, job: &str) -> Result<JobState, CallFailure> {
        Adapter::<C>::poll(self.connection.clone(), rows.0.into(), job.to_owned()).map(JobState::from)
    }
}

impl From<jobs::Progress> for JobState {
    fn from(progress: jobs::Progress) -> Self {
        match progress {
            jobs::Progress::Done(results) => Self::Done(results),
            jobs::Progress::Pending(jobs::Pending { job, poll_after_ms }) => Self::Pending { job, poll_after_ms },
        }
    }
}

impl From<Batch> for jobs::Batch {
    fn from(batch: Batch) -> Self {
        let row_ref = |row: RowRef| jobs::RowRef { idempotency_key: row.idempotency_key, remote_id: row.remote_id };
        Self {
            object: batch.object,
            op: batch.op,
            match_keys: batch.match_keys,
            batch_id: batch.batch_id,
            attempt: batch.attempt,
            content_type: batch.content_type,
            rows: batch.rows,
            refs: batch.refs.into_iter().map(row_ref).collect(),
        }
    }
}

fn parse(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or_default()
}

/// The rows of a write. Row `n` has the idempotency key `key-n`.
#[derive(Debug, Clone)]
pub struct Rows(Batch);

impl Rows {
    /// No rows yet, for any operation.
    #[must_use]
    pub fn of(object: &str, operation: Operation, match_key: Option<&str>) -> Self {
        Self(Batch {
            object: object.to_owned(),
            op: operation,
            match_keys: match_key.into_iter().map(str::to_owned).collect(),
            batch_id: "batch-1".to_owned(),
            attempt: 1,
            content_type: CONTENT_TYPE.to_owned(),
            rows: Vec::new(),
            refs: Vec::new(),
        })
    }

    /// Rows to upsert.
    #[must_use]
    pub fn upsert(object: &str, match_key: &str) -> Self {
        Self::of(object, Operation::Upsert, Some(match_key))
    }

    /// Rows to insert.
    #[must_use]
    pub fn insert(object: &str) -> Self {
        Self::of(object, Operation::Insert, None)
    }

    /// Rows to update.
    #[must_use]
    pub fn update(object: &str, match_key: &str) -> Self {
        Self::of(object, Operation::Update, Some(match_key))
    }

    /// Rows to delete.
    #[must_use]
    pub fn delete(object: &str, match_key: &str) -> Self {
        Self::of(object, Operation::Delete, Some(match_key))
    }

    /// Adds a match key.
    #[must_use]
    pub fn and_match(mut self, key: &str) -> Self {
        self.0.match_keys.push(key.to_owned());
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(self, fields: Value) -> Self {
        self.push(fields, None)
    }

    /// Adds a row whose record's id the host has kept.
    #[must_use]
    pub fn row_of(self, remote_id: &str, fields: Value) -> Self {
        self.push(fields, Some(remote_id.to_owned()))
    }

    fn push(mut self, fields: Value, remote_id: Option<String>) -> Self {
        let idempotency_key = format!("key-{}", self.0.refs.len());
        self.0.rows.extend_from_slice(fields.to_string().as_bytes());
        self.0.rows.push(b'\n');
        self.0.refs.push(RowRef { idempotency_key, remote_id });
        self
    }
}
