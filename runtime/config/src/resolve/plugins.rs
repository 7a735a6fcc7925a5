//! Grants, the block list and trust, from typed in to usable.

use std::str::FromStr;
use std::sync::Arc;

use offtake_core::grant::{Block, Granted, HostPattern, LimitsGrant};
use offtake_core::trust::{Signer, TrustPolicy};

use super::Typed;
use crate::problem::{Problem, Problems};
use crate::raw::project as raw;
use crate::{Document, Project};

/// Bytes of a SHA-256 in hex.
const DIGEST_BYTES: usize = 64;
/// Characters of a minisign public key.
const KEY_BYTES: usize = 56;

pub(super) fn resolve(typed: &Typed<raw::Project>, project: &mut Project, problems: &mut Problems) {
    let Typed { document, raw } = typed;
    for (id, plugin) in &raw.plugins {
        let pointer = format!("/plugins/{id}/hosts");
        let hosts = plugin.hosts.as_ref().map(|hosts| hosts_of(hosts, document, &pointer, problems));
        let granted = Granted {
            hosts,
            slots: plugin.slots.as_ref().map(|slots| slots.iter().cloned().collect()),
            limits: LimitsGrant {
                memory_mib: plugin.limits.memory_mib,
                cpu_ms: plugin.limits.cpu_ms,
                wall_ms: plugin.limits.wall_ms,
            },
        };
        project.grants.insert(id.clone(), granted);
    }
    project.block = Block {
        hosts: hosts_of(&raw.block.hosts, document, "/block/hosts", problems),
        networks: raw.block.networks.clone(),
    };
    project.trust = trust(&raw.trust, document, problems);
}

fn hosts_of(typed: &[String], document: &Arc<Document>, pointer: &str, problems: &mut Problems) -> Vec<HostPattern> {
    let each = typed.iter().enumerate();
    each.filter_map(|(index, text)| parsed(text, document, &format!("{pointer}/{index}"), problems)).collect()
}

fn trust(typed: &raw::Trust, document: &Arc<Document>, problems: &mut Problems) -> TrustPolicy {
    let mut policy = TrustPolicy { allow_unsigned: typed.unsigned == raw::Unsigned::Allow, ..TrustPolicy::default() };
    for (index, signer) in typed.signers.iter().enumerate() {
        let key = signer.key.trim().to_owned();
        if key.len() != KEY_BYTES || !key.is_ascii() {
            let message = "a minisign public key has 56 characters: the second line of its file".to_owned();
            problems.push(Problem::at(document, &format!("/trust/signers/{index}/key"), "OFT-C010", message));
        }
        policy.signers.push(Signer { key, connectors: signer.connectors.clone() });
    }
    for (index, digest) in typed.deny.iter().enumerate() {
        let digest = digest.trim_start_matches("sha256:").to_ascii_lowercase();
        if digest.len() != DIGEST_BYTES || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let message = "a component is denied by its SHA-256: 64 hex digits".to_owned();
            problems.push(Problem::at(document, &format!("/trust/deny/{index}"), "OFT-C010", message));
        }
        policy.deny.insert(digest);
    }
    for (id, version) in &typed.minimum {
        if let Some(version) = parsed(version, document, &format!("/trust/minimum/{id}"), problems) {
            policy.minimum.insert(id.clone(), version);
        }
    }
    policy
}

fn parsed<T: FromStr>(text: &str, document: &Arc<Document>, pointer: &str, problems: &mut Problems) -> Option<T>
where
    T::Err: ToString,
{
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Problem::at(document, pointer, "OFT-C010", error.to_string()));
            None
        }
    }
}
