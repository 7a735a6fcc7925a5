//! Reads the secrets that a connection refers to.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use offtake_config::{DestinationConnection, Problem, Problems, Project, suggest};
use offtake_core::grant::Granted;
use offtake_core::manifest::{CredentialSlot, Flow, Manifest};
use offtake_core::secret::{CredentialRef, OAuth2Ref, SecretRef};
use offtake_egress::{Assertion, Entry, OAuth2, Provided, Secret, TokenGrant, Vault};
use offtake_secrets::{Error, Identity, Secrets, Store};
use secrecy::SecretString;

/// Names the identity's file where it is not at its usual place.
const IDENTITY_VARIABLE: &str = "OFFTAKE_IDENTITY";

/// Reads secrets as a project refers to them.
pub(crate) fn of(project: &Project) -> Secrets {
    let named = std::env::var_os(IDENTITY_VARIABLE).map(PathBuf::from);
    let identity = named.or_else(|| config_folder().map(|folder| folder.join("identity.txt")));
    // Where nothing tells whose process this is, the key stays beside the store.
    let identity = identity.unwrap_or_else(|| project.state.join("identity.txt"));
    Secrets::new(Arc::new(Store::at(project.state.join("secrets"), Identity::at(identity))))
}

/// This user's folder for settings.
fn config_folder() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    base.filter(|base| base.is_absolute()).map(|base| base.join("offtake"))
}

