//! Where connectors come from, and whether they are what they are taken for.
//!
//! A connector is one file. Its minisign signature lies beside it as `NAME.wasm.minisig`, or in a registry as a referrer of
//! its OCI artifact: the same text over the same bytes, so that a file, a registry and a copied folder are verified alike.
//! A [`Lock`] says which bytes a project runs; an [`Installed`] folder keeps them, and those before them.

mod artifact;
mod error;
mod installed;
mod lock;
mod place;
mod registry;
mod signature;

pub use error::Error;
pub use installed::Installed;
pub use lock::{Lock, Origin, Pin, Previous};
pub use place::Place;
pub use registry::{Pulled, Pushed, Registry, RegistryOptions};
pub use signature::{KeyPair, Signature, SigningKey};
