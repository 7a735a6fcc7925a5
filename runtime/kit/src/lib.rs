//! Does a connector keep the contract? `docs/spec/conformance.md` has every check.
//!
//! The connector is loaded by the real host and leaves through the real way out, whose endpoints are moved to a vendor on
//! loopback. A [`Script`] beside the connector says how that vendor answers; faults are the kit's own. Each [`Check`] opens
//! sessions, drives the connector in them as the engine would, and compares what it answered with what the vendor saw.

mod check;
mod checks;
mod conduct;
mod cost;
mod error;
mod journal;
mod recording;
mod script;
mod session;
mod stage;
mod vendor;
mod witness;

pub use check::{Check, Outcome, Report, Verdict};
pub use checks::ALL;
pub use cost::{CostReport, CostRow, cost};
pub use error::Error;
pub use recording::Recording;
pub use script::Script;
pub use stage::{Options, Stage, Talk};
