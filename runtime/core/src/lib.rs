//! The vocabulary of Offtake: the nouns that travel between the crates, the ports that drivers
//! implement, and the stages that decide without doing anything.
//!
//! Nothing here opens a file, a socket or a thread. A stage is a function from values to values;
//! the engine performs what it decides.

pub mod backoff;
pub mod batch;
pub mod cell;
pub mod choose;
pub mod convert;
pub mod counts;
pub mod destination;
pub mod diff;
pub mod digest;
pub mod fault;
pub mod grant;
pub mod guard;
pub mod known;
pub mod lake;
pub mod manifest;
pub mod mapping;
pub mod mode;
pub mod name;
pub mod ndjson;
pub mod object;
pub mod partition;
pub mod policy;
pub mod ports;
pub mod rules;
pub mod run;
pub mod secret;
pub mod settle;
pub mod trust;
pub mod typed_key;

pub use fault::{Fault, Retry};
pub use name::Name;
