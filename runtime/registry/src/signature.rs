//! Signatures in minisign's format: ed25519 over the BLAKE2b-512 of the component's bytes.
//!
//! The component holds its own id, version and manifest, so the bytes are all that has to be signed, and whoever has
//! `minisign` can check them without Offtake.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign::{KeyPair as MinisignPair, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// A signature has four short lines.
pub(crate) const SIGNATURE_BYTES_MAX: usize = 4 << 10;

/// A new pair of keys, as the texts of two files.
pub struct KeyPair {
    /// For everybody.
    pub public: String,
    /// For the signer alone.
    pub secret: SecretString,
    /// The public key as it stands in a trust policy.
    pub key: String,
}

/// A key that signs.
pub struct SigningKey {
    key: SecretKey,
    public: PublicKey,
}

/// The text of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature(String);

impl KeyPair {
    /// Makes a pair; the secret key is encrypted with the password where there is one.
    ///
    /// # Errors
    /// OFT-P044 where this machine has no randomness or not enough memory for the password.
    pub fn generate(password: Option<&SecretString>) -> Result<Self, Error> {
        let pair = match password {
            Some(password) => MinisignPair::generate_encrypted_keypair(Some(password.expose_secret().to_owned())),
            None => MinisignPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(bad_key)?;
        let secret = pair.sk.to_box(None).map_err(bad_key)?.into_string();
        Ok(Self {
            public: pair.pk.to_box().map_err(bad_key)?.into_string(),
            key: pair.pk.to_base64(),
            secret: SecretString::from(secret),
        })
    }
}

impl SigningKey {
    /// Reads a secret key in minisign's format.
    ///
    /// # Errors
    /// OFT-P044 where it is none, or the password is missing or wrong.
    pub fn read(text: &SecretString, password: Option<&SecretString>) -> Result<Self, Error> {
        let key = match (unencrypted(text.expose_secret()), password) {
            (Some(key), _) => key,
            (None, Some(password)) => {
                let boxed = SecretKeyBox::from_string(text.expose_secret()).map_err(bad_key)?;
                boxed.into_secret_key(Some(password.expose_secret().to_owned())).map_err(bad_key)?
            }
            (None, None) => {
                return Err(Error::Key { what: "is none, or is encrypted and no password was given".to_owned() });
            }
        };
        let public = PublicKey::from_secret_key(&key).map_err(bad_key)?;
        Ok(Self { key, public })
    }

    /// The public key as it stands in a trust policy.
    pub fn public(&self) -> String {
        self.public.to_base64()
    }

    /// Signs a component. The comment is signed with it and shown to people.
    ///
    /// # Errors
    /// OFT-P044.
    pub fn sign(&self, component: &[u8], comment: &str) -> Result<Signature, Error> {
        // A line break would end the comment's line and begin another.
        let comment: String = comment.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let untrusted = "signature of an Offtake connector";
        let signed =
            minisign::sign(Some(&self.public), &self.key, Cursor::new(component), Some(&comment), Some(untrusted));
        Ok(Signature(signed.map_err(bad_key)?.into_string()))
    }
}

impl Signature {
    /// Takes the text of a signature file.
    ///
    /// # Errors
    /// OFT-P045 where it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > SIGNATURE_BYTES_MAX {
            return Err(Error::Signature { what: format!("is longer than {SIGNATURE_BYTES_MAX} bytes") });
        }
        SignatureBox::from_string(text)
            .map_err(|error| Error::Signature { what: format!("cannot be read: {error}") })?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether this is a signature of these bytes by this public key.
    ///
    /// # Errors
    /// OFT-P044 for a key that is none, OFT-P045 for another's or another file's signature.
    pub fn verify(&self, component: &[u8], public: &str) -> Result<(), Error> {
        let public = PublicKey::from_base64(public.trim()).map_err(bad_key)?;
        let wrong = |error: minisign::PError| Error::Signature { what: format!("does not fit: {error}") };
        let boxed = SignatureBox::from_string(&self.0).map_err(wrong)?;
        // Quiet, nothing to stdout, and no signature of the old kind, which is over the bytes themselves.
        minisign::verify(&public, &boxed, Cursor::new(component), true, false, false).map_err(wrong)
    }

    /// The first of these keys by which it is.
    pub fn by<'a>(&self, component: &[u8], mut keys: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        keys.find(|key| self.verify(component, key).is_ok())
    }
}

/// A key that was made without a password. The library compares a checksum that `minisign -G -W` leaves empty, so the
/// bytes are read here; a damaged key makes signatures that nobody accepts, which signing itself finds out.
fn unencrypted(text: &str) -> Option<SecretKey> {
    const NO_ENCRYPTION: &[u8] = &[0, 0];
    let bytes = STANDARD.decode(text.lines().nth(1)?.trim()).ok()?;
    let key = SecretKey::from_bytes(&bytes).ok()?;
    (bytes.get(2..4) == Some(NO_ENCRYPTION)).then_some(key)
}

fn bad_key(error: minisign::PError) -> Error {
    Error::Key { what: format!("cannot be used: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_fits_its_bytes_and_its_key_alone() {
        let password = SecretString::from("correct horse");
        for password in [None, Some(&password)] {
            let pair = KeyPair::generate(password).unwrap();
            let other = KeyPair::generate(None).unwrap();
            let signing = SigningKey::read(&pair.secret, password).unwrap();
            assert_eq!(signing.public(), pair.key);
            let signature = signing.sign(b"component", "crm 1.0.0\nforged: line").unwrap();
            let signature = Signature::parse(signature.text()).unwrap();
            assert!(signature.verify(b"component", &pair.key).is_ok());
            assert_eq!(signature.verify(b"other", &pair.key).unwrap_err().code(), "OFT-P045");
            assert_eq!(signature.verify(b"component", &other.key).unwrap_err().code(), "OFT-P045");
            assert_eq!(signature.verify(b"component", "no key").unwrap_err().code(), "OFT-P044");
            let keys = [other.key.as_str(), pair.key.as_str()];
            assert_eq!(signature.by(b"component", keys.into_iter()), Some(pair.key.as_str()));
            let tampered = signature.text().replace("crm 1.0.0", "crm 9.0.0");
            assert_eq!(
                Signature::parse(&tampered).unwrap().verify(b"component", &pair.key).unwrap_err().code(),
                "OFT-P045"
            );
        }
    }

    #[test]
    fn keys_and_passwords_have_to_fit() {
        let password = SecretString::from("correct horse");
        let pair = KeyPair::generate(Some(&password)).unwrap();
        let wrong = SecretString::from("wrong");
        for (text, password) in
            [(&pair.secret, None), (&pair.secret, Some(&wrong)), (&SecretString::from("no key"), None)]
        {
            assert_eq!(SigningKey::read(text, password).err().map(|error| error.code()), Some("OFT-P044"));
        }
        assert_eq!(Signature::parse("no signature").unwrap_err().code(), "OFT-P045");
        assert_eq!(Signature::parse(&"x".repeat(10_000)).unwrap_err().code(), "OFT-P045");
    }
}
