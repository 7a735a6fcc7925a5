//! Vendor simulators: in-memory servers that answer as the real SaaS does.
//!
//! Tests and the demo point a connector at one of them instead of the vendor. Each one keeps a journal of
//! what it was asked, shows what it has stored, and can be told to fail. `README.md` says which behaviours
//! rest on recorded traffic and which on documentation alone.
//!
//! What all of them share stands here: a vendor's module writes its state, its routes, whom it lets in, its limits and
//! its headers ([`Vendor`]), and gets a [`Running`] simulator.

mod answer;
pub mod braze;
mod clock;
mod control;
mod csv;
mod email;
mod fault;
mod gate;
pub mod hubspot;
mod ident;
mod journal;
pub mod marketo;
mod running;
pub mod salesforce;
mod server;
mod torn;
mod vendor;
pub mod webhook;
mod window;
pub mod zendesk;

pub use fault::{Answer, Fault, Store};
pub use journal::Entry;
pub use running::Running;
pub use vendor::{Command, Setup, Vendor};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A poisoned lock means that a handler panicked; the state is still a simulator's state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
