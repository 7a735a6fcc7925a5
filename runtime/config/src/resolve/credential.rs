//! What fills a credential slot, from typed in to usable.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use offtake_core::manifest::Flow;
use offtake_core::secret::{AssertionRef, CredentialRef, OAuth2Ref, SecretRef};

use crate::Document;
use crate::problem::{Problem, Problems};
use crate::raw::connection as raw;

pub(super) fn resolve(
    typed: BTreeMap<String, raw::Credential>,
    folder: &Path,
    document: &Arc<Document>,
    problems: &mut Problems,
) -> BTreeMap<String, CredentialRef> {
    let mut credentials = BTreeMap::new();
    for (slot, credential) in typed {
        let mut place = Place { folder, document, pointer: format!("/destination/credentials/{slot}"), problems };
        if let Some(resolved) = place.credential(credential) {
            credentials.insert(slot, resolved);
        }
    }
    credentials
}

/// A slot of a file, and what is wrong with it.
struct Place<'a> {
    folder: &'a Path,
    document: &'a Arc<Document>,
    pointer: String,
    problems: &'a mut Problems,
}

impl Place<'_> {
    fn credential(&mut self, typed: raw::Credential) -> Option<CredentialRef> {
        let raw::Credential { env, file, command, secret, oauth2, header: _ } = typed;
        let plain = raw::Secret { env, file, command, secret };
        match oauth2 {
            Some(oauth2) if plain.is_empty() => self.oauth2(oauth2).map(Box::new).map(CredentialRef::OAuth2),
            Some(_) => self.not_one("a credential has one of `env`, `file`, `command`, `secret` and `oauth2`"),
            None => self.secret("", plain).map(CredentialRef::Secret),
        }
    }

    fn secret(&mut self, key: &str, typed: raw::Secret) -> Option<SecretRef> {
        match typed {
            raw::Secret { env: Some(variable), file: None, command: None, secret: None } => {
                Some(SecretRef::Env(variable))
            }
            raw::Secret { env: None, file: Some(file), command: None, secret: None } => {
                Some(SecretRef::File(self.folder.join(file)))
            }
            raw::Secret { env: None, file: None, command: Some(command), secret: None } if !command.is_empty() => {
                Some(SecretRef::Command(command))
            }
            raw::Secret { env: None, file: None, command: None, secret: Some(name) } => Some(SecretRef::Stored(name)),
            _ => {
                let outer = self.pointer.clone();
                self.pointer = format!("{outer}{key}");
                let none = self.not_one("a secret has one of `env`, `file`, `command` and `secret`");
                self.pointer = outer;
                none
            }
        }
    }

    fn oauth2(&mut self, typed: raw::OAuth2) -> Option<OAuth2Ref> {
        let flow = match typed.flow {
            raw::Flow::ClientCredentials => Flow::ClientCredentials,
            raw::Flow::RefreshToken => Flow::RefreshToken,
            raw::Flow::JwtBearer => Flow::JwtBearer,
        };
        let needs = [
            ("client_secret", flow == Flow::ClientCredentials, typed.client_secret.is_some()),
            ("refresh_token", flow == Flow::RefreshToken, typed.refresh_token.is_some()),
            ("private_key", flow == Flow::JwtBearer, typed.private_key.is_some()),
            ("subject", flow == Flow::JwtBearer, typed.subject.is_some()),
        ];
        let mut complete = true;
        for (key, _, _) in needs.into_iter().filter(|(_, needed, given)| *needed && !*given) {
            let message = format!("key `{key}` is missing: this flow needs it");
            self.problems.push(Problem::at(self.document, &format!("{}/oauth2", self.pointer), "OFT-C004", message));
            complete = false;
        }
        let mut part = |key: &str, typed: Option<raw::Secret>| match typed {
            None => Some(None),
            Some(typed) => self.secret(&format!("/oauth2/{key}"), typed).map(Some),
        };
        let client_secret = part("client_secret", typed.client_secret);
        let refresh_token = part("refresh_token", typed.refresh_token);
        let key = part("private_key", typed.private_key);
        let assertion = match (key?, typed.subject) {
            (Some(key), Some(subject)) => Some(AssertionRef {
                key,
                key_id: typed.key_id,
                issuer: typed.issuer,
                subject,
                audience: typed.audience,
            }),
            _ => None,
        };
        let resolved = OAuth2Ref {
            flow,
            client_id: typed.client_id,
            client_secret: client_secret?,
            refresh_token: refresh_token?,
            assertion,
            scopes: typed.scopes,
        };
        complete.then_some(resolved)
    }

    fn not_one<T>(&mut self, message: &str) -> Option<T> {
        self.problems.push(Problem::at(self.document, &self.pointer, "OFT-C009", message));
        None
    }
}

impl raw::Secret {
    fn is_empty(&self) -> bool {
        self.env.is_none() && self.file.is_none() && self.command.is_none() && self.secret.is_none()
    }
}
