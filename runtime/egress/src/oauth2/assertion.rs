//! The assertion of the JWT bearer flow (RFC 7523 §2.1).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::Assertion;

/// How long an assertion counts: vendors refuse more than three to five minutes, and clocks differ.
const LIFE: Duration = Duration::from_secs(180);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

impl Assertion {
    /// Signs an assertion with a key in PEM: RS256 with an RSA key, ES256 with one of the curve P-256.
    pub(super) fn sign(&self, key: &SecretString, now: SystemTime) -> Result<SecretString, String> {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = Claims {
            iss: &self.issuer,
            sub: &self.subject,
            aud: &self.audience,
            iat: seconds,
            exp: seconds + LIFE.as_secs(),
        };
        let pem = key.expose_secret().as_bytes();
        let rsa = EncodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key));
        let found = rsa.or_else(|_| EncodingKey::from_ec_pem(pem).map(|key| (Algorithm::ES256, key)));
        let (algorithm, key) =
            found.map_err(|_| "the private key is neither RSA nor P-256 in PEM (PKCS#8 for P-256)".to_owned())?;
        let header = Header { kid: self.key_id.clone(), ..Header::new(algorithm) };
        let signed = encode(&header, &claims, &key);
        signed.map(SecretString::from).map_err(|_| "the private key cannot sign an assertion".to_owned())
    }
}
