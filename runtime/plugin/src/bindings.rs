//! Types generated from the WIT, and their conversion from and to the nouns of core. They leave this crate nowhere.

use std::time::Duration;

use offtake_core::destination as core;
use offtake_core::object::Operation;
use offtake_core::ports;

use crate::limits::{CONCURRENCY_MAX, ROWS_BYTES_MAX, ROWS_MAX};

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "destination",
        imports: { default: async },
        exports: { default: async },
    });
}

/// What version 0.1.1 adds. It has no imports of its own but types.
mod addition {
    wasmtime::component::bindgen!({
        path: ["../../wit/0.1.0", "../../wit/0.1.1"],
        world: "offtake:destination/addition@0.1.1",
        exports: { default: async },
        with: { "offtake:destination/types@0.1.0": super::generated::offtake::destination::types },
    });
}

pub(crate) use addition::exports::offtake::destination0_1_1::jobs;
pub(crate) use addition::{Addition, AdditionIndices};
pub(crate) use generated::exports::offtake::destination::connector;
pub(crate) use generated::offtake::destination::{clock, entropy, http, log, types};
pub(crate) use generated::{Destination, DestinationIndices};

fn detail(detail: types::Detail) -> core::Detail {
    core::Detail { code: detail.code, message: detail.message, http_status: detail.http_status, field: detail.field }
}

pub(crate) fn failure(failure: types::Failure) -> core::Failure {
    match failure {
        types::Failure::Transient(why) => core::Failure::Transient(detail(why)),
        types::Failure::RateLimited(throttle) => core::Failure::RateLimited {
            retry_after: throttle.retry_after_ms.map(Duration::from_millis),
            scope: throttle.scope,
            detail: detail(throttle.detail),
        },
        types::Failure::Auth(why) => core::Failure::Auth(detail(why)),
        types::Failure::Forbidden(why) => core::Failure::Forbidden(detail(why)),
        types::Failure::Rejected(why) => core::Failure::Rejected(detail(why)),
        types::Failure::Unattributed(why) => core::Failure::Unattributed(detail(why)),
        types::Failure::TooLarge(why) => core::Failure::TooLarge(detail(why)),
        types::Failure::SchemaChanged(why) => core::Failure::SchemaChanged(detail(why)),
        types::Failure::Misconfigured(why) => core::Failure::Misconfigured(detail(why)),
        types::Failure::Fatal(why) => core::Failure::Fatal(detail(why)),
    }
}

pub(crate) fn call_failure(failed: types::CallFailure) -> core::CallFailure {
    core::CallFailure {
        failure: failure(failed.failure),
        effect: match failed.effect {
            types::Effect::None => core::Effect::None,
            types::Effect::Unknown => core::Effect::Unknown,
        },
    }
}

pub(crate) fn row_result(result: types::RowResult) -> core::RowResult {
    core::RowResult {
        row: result.row,
        outcome: match result.outcome {
            types::Outcome::Done(kind) => Ok(outcome_kind(kind)),
            types::Outcome::Failed(failed) => Err(failure(failed)),
        },
        remote_id: result.remote_id,
    }
}

fn outcome_kind(kind: types::OutcomeKind) -> core::OutcomeKind {
    match kind {
        types::OutcomeKind::Created => core::OutcomeKind::Created,
        types::OutcomeKind::Updated => core::OutcomeKind::Updated,
        types::OutcomeKind::Unchanged => core::OutcomeKind::Unchanged,
        types::OutcomeKind::Deleted => core::OutcomeKind::Deleted,
        types::OutcomeKind::Accepted => core::OutcomeKind::Accepted,
    }
}

pub(crate) fn limits(limits: connector::Limits) -> core::WriteLimits {
    let rates = limits
        .rates
        .into_iter()
        .map(|rate| core::Rate { requests: rate.requests, window: Duration::from_millis(rate.window_ms.into()) });
    core::WriteLimits {
        max_rows: limits.max_rows.min(ROWS_MAX),
        max_bytes: limits.max_bytes.min(ROWS_BYTES_MAX),
        max_concurrency: limits.max_concurrency.min(CONCURRENCY_MAX),
        rates: rates.collect(),
    }
}

pub(crate) fn operation(operation: Operation) -> types::Operation {
    match operation {
        Operation::Insert => types::Operation::Insert,
        Operation::Update => types::Operation::Update,
        Operation::Upsert => types::Operation::Upsert,
        Operation::Delete => types::Operation::Delete,
        Operation::Append => types::Operation::Append,
        Operation::MemberAdd => types::Operation::MemberAdd,
        Operation::MemberRemove => types::Operation::MemberRemove,
    }
}

pub(crate) fn batch(request: core::WriteRequest) -> connector::Batch {
    let refs = request
        .refs
        .into_iter()
        .map(|row| connector::RowRef { idempotency_key: row.idempotency_key, remote_id: row.remote_id });
    connector::Batch {
        object: request.object,
        op: operation(request.operation),
        match_keys: request.match_keys,
        batch_id: request.batch_id,
        attempt: request.attempt,
        content_type: offtake_core::ndjson::CONTENT_TYPE.to_owned(),
        rows: request.rows.into_bytes(),
        refs: refs.collect(),
    }
}

pub(crate) fn job_batch(request: core::WriteRequest) -> jobs::Batch {
    let connector::Batch { object, op, match_keys, batch_id, attempt, content_type, rows, refs } = batch(request);
    let refs =
        refs.into_iter().map(|row| jobs::RowRef { idempotency_key: row.idempotency_key, remote_id: row.remote_id });
    jobs::Batch { object, op, match_keys, batch_id, attempt, content_type, rows, refs: refs.collect() }
}

pub(crate) fn request(request: http::Request) -> ports::Request {
    ports::Request {
        method: request.method,
        target: match request.target {
            http::Target::Endpoint((name, path)) => ports::Target::Endpoint(name, path),
            http::Target::Absolute(url) => ports::Target::Absolute(url),
        },
        headers: request.headers,
        body: request.body,
        auth: request.auth,
        timeout: request.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
        idempotency_key: request.idempotency_key,
        max_response_bytes: request.max_response_bytes,
    }
}

pub(crate) fn response(result: Result<ports::Response, ports::SendError>) -> Result<http::Response, http::Error> {
    match result {
        Ok(response) => Ok(http::Response { status: response.status, headers: response.headers, body: response.body }),
        Err(error) => Err(match error {
            // Nothing was sent, and it is no fault of the request: like a destination that is out of reach for now.
            ports::SendError::Refused { refusal: ports::Refusal::QuotaSpent, message, .. } => {
                http::Error::Connect(message)
            }
            ports::SendError::Refused { refusal, .. } => http::Error::Refused(match refusal {
                ports::Refusal::DeniedByPolicy => http::Refusal::DeniedByPolicy,
                ports::Refusal::TooLarge => http::Refusal::TooLarge,
                ports::Refusal::BudgetExhausted | ports::Refusal::QuotaSpent => http::Refusal::BudgetExhausted,
                ports::Refusal::InvalidRequest => http::Refusal::InvalidRequest,
                ports::Refusal::UnknownCredential => http::Refusal::UnknownCredential,
            }),
            ports::SendError::Dns(why) => http::Error::Dns(why),
            ports::SendError::Connect(why) => http::Error::Connect(why),
            ports::SendError::Tls(why) => http::Error::Tls(why),
            ports::SendError::Timeout => http::Error::Timeout,
            ports::SendError::Reset(why) => http::Error::Reset(why),
        }),
    }
}
