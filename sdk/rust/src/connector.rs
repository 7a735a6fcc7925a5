//! The one trait that a connector implements.

use serde::de::DeserializeOwned;

use crate::batch::Batch;
use crate::bindings::exports::offtake::destination::connector::Limits;
use crate::bindings::offtake::destination::types::{CallFailure, Operation};
use crate::context::Context;
use crate::lookup::{Found, Lookup};
use crate::report::Report;
use crate::schema::{Account, Field, ObjectPage};

/// A destination. Every call runs in a fresh instance: nothing is remembered between calls.
///
/// A connector neither sleeps nor retries. It names the failure and the host decides.
pub trait Connector {
    /// The connection's configuration, without secrets. Use [`crate::NoConfig`] where there is none.
    type Config: DeserializeOwned;

    /// Tries credential and reachability without changing anything.
    ///
    /// # Errors
    /// What stood in the way.
    fn check(cx: &Context<Self::Config>) -> Result<Account, CallFailure>;

    /// The objects that can be written, page by page.
    ///
    /// # Errors
    /// What stood in the way.
    fn objects(cx: &Context<Self::Config>, cursor: Option<String>) -> Result<ObjectPage, CallFailure>;

    /// The fields of one object.
    ///
    /// # Errors
    /// Schema-changed when there is no such object, or what stood in the way.
    fn fields(cx: &Context<Self::Config>, object: &str) -> Result<Vec<Field>, CallFailure>;

    /// How many rows a call takes and how many requests the vendor allows.
    ///
    /// # Errors
    /// What stood in the way.
    fn limits(cx: &Context<Self::Config>, object: &str, operation: Operation) -> Result<Limits, CallFailure>;

    /// Reads the current values of fields, for a plan that shows what a write would change. None: this object, or any
    /// object of this connector, cannot be read.
    ///
    /// It never writes: mark a POST with [`crate::http::Request::read_only`].
    ///
    /// # Errors
    /// What stood in the way.
    fn look_up(cx: &Context<Self::Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        let _ = (cx, query);
        Ok(None)
    }

    /// Writes the rows and answers for each.
    ///
    /// # Errors
    /// The failure of the whole call. Once rows have been written, prefer a report that leaves the others out.
    fn write(cx: &Context<Self::Config>, batch: &Batch) -> Result<Report, CallFailure>;
}
