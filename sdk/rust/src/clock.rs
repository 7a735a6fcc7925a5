//! The host's clock. A connector may look at it and must not wait for it.

use crate::host;

/// Milliseconds since 1970 in UTC.
#[must_use]
pub fn now_unix_ms() -> u64 {
    host::now_unix_ms()
}

/// When the host ends the running call, in milliseconds since 1970.
#[must_use]
pub fn deadline_unix_ms() -> u64 {
    host::deadline_unix_ms()
}

/// How long the running call still has.
#[must_use]
pub fn remaining_ms() -> u64 {
    deadline_unix_ms().saturating_sub(now_unix_ms())
}
