//! Rules of the house as functions over text, so that each is proven on a bad example.
//!
//! `tests/house.rs` runs them over the repository. What a rule is for stands in `CONTRIBUTING.md`.

pub mod codes;
pub mod edges;
pub mod lines;
pub mod source;
pub mod threats;
pub mod tree;
pub mod wit;
pub mod wrappers;
