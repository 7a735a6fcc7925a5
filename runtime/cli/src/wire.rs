//! The composition root: joins files, drivers and engine.

mod clock;
mod connector;
mod prepare;
mod workspace;

pub(crate) use clock::SystemClock;
pub(crate) use prepare::{Freshness, prepare};
pub(crate) use workspace::{Workspace, cache_folder};
