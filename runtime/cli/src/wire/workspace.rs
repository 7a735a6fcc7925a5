//! A project with what this process needs once to work on it.

use std::path::{Path, PathBuf};

use offtake_config::{Problem, Problems, Project, SyncConfig, suggest};
use offtake_egress::Limiters;
use offtake_plugin::Host;

/// An open project.
pub(crate) struct Workspace {
    pub(crate) project: Project,
    pub(crate) host: Host,
    pub(crate) limiters: Limiters,
}

impl Workspace {
    /// Reads a project's files and sets the sandbox up.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let host = Host::new(cache_folder().map(|cache| cache.join("components")).as_deref());
        Ok(Self {
            project: Self::project(folder)?,
            host: host.map_err(offtake_core::Fault::from)?,
            limiters: Limiters::default(),
        })
    }

    /// The syncs of these names, or all.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&SyncConfig>, Problems> {
        Self::select_in(&self.project, names)
    }

    /// One sync.
    pub(crate) fn sync(&self, name: &str) -> anyhow::Result<&SyncConfig> {
        let found = self.select(&[name.to_owned()])?;
        found.into_iter().next().ok_or_else(|| anyhow::anyhow!("there is no sync `{name}`"))
    }

    /// Reads a project's files alone.
    pub(crate) fn project(folder: &Path) -> anyhow::Result<Project> {
        // Errors and audit lines show whole paths, whatever the folder was typed as.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Ok(offtake_config::load(&folder, &|name| std::env::var(name).ok())?)
    }

    /// The syncs of these names, or all.
    pub(crate) fn select_in<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a SyncConfig>, Problems> {
        if names.is_empty() {
            return Ok(project.syncs.values().collect());
        }
        let mut found = Vec::new();
        let mut problems = Problems::default();
        for name in names {
            match project.syncs.iter().find(|(known, _)| known.as_str() == name) {
                Some((_, sync)) => found.push(sync),
                None => {
                    let known = project.syncs.keys().map(|known| known.as_str());
                    let help = suggest(name, known).map_or_else(
                        || "`offtake ls` lists them".to_owned(),
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    let problem = Problem::general("OFT-C019", format!("there is no sync `{name}`"));
                    problems.push(problem.with_help(help));
                }
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }
}

/// This user's folder for what can be made again: compiled components, built connectors.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.filter(|base| base.is_absolute()).map(|base| base.join("offtake"))
}
