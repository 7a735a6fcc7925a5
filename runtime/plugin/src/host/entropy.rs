//! `entropy`: the operating system's randomness.

use super::CallState;
use crate::bindings::entropy;

impl entropy::Host for CallState {
    async fn bytes(&mut self, len: u8) -> Vec<u8> {
        let mut bytes = vec![0; len.into()];
        if let Err(error) = getrandom::fill(&mut bytes) {
            // A guest must never take zeros for randomness: fewer bytes than asked for is a failure it can see.
            tracing::error!(code = "OFT-P019", %error, "the system gave no randomness");
            return Vec::new();
        }
        bytes
    }
}
