//! Access tokens: the host gets them from the vendor, so that a guest sees neither them nor what they are got with.

mod assertion;
mod exchange;
mod request;
mod vault;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::time::Instant;

pub(crate) use self::exchange::Exchange;
pub use self::vault::{Entry, Vault};
use crate::Secret;

/// How a connection comes to its access tokens.
pub struct OAuth2 {
    /// The way, with what it needs.
    pub grant: TokenGrant,
    /// The client's public name at the vendor.
    pub client_id: String,
    /// The client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// Scopes in place of the manifest's.
    pub scopes: Option<Vec<String>>,
}

/// A way to an access token.
pub enum TokenGrant {
    /// The client for itself.
    ClientCredentials,
    /// A refresh token, which the vendor may replace with every use.
    RefreshToken {
        /// The first one, as the operator provides it. When another one stands in its place, that one counts.
        initial: Secret,
        /// Where its successors are kept.
        vault: Arc<dyn Vault>,
    },
    /// A signed assertion.
    JwtBearer(Assertion),
}

/// What an assertion is made of.
pub struct Assertion {
    /// Private key in PEM.
    pub key: Secret,
    /// Id of the key.
    pub key_id: Option<String>,
    /// Who vouches.
    pub issuer: String,
    /// For whom.
    pub subject: String,
    /// For which server.
    pub audience: String,
}

/// What the vendor issued.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) access: SecretString,
    /// A new refresh token in place of the one that was used.
    pub(crate) refresh: Option<SecretString>,
    /// Until when it can be sent; none where the vendor does not say.
    pub(crate) good_until: Option<Instant>,
}
