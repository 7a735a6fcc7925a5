//! A run: read, diff, batch, write, settle, commit. It knows ports, not drivers.
//!
//! [`plan`] stops after the diff and sends nothing; [`run`] goes on. Values flow one way: what was learnt from the
//! destination comes back only through the state, in the next run.

mod decide;
mod deliver;
mod event;
mod ledger;
mod plan;
mod read;
mod run;
mod spec;
mod stop;

pub use event::{Event, Observer};
pub use plan::{Cost, FieldChange, Plan, Sample, SampleKind, plan};
pub use run::run;
pub use spec::{Ports, SyncSpec};
pub use stop::Stop;
