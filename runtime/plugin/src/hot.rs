//! A destination whose connector is replaced while calls go on.
//!
//! Each call runs to its end on the generation that it began with. A new generation is on probation until it has done a
//! number of calls: as long as it breaks, the batch counts as unknown and goes again, and after a few breaks the
//! generation before it takes over.

mod generation;
mod shelf;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use offtake_core::destination::{CallFailure, Detail, Effect, Failure, RowResult, WriteLimits, WriteRequest};
use offtake_core::manifest::Manifest;
use offtake_core::object::{Field, Object, Operation};
use offtake_core::ports::{Destination, Egress};

use self::generation::Generation;
pub use self::shelf::Shelf;
use crate::Bound;

/// Calls after which a generation is no longer on probation.
const PROBATION_CALLS: u32 = 20;
/// Broken calls after which the generation before takes over.
const BREAKS_MAX: u32 = 3;

/// A connector with a connection, in generations.
pub struct Hot {
    current: ArcSwap<Generation>,
    shelf: Arc<Shelf>,
    /// Ways out of generations that were replaced: what they sent still counts.
    past: Mutex<Vec<Arc<dyn Egress>>>,
    /// How long calls of a replaced generation may go on.
    drain: Duration,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// Calls that begin now go to it.
    Replaced,
    /// It runs already.
    Same,
    /// It broke before, and is not tried again.
    Distrusted,
}

/// Runs one call on the current generation, and learns from how it went.
macro_rules! through {
    ($hot:expr, $bound:ident => $call:expr) => {{
        let generation = $hot.generation();
        let $bound = generation.bound();
        let result = tokio::select! {
            biased;
            result = $call => result,
            () = generation.drained() => Err(abandoned()),
        };
        $hot.learn(&generation, result)
    }};
}

impl Hot {
    /// Begins with this connector. Of `shelf` it is told which components broke, by whichever connection found out.
    pub fn new(bound: Bound, shelf: Arc<Shelf>, drain: Duration) -> Self {
        let first = Generation::new(Arc::new(bound), 0, None);
        Self { current: ArcSwap::from_pointee(first), shelf, past: Mutex::default(), drain }
    }

    /// The manifest of the connector to which calls go now.
    pub fn manifest(&self) -> Arc<Manifest> {
        self.current.load().bound().manifest()
    }

    /// Sends calls that begin from now on to another connector.
    pub fn swap(&self, bound: Bound) -> Swapped {
        let digest = bound.connector_digest();
        if self.shelf.is_distrusted(&digest) {
            return Swapped::Distrusted;
        }
        let old = self.current.load_full();
        if old.digest() == digest {
            return Swapped::Same;
        }
        tracing::info!(
            from = old.bound().connector(),
            to = bound.connector(),
            digest,
            "a connector is replaced; calls that have begun end on the one before"
        );
        // What is itself on probation is nothing to go back to.
        let before = old.before().unwrap_or_else(|| old.clone());
        self.put(&old, Generation::new(Arc::new(bound), old.number() + 1, Some(before)));
        Swapped::Replaced
    }

    fn put(&self, old: &Arc<Generation>, new: Generation) {
        self.past.lock().unwrap_or_else(PoisonError::into_inner).push(old.bound().way_out());
        self.current.store(Arc::new(new));
        old.retire(self.drain);
    }

    fn generation(&self) -> Arc<Generation> {
        let current = self.current.load_full();
        // Another connection may have found out that this component breaks.
        if self.shelf.is_distrusted(&current.digest()) {
            self.step_back(&current);
            return self.current.load_full();
        }
        current
    }

    fn learn<T>(&self, generation: &Arc<Generation>, result: Result<T, CallFailure>) -> Result<T, CallFailure> {
        let failed = match result {
            Ok(value) => {
                generation.did(PROBATION_CALLS);
                return Ok(value);
            }
            Err(failed) => failed,
        };
        if !is_broken(&failed) || generation.before().is_none() {
            return Err(failed);
        }
        if generation.broke() >= BREAKS_MAX {
            self.step_back(generation);
        }
        // The one before would not have broken: the batch goes again.
        let detail = failed.failure.detail().clone();
        Err(CallFailure { failure: Failure::Transient(detail), effect: failed.effect })
    }

    /// Has the generation before take over again, where there is one.
    fn step_back(&self, broken: &Arc<Generation>) {
        let Some(before) = broken.before() else { return };
        self.shelf.distrust(broken.digest());
        let current = self.current.load_full();
        // Whoever was faster has done it.
        if current.number() != broken.number() {
            return;
        }
        tracing::warn!(
            code = "OFT-P022",
            from = broken.bound().connector(),
            to = before.bound().connector(),
            digest = broken.digest(),
            "a connector that was just put in place breaks again and again: the one before takes over"
        );
        self.put(&current, Generation::new(before.bound_again(), broken.number() + 1, None));
    }
}

/// Whether the connector itself broke, rather than the vendor or the host. A slow vendor can use up the wall clock.
fn is_broken(failed: &CallFailure) -> bool {
    const BREAKS: [&str; 5] = ["trap", "cpu_limit", "memory_limit", "stack_overflow", "too_much_data"];
    matches!(&failed.failure, Failure::Fatal(detail) if BREAKS.contains(&detail.code.as_str()))
}

fn abandoned() -> CallFailure {
    let message = "the connector was replaced, and the call did not end in the time that it then had".to_owned();
    CallFailure {
        failure: Failure::Transient(Detail { code: "replaced".to_owned(), message, ..Detail::default() }),
        effect: Effect::Unknown,
    }
}

#[async_trait]
impl Destination for Hot {
    fn connector(&self) -> String {
        self.current.load().bound().connector()
    }

    fn connector_digest(&self) -> String {
        self.current.load().digest()
    }

    fn requests(&self) -> u64 {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.iter().map(|egress| egress.requests()).sum::<u64>() + self.current.load().bound().requests()
    }

    async fn check(&self) -> Result<String, CallFailure> {
        through!(self, bound => bound.check())
    }

    async fn objects(&self) -> Result<Vec<Object>, CallFailure> {
        through!(self, bound => bound.objects())
    }

    async fn fields(&self, object: &str) -> Result<Vec<Field>, CallFailure> {
        through!(self, bound => bound.fields(object))
    }

    async fn limits(&self, object: &str, operation: Operation) -> Result<WriteLimits, CallFailure> {
        through!(self, bound => bound.limits(object, operation))
    }

    async fn lookup(
        &self,
        object: &str,
        match_keys: &[String],
        fields: &[String],
        rows: &str,
    ) -> Result<Option<Vec<String>>, CallFailure> {
        through!(self, bound => bound.lookup(object, match_keys, fields, rows))
    }

    async fn write(&self, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure> {
        through!(self, bound => bound.write(request))
    }
}
