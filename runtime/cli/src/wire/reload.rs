//! Puts connectors in place that change while runs go on.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use offtake_config::Problems;
use offtake_core::grant::Ask;
use offtake_core::ports::Destination;
use offtake_core::{Fault, Name};
use offtake_plugin::{Connector, Hot, Swapped};
use offtake_registry::Lock;

use super::supply::Admitted;
use super::{Workspace, connector};

/// Between two looks at the files. A file is read when two looks found the same, so that none is read half written.
const POLL: Duration = Duration::from_millis(50);

/// What tells that a file, its signature or its pin has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp([Option<(SystemTime, u64)>; 3]);

/// A file, and how far it was looked at.
struct Watched {
    stamp: Stamp,
    /// It was the same in two looks, and was offered to its connections.
    settled: bool,
}

impl Stamp {
    fn of(file: &Path, lock: &Path) -> Self {
        let mut signature = file.as_os_str().to_owned();
        signature.push(".minisig");
        let look = |path: &Path| {
            let found = path.metadata().ok()?;
            Some((found.modified().ok()?, found.len()))
        };
        Self([look(file), look(Path::new(&signature)), look(lock)])
    }
}

/// Watches the connectors that are in use, for as long as it is polled.
pub(crate) async fn reload(workspace: &Workspace) -> Infallible {
    let lock = workspace.project.folder.join(Lock::FILE);
    let mut watched: BTreeMap<PathBuf, Watched> = BTreeMap::new();
    loop {
        tokio::time::sleep(POLL).await;
        let mut files: BTreeMap<PathBuf, Vec<(Name, Arc<Hot>)>> = BTreeMap::new();
        for (name, hot) in workspace.hot.all() {
            if let Some(connection) = workspace.project.destinations.get(&name) {
                files.entry(connection.plugin.clone()).or_default().push((name, hot));
            }
        }
        for (file, connections) in files {
            let stamp = Stamp::of(&file, &lock);
            match watched.get_mut(&file) {
                Some(seen) if seen.stamp != stamp => *seen = Watched { stamp, settled: false },
                Some(seen) if seen.settled => {}
                Some(seen) => {
                    seen.settled = true;
                    offer(workspace, &file, &connections).await;
                }
                None => {
                    watched.insert(file, Watched { stamp, settled: false });
                }
            }
        }
    }
}

/// Offers a file to the connections that use it: to all of them, or to none.
async fn offer(workspace: &Workspace, file: &Path, connections: &[(Name, Arc<Hot>)]) {
    match replacement(workspace, file, connections).await {
        Ok(None) => {}
        Ok(Some(connector)) => swap(workspace, file, connections, &connector),
        Err(fault) => {
            let (code, help) = (fault.code, fault.help.as_deref().unwrap_or_default());
            let file = file.display();
            tracing::warn!(code, %file, error = %fault, help, "a changed connector is not put in place; the one before goes on");
        }
    }
}

/// The connector in the file, when it is another one than runs, and may run.
async fn replacement(
    workspace: &Workspace,
    file: &Path,
    connections: &[(Name, Arc<Hot>)],
) -> Result<Option<Connector>, Fault> {
    let running: Vec<(String, Ask)> =
        connections.iter().map(|(_, hot)| (hot.connector_digest(), Ask::of(&hot.manifest()))).collect();
    let (supply, host, path) = (workspace.supply.clone(), workspace.host.clone(), file.to_owned());
    // Compiling takes seconds, in which runs go on.
    let task = tokio::task::spawn_blocking(move || {
        let Admitted { inspected, is_pinned, .. } = supply.admit(&path)?;
        if running.iter().all(|(digest, _)| *digest == inspected.digest) {
            return Ok(None);
        }
        let asks = Ask::of(&inspected.manifest);
        // A person has approved of what a pin asks for.
        let beyond = running.iter().map(|(_, approved)| asks.beyond(approved)).find(|beyond| !beyond.is_empty());
        if let Some(beyond) = beyond.filter(|_| !is_pinned) {
            let message = format!("it asks for more than the one that runs: {}", beyond.join(", "));
            let help = format!("if it is meant: offtake plugin install {} --approve", path.display());
            return Err(Fault::new("OFT-P036", message).with_help(help));
        }
        Ok(Some(host.compile(&path, inspected)?))
    });
    task.await.unwrap_or_else(|_| Err(Fault::new("OFT-P017", "compiling broke off")))
}

fn swap(workspace: &Workspace, file: &Path, connections: &[(Name, Arc<Hot>)], connector: &Connector) {
    let mut problems = Problems::default();
    let mut ready = Vec::new();
    for (name, hot) in connections {
        let Some(connection) = workspace.project.destinations.get(name) else { continue };
        if let Some(bound) = connector::bound(workspace, name, connection, connector, &mut problems) {
            ready.push((hot, bound));
        }
    }
    if !problems.is_empty() {
        let problems: Vec<String> =
            problems.0.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect();
        let (file, problems) = (file.display(), problems.join("; "));
        tracing::warn!(code = "OFT-P023", %file, problems, "a changed connector does not fit its connections; the one before goes on");
        return;
    }
    for (hot, bound) in ready {
        if hot.swap(bound) == Swapped::Distrusted {
            let file = file.display();
            tracing::warn!(code = "OFT-P022", %file, "a connector that broke before is not put in place again");
        }
    }
}
