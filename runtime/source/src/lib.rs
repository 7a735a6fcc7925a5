//! Models: SQL over lakehouse tables, with the mapping as a projection on top.
//!
//! The only crate that names DataFusion and Iceberg. A [`Lake`] plans a [`Model`], a model takes a mapping
//! and becomes a [`Mapped`] model that hands out Arrow batches whose columns are destination fields. Iceberg
//! tables are pinned to their current snapshot when the model is planned.

mod error;
mod files;
mod iceberg_table;
mod lake;
mod mapped;
mod model;
pub mod sample;

pub use error::{Error, MappingError};
pub use lake::Lake;
pub use mapped::Mapped;
pub use model::Model;
