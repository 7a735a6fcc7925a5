//! Fresh randomness from the host. Never mint an idempotency key from it: the host has minted one for every row.

use crate::host;

/// `len` random bytes.
#[must_use]
pub fn bytes(len: u8) -> Vec<u8> {
    host::random(len)
}

/// `len` random bytes as lowercase hexadecimal digits.
#[must_use]
pub fn hex(len: u8) -> String {
    bytes(len).iter().map(|byte| format!("{byte:02x}")).collect()
}
