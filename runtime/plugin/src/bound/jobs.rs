//! Work that a vendor finishes later: started once, then asked for until it is over.

use std::sync::Arc;
use std::time::{Duration, Instant as StdInstant};

use offtake_core::backoff::{self, ATTEMPTS_MAX, Next};
use offtake_core::destination::{CallFailure, Detail, Effect, Failure, WriteRequest};
use tokio::time::{Instant, sleep};

use super::{Bound, Written};
use crate::bindings::{self, jobs};
use crate::call::Called;
use crate::guest::Guest;

/// Between two questions; a connector that asks in a loop would use up its vendor's quota.
const WAIT_MIN: Duration = Duration::from_millis(100);
/// Longer, and a job that is over would hold up the run.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Vendors' jobs take seconds to minutes, and are forgotten after an hour (Zendesk). Their rows go again after it.
const JOB_MAX: Duration = Duration::from_secs(60 * 60);
/// A few hundred ids of vendors' jobs, which the host carries from call to call.
const JOB_BYTES_MAX: usize = 64 << 10;

pub(super) fn interface(guest: &Guest) -> wasmtime::Result<&jobs::Guest> {
    let jobs = guest.jobs.as_ref().ok_or_else(|| wasmtime::Error::msg("the connector has no jobs"))?;
    Ok(jobs.offtake_destination0_1_1_jobs())
}

impl Bound {
    /// Starts the batch and asks until it is over.
    pub(super) async fn follow(&self, request: WriteRequest) -> Result<Written, CallFailure> {
        let batch = Arc::new(bindings::job_batch(request));
        let began = Instant::now();
        let mut called = self.start(batch.clone()).await?;
        loop {
            let pending = match called.value {
                jobs::Progress::Done(value) => {
                    return Ok(Called { value, answered: called.answered, refused: called.refused });
                }
                jobs::Progress::Pending(pending) => pending,
            };
            if pending.job.len() > JOB_BYTES_MAX {
                let bytes = pending.job.len();
                return Err(lost(format!("the connector keeps {bytes} bytes of a job, {JOB_BYTES_MAX} are allowed")));
            }
            let wait = Duration::from_millis(pending.poll_after_ms.into()).clamp(WAIT_MIN, WAIT_MAX);
            called = self.ask(&batch, &pending.job, wait, began).await?;
        }
    }

    /// Asks once after the wait, and again where the question itself failed.
    async fn ask(
        &self,
        batch: &Arc<jobs::Batch>,
        job: &str,
        mut wait: Duration,
        began: Instant,
    ) -> Result<Called<jobs::Progress>, CallFailure> {
        let (mut failures, mut throttled) = (0, Duration::ZERO);
        loop {
            if began.elapsed() + wait > JOB_MAX {
                let minutes = JOB_MAX.as_secs() / 60;
                return Err(lost(format!("the destination did not finish a job in {minutes} minutes")));
            }
            sleep(wait).await;
            let asked = StdInstant::now();
            let failed = match self.poll(batch.clone(), job.to_owned()).await {
                Ok(called) => return Ok(called),
                Err(failed) => failed,
            };
            failures += 1;
            let is_locked_out = matches!(failed.failure, Failure::Auth(_)) && failures < ATTEMPTS_MAX;
            wait = if is_locked_out && self.egress.renew(asked).await {
                WAIT_MIN
            } else {
                again(failed, failures, &mut throttled)?
            };
        }
    }
}

/// How long to wait before the same question is asked again, or the failure where that is no use. Whatever it is, the rows
/// are with the vendor, and nobody knows what becomes of them.
fn again(failed: CallFailure, failures: u32, throttled: &mut Duration) -> Result<Duration, CallFailure> {
    let failed = CallFailure { effect: Effect::Unknown, ..failed };
    if !matches!(failed.failure, Failure::Transient(_) | Failure::RateLimited { .. }) {
        return Err(failed);
    }
    match backoff::next(&failed.failure, failures, *throttled, 1.0) {
        Next::Wait { delay, counts } => {
            *throttled += if counts { Duration::ZERO } else { delay };
            Ok(delay.max(WAIT_MIN))
        }
        Next::GiveUp => Err(failed),
    }
}

fn lost(message: String) -> CallFailure {
    let detail = Detail { code: "job_lost".to_owned(), message, ..Detail::default() };
    CallFailure { failure: Failure::Transient(detail), effect: Effect::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_again_only_where_waiting_may_help() {
        let failed = |failure| CallFailure { failure, effect: Effect::None };
        let detail = Detail::default;
        let mut throttled = Duration::ZERO;
        let limited = Failure::RateLimited { retry_after: Some(Duration::from_secs(9)), scope: None, detail: detail() };
        assert_eq!(again(failed(limited), 1, &mut throttled), Ok(Duration::from_secs(9)));
        assert_eq!(throttled, Duration::from_secs(9));
        assert!(again(failed(Failure::Transient(detail())), 1, &mut throttled).is_ok());
        for (failure, failures) in
            [(Failure::Transient(detail()), ATTEMPTS_MAX), (Failure::Auth(detail()), 1), (Failure::Fatal(detail()), 1)]
        {
            let given_up = again(failed(failure), failures, &mut throttled).unwrap_err();
            assert_eq!(given_up.effect, Effect::Unknown);
        }
    }
}
