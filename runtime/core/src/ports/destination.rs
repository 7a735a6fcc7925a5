//! A destination: a connector bound to a connection.

use async_trait::async_trait;

use crate::destination::{CallFailure, RowResult, WriteLimits, WriteRequest};
use crate::object::{Field, Object, Operation};

/// Everything that can be asked of a destination.
#[async_trait]
pub trait Destination: Send + Sync {
    /// The connector as `id@version`.
    fn connector(&self) -> String;

    /// SHA-256 of the connector's component, in hex.
    fn connector_digest(&self) -> String;

    /// Requests sent through this connection so far.
    fn requests(&self) -> u64;

    /// Tries credential and reachability without changing anything; the answer is JSON of schema `offtake.account/1`.
    async fn check(&self) -> Result<String, CallFailure>;

    /// All objects.
    async fn objects(&self) -> Result<Vec<Object>, CallFailure>;

    /// The fields of one object.
    async fn fields(&self, object: &str) -> Result<Vec<Field>, CallFailure>;

    /// What the vendor takes. From here on its rates are kept.
    async fn limits(&self, object: &str, operation: Operation) -> Result<WriteLimits, CallFailure>;

    /// The current fields of records, one JSON text a row in the order of `rows`, `null` where there is no record;
    /// nothing at all when the connector cannot read.
    async fn lookup(
        &self,
        object: &str,
        match_keys: &[String],
        fields: &[String],
        rows: &str,
    ) -> Result<Option<Vec<String>>, CallFailure>;

    /// Writes one batch.
    async fn write(&self, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure>;
}
