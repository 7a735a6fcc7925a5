//! Where secrets come from: environment variables, files, programs, and a store that is encrypted on disk.
//!
//! [`Secrets::read`] follows a reference of the configuration. A [`Store`] keeps one file an entry, encrypted with age to
//! this user's identity; [`Store::hold`] gives out one entry alone, so that a refresh token can be replaced safely.

mod command;
mod error;
mod file;
mod identity;
mod read;
mod store;

pub use error::Error;
pub use identity::Identity;
pub use read::Secrets;
pub use store::{Held, Store};
