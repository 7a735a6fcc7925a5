//! The composition root: joins files, drivers and engine.

mod clock;
mod connector;
mod models;
mod prepare;
mod supply;
mod workspace;

pub(crate) use clock::SystemClock;
pub(crate) use connector::settings_problems;
pub(crate) use models::Models;
pub(crate) use prepare::{Freshness, prepare};
pub(crate) use supply::Supply;
pub(crate) use workspace::{Workspace, cache_folder};
