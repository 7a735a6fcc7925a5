//! Joins a connection's file with its connector.

use std::path::Path;
use std::sync::Arc;

use offtake_config::{DestinationConnection, Problem, Problems, Project, check_part};
use offtake_core::manifest::{CredentialKind, Manifest};
use offtake_core::{Fault, Name};
use offtake_egress::{Audit, Credentials, Grant, Options, Outbound, Policy, PolicyError, Quotas};
use offtake_plugin::{Binding, Bound, Connector, Hot};
use serde_json::Value;

use super::supply::Admitted;
use super::{Supply, Workspace};
use crate::secrets;

/// Reads a connector and checks the connection against its manifest; nothing is compiled, nothing runs.
pub(super) fn check(
    supply: &Supply,
    connection: &DestinationConnection,
    problems: &mut Problems,
) -> Option<(Manifest, String)> {
    match supply.admit(&connection.plugin) {
        Ok(Admitted { inspected, .. }) => {
            check_settings(connection, &inspected.manifest, problems);
            Some((inspected.manifest, inspected.digest))
        }
        Err(error) => {
            problems.push(unusable(connection, error));
            None
        }
    }
}

fn unusable(connection: &DestinationConnection, fault: Fault) -> Problem {
    let problem = Problem::at(&connection.document, "/destination/plugin", fault.code, fault.message);
    problem.with_help(fault.help.unwrap_or_default())
}

/// Compiles a connector, gives it its way out, and lets it be replaced from now on.
pub(super) fn bind(
    workspace: &Workspace,
    name: &Name,
    connection: &DestinationConnection,
    problems: &mut Problems,
) -> Option<Arc<Hot>> {
    let admitted = workspace.supply.admit(&connection.plugin);
    let compiled = admitted.and_then(|admitted| Ok(workspace.host.compile(&connection.plugin, admitted.inspected)?));
    match compiled {
        Ok(connector) => {
            let bound = bound(workspace, name, connection, &connector, problems)?;
            Some(workspace.hot.keep(name, bound))
        }
        Err(error) => {
            problems.push(unusable(connection, error));
            None
        }
    }
}

/// Joins a compiled connector with a connection.
pub(super) fn bound(
    workspace: &Workspace,
    name: &Name,
    connection: &DestinationConnection,
    connector: &Connector,
    problems: &mut Problems,
) -> Option<Bound> {
    let manifest = &named_headers(connection, connector.manifest(), problems);
    check_settings(connection, manifest, problems);
    let policy = policy(&workspace.project, connection, manifest, problems);
    let granted = workspace.project.granted(&manifest.id);
    let provided = secrets::provide(&workspace.secrets, connection, manifest, &granted, problems);
    if !problems.is_empty() {
        return None;
    }
    let options = Options {
        connection: name.to_string(),
        connector: format!("{}@{}", manifest.id, manifest.version),
        credentials: Credentials::new(&manifest.credentials, provided),
        policy: policy?,
        bucket: bucket(connection),
        quotas: Quotas::new(manifest.quotas.clone(), connection.quota_reserve),
        audit: Some(audit(workspace, name, problems)?),
    };
    match Outbound::new(options, &workspace.limiters) {
        Ok(outbound) => Some(connector.bind(Binding {
            id: name.to_string(),
            config_json: Value::Object(connection.config.clone()).to_string(),
            egress: Arc::new(outbound),
            limits: granted.limits,
        })),
        Err(error) => {
            problems.push(Problem::at(&connection.document, "/destination", PolicyError::CODE, error.to_string()));
            None
        }
    }
}

/// What is wrong with the connections of a file when this connector is put there.
pub(crate) fn settings_problems(project: &Project, file: &Path, manifest: &Manifest) -> Problems {
    let mut problems = Problems::default();
    for connection in project.destinations.values().filter(|connection| connection.plugin == file) {
        check_settings(connection, manifest, &mut problems);
        policy(project, connection, manifest, &mut problems);
    }
    problems
}

/// The manifest with the headers that the connection names for secrets, where the connector leaves that to it.
fn named_headers(connection: &DestinationConnection, manifest: &Manifest, problems: &mut Problems) -> Manifest {
    let mut manifest = manifest.clone();
    for (slot, header) in &connection.headers {
        match manifest.credentials.get_mut(slot) {
            Some(declared) if declared.kind == CredentialKind::Header => declared.header.clone_from(header),
            Some(_) => {
                let pointer = format!("/destination/credentials/{slot}/header");
                let message = format!("the connector says itself where credential `{slot}` goes");
                let problem = Problem::at(&connection.document, &pointer, "OFT-C010", message);
                problems.push(problem.with_help("leave `header` out"));
            }
            // An unknown slot is found where its secret is read.
            None => {}
        }
    }
    manifest
}

fn check_settings(connection: &DestinationConnection, manifest: &Manifest, problems: &mut Problems) {
    let value = Value::Object(connection.config.clone());
    if !manifest.config.is_null() {
        check_part(&connection.document, "/destination/config", &value, &manifest.config, problems);
    }
}

fn policy(
    project: &Project,
    connection: &DestinationConnection,
    manifest: &Manifest,
    problems: &mut Problems,
) -> Option<Policy> {
    let mut grant = Grant {
        plain_http: connection.plain_http,
        connector: project.granted(&manifest.id),
        block: project.block.clone(),
        ..Grant::default()
    };
    let unknown = |network: &str| format!("`{network}` is not a network: write it as 127.0.0.1/32");
    for (index, network) in connection.networks.iter().enumerate() {
        match network.parse() {
            Ok(network) => grant.networks.push(network),
            Err(_) => {
                let pointer = format!("/destination/allow/networks/{index}");
                problems.push(Problem::at(&connection.document, &pointer, "OFT-C010", unknown(network)));
            }
        }
    }
    for network in &project.block.networks {
        match network.parse() {
            Ok(network) => grant.blocked_networks.push(network),
            Err(_) => problems.push(Problem::general("OFT-C010", format!("`block.networks`: {}", unknown(network)))),
        }
    }
    match Policy::new(manifest, &connection.endpoints, grant) {
        Ok(policy) => Some(policy),
        Err(error) => {
            let pointer = "/destination/endpoints";
            problems.push(Problem::at(&connection.document, pointer, PolicyError::CODE, error.to_string()));
            None
        }
    }
}

/// Connections that take their secret from the same place share its quota.
fn bucket(connection: &DestinationConnection) -> String {
    format!("{:?} {:?}", connection.credentials, connection.endpoints)
}

/// Requests that cannot be written down are not sent.
fn audit(workspace: &Workspace, name: &Name, problems: &mut Problems) -> Option<Audit> {
    match workspace.audits.of(&workspace.project.state, name) {
        Ok(audit) => Some(audit),
        Err(error) => {
            let message = format!("cannot write the audit of the requests of `{name}`: {error}");
            let problem = Problem::general("OFT-E311", message);
            problems.push(problem.with_help("check that the state folder is yours and has space"));
            None
        }
    }
}
