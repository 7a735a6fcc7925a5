//! Ends the process at a named point, as a power switch would: for tests of what is left then. Only builds with the
//! feature `failpoints` have such points.

use std::sync::atomic::{AtomicU32, Ordering};

/// `OFFTAKE_KILL_AT=point:n` ends the process when it reaches the point for the nth time.
pub(crate) fn arm() {
    let Ok(wanted) = std::env::var("OFFTAKE_KILL_AT") else { return };
    let (point, nth) = wanted.rsplit_once(':').unwrap_or((&wanted, "1"));
    let nth: u32 = nth.parse().unwrap_or(1);
    let reached = AtomicU32::new(0);
    let armed = fail::cfg_callback(point, move || {
        if reached.fetch_add(1, Ordering::Relaxed) + 1 == nth {
            // Nothing is written, closed or unwound after this.
            let _ended = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    });
    if let Err(error) = armed {
        tracing::error!(code = "OFT-X001", error, "the point cannot be armed");
    }
}
