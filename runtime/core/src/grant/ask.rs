//! What a manifest asks for, in a form that can be kept, shown and compared.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::manifest::{CallLimits, Manifest};

/// Everything that a connector asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Where requests may go.
    pub reach: BTreeSet<Reach>,
    /// Where secrets may go.
    pub secrets: BTreeSet<SecretUse>,
    /// What one call may use.
    pub limits: CallLimits,
}

/// Requests that may be sent: `GET https://api.example.com/v1/**`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reach {
    method: String,
    origin: String,
    path: String,
}

/// A place that gets a secret: `token in Authorization to https://api.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretUse(String);

impl Ask {
    /// What a manifest asks for.
    pub fn of(manifest: &Manifest) -> Self {
        let mut ask = Self { limits: manifest.limits, ..Self::default() };
        for endpoint in manifest.endpoints.values() {
            for method in &endpoint.methods {
                ask.reach.extend(endpoint.paths.iter().map(|path| Reach {
                    method: method.clone(),
                    origin: endpoint.base.clone(),
                    path: path.clone(),
                }));
            }
        }
        for (slot, credential) in &manifest.credentials {
            let origin = |name: &String| manifest.endpoints.get(name).map(|endpoint| endpoint.base.as_str());
            for origin in credential.endpoints.iter().filter_map(origin) {
                let header = credential.header.to_ascii_lowercase();
                ask.secrets.insert(SecretUse(format!("{slot} in {header} to {origin}")));
            }
            if let Some(oauth2) = &credential.oauth2
                && let Some(origin) = origin(&oauth2.endpoint)
            {
                ask.secrets.insert(SecretUse(format!("{slot} for access tokens to {origin}{}", oauth2.path)));
            }
        }
        ask
    }

    /// What this asks for beyond what was approved, in words; empty where it is no more.
    pub fn beyond(&self, approved: &Self) -> Vec<String> {
        let reach = self.reach.iter().filter(|reach| !approved.reach.iter().any(|known| known.covers(reach)));
        let mut beyond: Vec<String> = reach.map(ToString::to_string).collect();
        beyond.extend(self.secrets.difference(&approved.secrets).map(|secret| format!("credential {}", secret.0)));
        let limits = [
            ("memory_mib", self.limits.memory_mib, approved.limits.memory_mib),
            ("cpu_ms", self.limits.cpu_ms, approved.limits.cpu_ms),
            ("wall_ms", self.limits.wall_ms, approved.limits.wall_ms),
        ];
        let higher = limits.into_iter().filter(|(_, asked, approved)| asked > approved);
        beyond.extend(higher.map(|(name, asked, approved)| format!("{name} {asked} instead of {approved}")));
        beyond
    }
}

impl Reach {
    /// Whether everything that `other` lets through is let through by this.
    fn covers(&self, other: &Self) -> bool {
        let path = match self.path.strip_suffix("/**") {
            Some(before) => {
                other.path == before || other.path.strip_prefix(before).is_some_and(|rest| rest.starts_with('/'))
            }
            None => self.path == other.path,
        };
        // A star in the middle may stand for other things in the two patterns.
        let plain = self.path == other.path || !self.path.trim_end_matches("/**").contains('*');
        self.method == other.method && self.origin == other.origin && path && plain
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.origin, self.path)
    }
}

impl fmt::Display for SecretUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Reach> for String {
    fn from(reach: Reach) -> Self {
        reach.to_string()
    }
}

impl TryFrom<String> for Reach {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `METHOD https://host/path`");
        let (method, url) = text.split_once(' ').ok_or_else(wrong)?;
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let slash = rest.find('/').ok_or_else(wrong)?;
        let (authority, path) = rest.split_at_checked(slash).ok_or_else(wrong)?;
        Ok(Self { method: method.to_owned(), origin: format!("{scheme}://{authority}"), path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(reach: &[&str], secrets: &[&str], memory_mib: u32) -> Ask {
        Ask {
            reach: reach.iter().map(|text| Reach::try_from((*text).to_owned()).unwrap()).collect(),
            secrets: secrets.iter().map(|text| SecretUse((*text).to_owned())).collect(),
            limits: CallLimits { memory_mib, ..CallLimits::default() },
        }
    }

    #[test]
    fn only_more_than_was_approved_is_named() {
        let approved = ask(
            &["GET https://a.example/v1/**", "POST https://a.example/v1/batch"],
            &["token in authorization to https://a.example"],
            64,
        );
        type Texts = &'static [&'static str];
        let cases: [(Texts, Texts, u32, Texts); 10] = [
            (&["GET https://a.example/v1/**"], &[], 32, &[]),
            (&["GET https://a.example/v1/x/*"], &[], 64, &[]),
            (&["GET https://a.example/v1"], &[], 64, &[]),
            (&["GET https://a.example/v10"], &[], 64, &["GET https://a.example/v10"]),
            (&["GET https://a.example/**"], &[], 64, &["GET https://a.example/**"]),
            (&["POST https://a.example/v1/batch/x"], &[], 64, &["POST https://a.example/v1/batch/x"]),
            (&["DELETE https://a.example/v1/x"], &[], 64, &["DELETE https://a.example/v1/x"]),
            (&["GET https://b.example/v1/x"], &[], 64, &["GET https://b.example/v1/x"]),
            (
                &[],
                &["token in authorization to https://b.example"],
                64,
                &["credential token in authorization to https://b.example"],
            ),
            (&[], &[], 65, &["memory_mib 65 instead of 64"]),
        ];
        for (reach, secrets, memory_mib, expected) in cases {
            assert_eq!(ask(reach, secrets, memory_mib).beyond(&approved), expected, "{reach:?} {secrets:?}");
        }
        assert_eq!(approved.beyond(&approved), Vec::<String>::new());
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let ask = ask(&["GET https://a.example:8443/v1/**"], &["token in authorization to https://a.example"], 64);
        let kept = serde_json::to_string(&ask).unwrap();
        assert!(kept.contains("\"GET https://a.example:8443/v1/**\""), "{kept}");
        assert_eq!(serde_json::from_str::<Ask>(&kept).unwrap(), ask);
    }
}
