//! What the engine needs of the outside, as traits. Drivers implement them, `cli` hands them over.

mod destination;
mod egress;
mod source;
mod state;

pub use destination::Destination;
pub use egress::{Credential, Egress, Refusal, Request, Response, SendError, Target, Waiting};
pub use source::{BatchStream, MappedModel, Reading};
pub use state::{Intent, Kept, Listed, Settled, StateStore};

use std::time::Duration;

/// Time, so that a run can be simulated.
#[async_trait::async_trait]
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now_ms(&self) -> u64;
    /// Returns after `duration`.
    async fn sleep(&self, duration: Duration);
}
