//! Where secrets come from. These are references: what they lead to never stands in a file of the project.

use std::path::PathBuf;

use crate::manifest::Flow;

/// Where one secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
    /// What a program prints: its path and arguments.
    Command(Vec<String>),
    /// An entry of the encrypted store, by name.
    Stored(String),
}

/// What fills a credential slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialRef {
    /// The secret as it is.
    Secret(SecretRef),
    /// An access token, for which the host asks the vendor.
    OAuth2(Box<OAuth2Ref>),
}

/// How the host comes to an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2Ref {
    /// Which way.
    pub flow: Flow,
    /// The client's public name at the vendor.
    pub client_id: String,
    /// The client's secret, where it has one.
    pub client_secret: Option<SecretRef>,
    /// The first refresh token of [`Flow::RefreshToken`].
    pub refresh_token: Option<SecretRef>,
    /// The key of [`Flow::JwtBearer`], and what it vouches for.
    pub assertion: Option<AssertionRef>,
    /// Scopes in place of the manifest's.
    pub scopes: Option<Vec<String>>,
}

/// What an assertion of the JWT bearer flow (RFC 7523) is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionRef {
    /// Private key in PEM (PKCS#8, PKCS#1 or SEC1).
    pub key: SecretRef,
    /// Id of the key, where the vendor wants one.
    pub key_id: Option<String>,
    /// Who vouches; the client id where none is given.
    pub issuer: Option<String>,
    /// For whom.
    pub subject: String,
    /// In place of the manifest's audience.
    pub audience: Option<String>,
}