/// What a connection provides by slot. What is missing is a problem at its place.
pub(crate) fn provide(
    secrets: &Secrets,
    connection: &DestinationConnection,
    manifest: &Manifest,
    granted: &Granted,
    problems: &mut Problems,
) -> BTreeMap<String, Provided> {
    let mut provided = BTreeMap::new();
    for (slot, reference) in &connection.credentials {
        // What is not granted stays empty, whatever the connection says.
        if !granted.slot(slot) {
            continue;
        }
        let place = Place { secrets, connection, slot };
        let found = manifest.credentials.get(slot).ok_or_else(|| place.unknown(manifest));
        match found.and_then(|declared| place.provided(reference, declared)) {
            Ok(value) => {
                provided.insert(slot.clone(), value);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    for (slot, declared) in &manifest.credentials {
        if granted.slot(slot) && !declared.optional && !connection.credentials.contains_key(slot) {
            let message = format!("credential `{slot}` is not set");
            let help = format!("add `{slot}: {{ env: … }}` under `credentials`: {}", declared.description);
            problems.push(
                Problem::at(&connection.document, "/destination/credentials", "OFT-A003", message).with_help(help),
            );
        }
    }
    provided
}

/// A slot of a connection's file.
struct Place<'a> {
    secrets: &'a Secrets,
    connection: &'a DestinationConnection,
    slot: &'a str,
}

impl Place<'_> {
    fn problem(&self, key: &str, code: &'static str, message: String) -> Problem {
        let pointer = format!("/destination/credentials/{}{key}", self.slot);
        Problem::at(&self.connection.document, &pointer, code, message)
    }

    fn unknown(&self, manifest: &Manifest) -> Box<Problem> {
        let known: Vec<&str> = manifest.credentials.keys().map(String::as_str).collect();
        let message = format!("connector `{}` has no credential slot `{}`", manifest.id, self.slot);
        let help = suggest(self.slot, known.iter().copied())
            .map_or_else(|| format!("it has {}", known.join(", ")), |meant| format!("did you mean `{meant}`?"));
        Box::new(self.problem("", "OFT-C020", message).with_help(help))
    }

    fn provided(&self, reference: &CredentialRef, declared: &CredentialSlot) -> Result<Provided, Box<Problem>> {
        match reference {
            CredentialRef::Secret(reference) => Ok(self.secret("", reference)?.into()),
            CredentialRef::OAuth2(oauth2) => Ok(self.oauth2(oauth2, declared)?.into()),
        }
    }

    /// A secret, with the way to read it again when it was rotated.
    fn secret(&self, key: &str, reference: &SecretRef) -> Result<Secret, Box<Problem>> {
        let value = self.secrets.read(reference);
        let missing = |error: Error| {
            let problem = self.problem(key, error.code(), error.to_string());
            Box::new(problem.with_help(error.help()))
        };
        let (secrets, reference) = (self.secrets.clone(), reference.clone());
        let again = move || secrets.read(&reference).map_err(|error| error.to_string());
        Ok(Secret::new(value.map_err(missing)?).read_again_by(again))
    }

    fn oauth2(&self, oauth2: &OAuth2Ref, declared: &CredentialSlot) -> Result<OAuth2, Box<Problem>> {
        let Some(vendor) = &declared.oauth2 else {
            let message = format!("credential `{}` is not filled by OAuth2", self.slot);
            let help = "give it a secret: `env`, `file`, `command` or `secret`";
            return Err(Box::new(self.problem("/oauth2", "OFT-C024", message).with_help(help)));
        };
        if !vendor.flows.contains(&oauth2.flow) {
            let message = format!("the vendor does not issue tokens for `{}` this way", self.slot);
            let help = format!(
                "it offers {}",
                vendor.flows.iter().map(|flow| flow_name(*flow)).collect::<Vec<_>>().join(", ")
            );
            return Err(Box::new(self.problem("/oauth2/flow", "OFT-C024", message).with_help(help)));
        }
        let client_secret = oauth2.client_secret.as_ref();
        let client_secret =
            client_secret.map(|reference| self.secret("/oauth2/client_secret", reference)).transpose()?;
        let grant = match (&oauth2.flow, &oauth2.refresh_token, &oauth2.assertion) {
            (Flow::RefreshToken, Some(reference), _) => TokenGrant::RefreshToken {
                initial: self.secret("/oauth2/refresh_token", reference)?,
                vault: Arc::new(Kept { store: self.secrets.store().clone(), place: place(oauth2, reference) }),
            },
            (Flow::JwtBearer, _, Some(assertion)) => TokenGrant::JwtBearer(Assertion {
                key: self.secret("/oauth2/private_key", &assertion.key)?,
                key_id: assertion.key_id.clone(),
                issuer: assertion.issuer.clone().unwrap_or_else(|| oauth2.client_id.clone()),
                subject: assertion.subject.clone(),
                audience: assertion.audience.clone().or_else(|| vendor.audience.clone()).ok_or_else(|| {
                    let message = "the connector's manifest names no audience".to_owned();
                    Box::new(self.problem("/oauth2", "OFT-C024", message).with_help("add `audience:`"))
                })?,
            }),
            _ => TokenGrant::ClientCredentials,
        };
        Ok(OAuth2 { grant, client_id: oauth2.client_id.clone(), client_secret, scopes: oauth2.scopes.clone() })
    }
}

fn flow_name(flow: Flow) -> &'static str {
    match flow {
        Flow::ClientCredentials => "client_credentials",
        Flow::RefreshToken => "refresh_token",
        Flow::JwtBearer => "jwt_bearer",
    }
}

/// One place for one refresh token, whichever connection refers to it: two that refresh it apart would lock each
/// other out.
fn place(oauth2: &OAuth2Ref, reference: &SecretRef) -> String {
    let identity = format!("{} {reference:?}", oauth2.client_id);
    blake3::hash(identity.as_bytes()).to_hex().chars().take(16).collect()
}

/// An entry of the store as egress needs it.
struct Kept {
    store: Arc<Store>,
    place: String,
}

/// An entry that is held.
struct HeldEntry(offtake_secrets::Held);

impl Vault for Kept {
    fn hold(&self) -> io::Result<Box<dyn Entry>> {
        let held = Store::hold(&self.store, &self.place).map_err(io::Error::other)?;
        Ok(Box::new(HeldEntry(held)))
    }
}

impl Entry for HeldEntry {
    fn load(&self) -> io::Result<Option<SecretString>> {
        self.0.load().map_err(io::Error::other)
    }

    fn save(&self, text: &SecretString) -> io::Result<()> {
        self.0.save(text).map_err(io::Error::other)
    }
}
