//! The only way out of the process towards a destination.
//!
//! A connector names an endpoint and a credential slot; [`Outbound`] builds the URL, checks it against the
//! manifest and the operator's grant, resolves the name and dials only addresses that may be dialled, adds
//! the secret after the guest's bytes are fixed, keeps to the vendor's rates, caps what comes back,
//! redacts secrets in it, and writes an audit line. Redirects are never followed.

mod address;
mod audit;
mod credential;
mod limiter;
mod oauth2;
mod outbound;
mod pace;
mod policy;
mod quota;
mod resolver;
mod retry_after;
mod wire_error;

pub use address::{Grant, blocked};
pub use audit::Audit;
pub use credential::{Credentials, Provided, Secret};
pub use limiter::Limiters;
pub use oauth2::{Assertion, Entry, OAuth2, TokenGrant, Vault};
pub use outbound::{Options, Outbound};
pub use policy::{Policy, PolicyError};
pub use quota::Quotas;
pub use resolver::{Resolver, SystemResolver};
