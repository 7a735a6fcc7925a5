//! Connectors as sandboxed WebAssembly components. No other crate names wasmtime.
//!
//! [`inspect`] reads a component without running any of it and refuses what the sandbox does not grant; [`Host::load`]
//! compiles it; [`Connector::bind`] joins it with a connection. Every call then gets a fresh store: a trap, a timeout or a
//! limit ends that call and nothing else.

mod bindings;
mod bound;
mod cache;
mod call;
mod compile;
mod component;
mod cost;
mod deadline;
mod engine;
mod error;
mod features;
mod guest;
mod host;
mod hot;
mod image;
mod limits;
mod memory;

pub use bound::{Binding, Bound};
pub use compile::{Child, Compiler, compile_child};
pub use component::{COMPONENT_BYTES_MAX, Inspected, inspect, inspect_bytes};
pub use cost::{Cost, Meter, Metered};
pub use engine::{Connector, Host, Options};
pub use error::Error;
pub use hot::{Hot, Shelf, Swapped};
pub use limits::{CEILING, CompileLimits, GUEST_MEMORY_MIB};
