//! The real way out, watched.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use offtake_core::destination::Rate;
use offtake_core::ports::{Egress, Request, Response, SendError, Waiting};
use offtake_egress::Outbound;

use crate::vendor::{Fault, Plan, Relay, Source};

/// What a connector waits for an answer at most: a vendor that is silent on purpose is not worth half a minute.
const PATIENCE: Duration = Duration::from_secs(2);

/// A vendor elsewhere has the time that it always has, and the wait for its quota is within it.
const PATIENCE_ELSEWHERE: Duration = Duration::from_secs(60);

/// A way out that remembers what went through it. It keeps to the rates of real vendors alone: a kit that waited for the
/// quota of its own would test nothing more.
pub(crate) struct Witness {
    outbound: Outbound,
    elsewhere: Option<Arc<Relay>>,
    patience: Duration,
    seen: Mutex<Seen>,
}

/// What a witness has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Why requests were refused, in the host's words.
    pub(crate) refusals: Vec<String>,
    /// Pauses that the host was asked for.
    pub(crate) pauses: Vec<Duration>,
}

impl Witness {
    pub(crate) fn new(outbound: Outbound, source: &Source, plan: &Plan) -> Self {
        let elsewhere = match source {
            Source::Elsewhere(relay) => Some(relay.clone()),
            Source::Script | Source::Recording(_) => None,
        };
        let silent = matches!(plan, Plan::Fault { fault: Fault::Silence, .. });
        let patience = if elsewhere.is_some() && !silent { PATIENCE_ELSEWHERE } else { PATIENCE };
        Self { outbound, elsewhere, patience, seen: Mutex::default() }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[async_trait]
impl Egress for Witness {
    async fn send(&self, mut request: Request, waiting: &dyn Waiting) -> Result<Response, SendError> {
        request.timeout = Some(request.timeout.map_or(self.patience, |asked| asked.min(self.patience)));
        let result = self.outbound.send(request, waiting).await;
        if let Err(SendError::Refused { code, message, .. }) = &result {
            self.note(|seen| seen.refusals.push(format!("{code}: {message}")));
        }
        result
    }

    fn keep_to(&self, rates: &[Rate]) {
        if let Some(vendor) = &self.elsewhere {
            vendor.keep_to(rates);
        }
    }

    fn pause(&self, wanted: Duration) {
        self.note(|seen| seen.pauses.push(wanted));
    }

    fn requests(&self) -> u64 {
        self.outbound.requests()
    }

    fn redact(&self, text: &str) -> String {
        self.outbound.redact(text)
    }
}
