//! A model with its mapping: what the engine reads.

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use datafusion::dataframe::DataFrame;
use futures::{StreamExt, TryStreamExt};
use offtake_core::Fault;
use offtake_core::ports::{BatchStream, MappedModel, Reading};

use crate::Error;
use crate::error::words;

/// A planned query whose columns are destination fields.
#[derive(Debug, Clone)]
pub struct Mapped {
    rows: DataFrame,
    snapshot: Option<String>,
}

impl Mapped {
    pub(crate) fn new(rows: DataFrame, snapshot: Option<String>) -> Self {
        Self { rows, snapshot }
    }
}

#[async_trait]
impl MappedModel for Mapped {
    fn schema(&self) -> SchemaRef {
        self.rows.schema().inner().clone()
    }

    async fn read(&self) -> Result<Reading, Fault> {
        let streams = self.rows.clone().execute_stream_partitioned().await;
        let streams = streams.map_err(|error| Fault::from(Error::Query(words(&error))))?;
        let partitions = streams.into_iter().map(|stream| {
            let failed = |error| Fault::from(Error::Query(words(&error)));
            let rows: BatchStream = stream.map_err(failed).boxed();
            rows
        });
        Ok(Reading { snapshot: self.snapshot.clone(), partitions: partitions.collect() })
    }
}
