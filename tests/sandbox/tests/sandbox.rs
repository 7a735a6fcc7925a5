//! The host against connectors that misbehave, and against files that are no connectors.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]
#![expect(clippy::print_stdout, reason = "a failed test shows what was measured")]

mod addresses;
mod bounded;
mod cache;
mod compiling;
mod doors;
mod echoes;
mod files;
mod golden;
mod guests;
mod hot;
mod later;
mod mutations;
mod side_by_side;
mod support;
mod wasi;
