#![doc = include_str!("../README.md")]

mod adapter;
mod batch;
mod bindings;
pub mod clock;
mod connector;
mod context;
pub mod csv;
pub mod entropy;
mod failure;
mod host;
pub mod http;
mod jobs;
pub mod log;
mod lookup;
mod report;
mod retry_after;
mod schema;
mod status;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod value;

pub use batch::{Batch, Cell, Row, text};
pub use bindings::exports::offtake::destination::connector::{Limits, Rate};
pub use bindings::offtake::destination::types::{
    CallFailure, Detail, Effect, Failure, Operation, Outcome, OutcomeKind, RowResult, Throttle,
};
pub use connector::Connector;
pub use context::{Context, NoConfig};
pub use http::{Http, Response, VendorError};
pub use jobs::{Jobs, Progress};
pub use lookup::{Found, Lookup};
pub use report::Report;
pub use schema::{Account, Choice, Field, FieldType, Object, ObjectPage, operation_name};

/// The WIT package that this SDK speaks.
pub const WIT: &str = "offtake:destination@0.1.0";

/// Exports a connector. Once in a crate, beside the type that implements [`Connector`]; with `jobs` behind it where it
/// implements [`Jobs`] as well.
#[macro_export]
macro_rules! export {
    ($connector:ty) => {
        const _: fn() = $crate::__private::is_connector::<$connector>;
        #[cfg(target_arch = "wasm32")]
        #[doc(hidden)]
        mod offtake_export {
            use super::*;
            type Exported = $crate::__private::Adapter<$connector>;
            $crate::__private::export_destination!(Exported with_types_in $crate::__private);
        }
    };
    ($connector:ty, jobs) => {
        $crate::export!($connector);
        const _: fn() = $crate::__private::is_asynchronous::<$connector>;
        #[cfg(target_arch = "wasm32")]
        #[doc(hidden)]
        mod offtake_export_jobs {
            use super::*;
            type Exported = $crate::__private::Adapter<$connector>;
            $crate::__private::export_jobs!(Exported with_types_in $crate::__private::addition);
        }
    };
}

/// What [`export!`] expands to. Not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::adapter::Adapter;
    pub use crate::bindings::{addition, export_destination, export_jobs, exports};

    /// Has the compiler look at the type natively as well, where nothing is exported.
    pub fn is_connector<C: crate::Connector>() {}

    /// The same of a connector whose vendor finishes work later.
    pub fn is_asynchronous<C: crate::Jobs>() {}
}
