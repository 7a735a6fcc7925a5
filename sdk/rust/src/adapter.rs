//! Carries the calls of the WIT to the connector's trait and keeps the rules that every connector has in common.

use std::marker::PhantomData;

use crate::batch::Batch;
use crate::bindings::exports::offtake::destination::connector::{self as wit, Guest};
use crate::bindings::jobs;
use crate::bindings::offtake::destination::types::{
    CallFailure, Connection, Effect, Failure, Operation, Outcome, RowResult,
};
use crate::connector::Connector;
use crate::context::Context;
use crate::jobs::{Jobs, Progress, about_the_job};
use crate::lookup::Lookup;
use crate::schema;

/// Exports a [`Connector`] as the world's `connector` interface.
#[derive(Debug)]
pub struct Adapter<C>(PhantomData<C>);

impl<C: Connector> Guest for Adapter<C> {
    fn check(connection: Connection) -> Result<String, CallFailure> {
        let cx = open::<C>(connection)?;
        Ok(C::check(&cx).map_err(outside_write)?.into_json())
    }

    fn discover_objects(connection: Connection, cursor: Option<String>) -> Result<wit::ObjectPage, CallFailure> {
        let cx = open::<C>(connection)?;
        let page = C::objects(&cx, cursor).map_err(outside_write)?;
        Ok(wit::ObjectPage { objects_json: page.json(), next: page.next })
    }

    fn discover_fields(connection: Connection, object: String) -> Result<String, CallFailure> {
        let cx = open::<C>(connection)?;
        let fields = C::fields(&cx, &object).map_err(outside_write)?;
        Ok(schema::fields_json(&object, &fields))
    }

    fn limits_for(connection: Connection, object: String, operation: Operation) -> Result<wit::Limits, CallFailure> {
        let cx = open::<C>(connection)?;
        C::limits(&cx, &object, operation).map_err(outside_write)
    }

    fn look_up(
        connection: Connection,
        object: String,
        match_keys: Vec<String>,
        fields: Vec<String>,
        rows: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, CallFailure> {
        let cx = open::<C>(connection)?;
        let query = Lookup::parse(object, match_keys, fields, &rows)?;
        let found = C::look_up(&cx, &query).map_err(outside_write)?;
        found.map(|found| query.answer(found)).transpose()
    }

    fn write(connection: Connection, batch: wit::Batch) -> Result<Vec<RowResult>, CallFailure> {
        let cx = open::<C>(connection)?;
        let batch = Batch::parse(batch)?;
        match C::write(&cx, &batch) {
            Ok(report) => Ok(report.into_results()),
            Err(failure) => settle(failure, cx.has_written(), batch.len()),
        }
    }
}

impl<C: Jobs> jobs::Guest for Adapter<C> {
    fn start(connection: Connection, batch: jobs::Batch) -> Result<jobs::Progress, CallFailure> {
        let cx = open::<C>(connection)?;
        let batch = Batch::parse(batch.into())?;
        match C::start(&cx, &batch) {
            Ok(progress) => Ok(progress.into_wit()),
            Err(failure) => settle(failure, cx.has_written(), batch.len()).map(jobs::Progress::Done),
        }
    }

    fn poll(connection: Connection, batch: jobs::Batch, job: String) -> Result<jobs::Progress, CallFailure> {
        let cx = open::<C>(connection)?;
        let batch = Batch::parse(batch.into())?;
        C::poll(&cx, &batch, &job).map(Progress::into_wit).map_err(about_the_job)
    }
}

/// The addition declares the record again, because a frozen version cannot lend it.
impl From<jobs::Batch> for wit::Batch {
    fn from(batch: jobs::Batch) -> Self {
        let row_ref =
            |row: jobs::RowRef| wit::RowRef { idempotency_key: row.idempotency_key, remote_id: row.remote_id };
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

fn open<C: Connector>(connection: Connection) -> Result<Context<C::Config>, CallFailure> {
    report_panics();
    Context::open(connection)
}

/// A failure of the whole write, made true for the whole write.
///
/// The failing request may have done nothing while an earlier one did: the call's effect is then unknown. And a refusal
/// that names no row is about the only row there is.
fn settle(failure: CallFailure, has_written: bool, rows: usize) -> Result<Vec<RowResult>, CallFailure> {
    match failure {
        CallFailure { failure: Failure::Unattributed(detail) | Failure::Rejected(detail), .. } if rows == 1 => {
            Ok(vec![RowResult { row: 0, outcome: Outcome::Failed(Failure::Rejected(detail)), remote_id: None }])
        }
        CallFailure { failure, effect } => {
            Err(CallFailure { failure, effect: if has_written { Effect::Unknown } else { effect } })
        }
    }
}

/// Nothing can be halved outside of a write.
fn outside_write(failure: CallFailure) -> CallFailure {
    match failure.failure {
        Failure::Unattributed(detail) => CallFailure { failure: Failure::Rejected(detail), ..failure },
        failure_kind => CallFailure { failure: failure_kind, effect: failure.effect },
    }
}

/// A trap tells the host nothing, so the place is logged first. The message stays out: it may quote a row.
#[cfg(target_arch = "wasm32")]
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        crate::log::error(&format!("the connector panicked at {place}"));
    }));
}

#[cfg(not(target_arch = "wasm32"))]
fn report_panics() {}
