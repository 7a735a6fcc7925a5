//! The kit against connectors that keep the contract and connectors that break it.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![expect(clippy::print_stdout, reason = "`cargo xtask conform` shows what was found")]

mod careless;
mod connectors;
mod documents;
mod fresh;
mod guests;
mod support;
