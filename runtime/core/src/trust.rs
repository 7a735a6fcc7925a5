//! Whose connectors may run.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::Fault;

/// The operator's word on connectors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Whether a connector runs that nobody known has signed.
    pub allow_unsigned: bool,
    /// Who may sign what.
    pub signers: Vec<Signer>,
    /// SHA-256 of components that never run, in hex.
    pub deny: BTreeSet<String>,
    /// The oldest version that runs, by connector: an older one with a known hole is signed, too.
    pub minimum: BTreeMap<String, Version>,
}

/// A key that may sign connectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// A minisign public key, in base64.
    pub key: String,
    /// Ids of connectors; `*` at an end stands for any rest. None means all.
    pub connectors: Vec<String>,
}

/// What is known of a component before it is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// Id of its manifest.
    pub id: &'a str,
    /// Version of its manifest.
    pub version: &'a str,
    /// SHA-256 in hex.
    pub sha256: &'a str,
    /// The public key of the policy that its signature is by; none where it has none, or one of nobody known.
    pub signed_by: Option<&'a str>,
    /// Whether a signature came with it.
    pub has_signature: bool,
}

impl TrustPolicy {
    /// Keys that may sign this connector.
    pub fn keys_for<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.signers.iter().filter(move |signer| signer.may_sign(id)).map(|signer| signer.key.as_str())
    }

    /// Whether a component may run.
    ///
    /// # Errors
    /// OFT-P030 to OFT-P033.
    pub fn judge(&self, evidence: &Evidence<'_>) -> Result<(), Fault> {
        let Evidence { id, version, sha256, .. } = evidence;
        let who = format!("{id} {version}");
        if self.deny.contains(*sha256) {
            let message = format!("{who} is on the list of denied components");
            return Err(Fault::new("OFT-P032", message).with_help("it is named under `trust.deny` of offtake.yml"));
        }
        if let Some(minimum) = self.minimum.get(*id) {
            let old = version.parse::<Version>().map_or(true, |version| version < *minimum);
            if old {
                let message = format!("{who} is older than {minimum}, the oldest that may run");
                return Err(Fault::new("OFT-P033", message).with_help("install a newer one, or lower `trust.minimum`"));
            }
        }
        if evidence.signed_by.is_some() || self.allow_unsigned {
            return Ok(());
        }
        if evidence.has_signature {
            let message = format!("{who} is not signed by a key that may sign `{id}`");
            let help = "check where it comes from; if its signer is to be trusted, add the public key under `trust.signers` of offtake.yml";
            return Err(Fault::new("OFT-P031", message).with_help(help));
        }
        let help = "sign it (`offtake plugin sign`) and name the key under `trust.signers` of offtake.yml; for development set `trust: { unsigned: allow }`";
        Err(Fault::new("OFT-P030", format!("{who} is not signed")).with_help(help))
    }
}

impl Signer {
    fn may_sign(&self, id: &str) -> bool {
        let means = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => id.starts_with(start),
            None => id == pattern,
        };
        self.connectors.is_empty() || self.connectors.iter().any(means)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_run() {
        let strict = TrustPolicy::default();
        let development = TrustPolicy { allow_unsigned: true, ..TrustPolicy::default() };
        let denied = TrustPolicy { deny: BTreeSet::from(["abc".to_owned()]), ..development.clone() };
        let newer = TrustPolicy {
            minimum: BTreeMap::from([("crm".to_owned(), Version::new(1, 10, 0))]),
            ..development.clone()
        };
        let plain = Evidence { id: "crm", version: "1.9.0", sha256: "abc", signed_by: None, has_signature: false };
        let signed = Evidence { signed_by: Some("RWQ"), has_signature: true, ..plain };
        let stranger = Evidence { has_signature: true, ..plain };
        let cases = [
            (&strict, plain, Err("OFT-P030")),
            (&strict, stranger, Err("OFT-P031")),
            (&strict, signed, Ok(())),
            (&development, plain, Ok(())),
            (&development, stranger, Ok(())),
            (&denied, signed, Err("OFT-P032")),
            (&newer, signed, Err("OFT-P033")),
            (&newer, Evidence { version: "1.10.0", ..signed }, Ok(())),
            (&newer, Evidence { version: "1.10.0-rc.1", ..signed }, Err("OFT-P033")),
            (&newer, Evidence { version: "ten", ..signed }, Err("OFT-P033")),
            (&newer, Evidence { id: "desk", ..signed }, Ok(())),
        ];
        for (policy, evidence, expected) in cases {
            let judged = policy.judge(&evidence).map_err(|fault| fault.code);
            assert_eq!(judged, expected, "{policy:?} {evidence:?}");
        }
    }

    #[test]
    fn keys_sign_their_connectors_alone() {
        let signer = |key: &str, connectors: &[&str]| Signer {
            key: key.to_owned(),
            connectors: connectors.iter().map(|id| (*id).to_owned()).collect(),
        };
        let policy = TrustPolicy {
            signers: vec![signer("all", &[]), signer("acme", &["acme-*", "crm"]), signer("desk", &["desk"])],
            ..TrustPolicy::default()
        };
        for (id, expected) in [
            ("crm", &["all", "acme"][..]),
            ("acme-x", &["all", "acme"]),
            ("acme", &["all"]),
            ("desk", &["all", "desk"]),
        ] {
            assert_eq!(policy.keys_for(id).collect::<Vec<_>>(), expected, "{id}");
        }
    }
}
