//! The composition root: joins files, drivers and engine.

mod audits;
mod clock;
mod connector;
mod hot;
mod models;
mod prepare;
mod reload;
mod supply;
mod workspace;

pub(crate) use audits::Audits;
pub(crate) use clock::SystemClock;
pub(crate) use connector::settings_problems;
pub(crate) use hot::HotConnections;
pub(crate) use models::Models;
pub(crate) use prepare::{Freshness, prepare};
pub(crate) use reload::reload;
pub(crate) use supply::Supply;
pub(crate) use workspace::{Workspace, cache_folder, host};
