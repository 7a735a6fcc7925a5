//! A model with its mapping on top: mapped Arrow batches.

use std::pin::Pin;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use futures::Stream;

use crate::Fault;

/// Batches of one partition.
pub type BatchStream = Pin<Box<dyn Stream<Item = Result<RecordBatch, Fault>> + Send>>;

/// One reading of a model.
pub struct Reading {
    /// The version that is read, where the source has versions.
    pub snapshot: Option<String>,
    /// Partitions to be read side by side.
    pub partitions: Vec<BatchStream>,
}

/// A planned model: its columns are destination fields.
#[async_trait]
pub trait MappedModel: Send + Sync {
    /// Destination fields with their Arrow types.
    fn schema(&self) -> SchemaRef;

    /// Starts reading, on one version of the source.
    async fn read(&self) -> Result<Reading, Fault>;
}
