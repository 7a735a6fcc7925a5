//! Has its vendor finish the work later, in the way that the object names.

use guest_base::{Asynchronous, Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Progress, Report};

/// More than the host keeps of a job.
const HEAVY_BYTES: usize = 65 << 10;
/// Questions until the work is done.
const STEPS: u32 = 3;

/// The guest.
#[derive(Debug)]
pub struct Later;

impl Guest for Later {
    fn write(_: &Context<NoConfig>, _: &Batch) -> Result<Report, CallFailure> {
        Err(CallFailure::misconfigured("needs_jobs", "this host does not wait for jobs"))
    }
}

impl Asynchronous for Later {
    fn start(cx: &Context<NoConfig>, batch: &Batch) -> Result<Progress, CallFailure> {
        cx.http().post("api", "/v1/jobs").auth("token").body("text/plain", "rows").send()?;
        Ok(match batch.object() {
            "at-once" => Progress::Done(accept(batch)),
            "heavy" => pending("x".repeat(HEAVY_BYTES)),
            _ => pending("0".to_owned()),
        })
    }

    fn poll(cx: &Context<NoConfig>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
        cx.http().get("api", format!("/v1/jobs/{job}")).auth("token").send()?;
        let step = job.parse::<u32>().unwrap_or_default() + 1;
        let is_over = step == STEPS && batch.object() != "for-ever";
        Ok(if is_over { Progress::Done(accept(batch)) } else { pending(step.to_string()) })
    }
}

fn pending(job: String) -> Progress {
    Progress::Pending { job, poll_after_ms: 1 }
}

offtake_sdk::export!(Base<Later>, jobs);
