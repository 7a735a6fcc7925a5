//! A project with what this process needs once to work on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use offtake_config::{Problem, Problems, Project, SyncConfig, suggest};
use offtake_core::Fault;
use offtake_egress::Limiters;
use offtake_plugin::{Child, CompileLimits, Compiler, Host, Options};
use offtake_secrets::Secrets;

use super::{Audits, HotConnections, Models, Supply};
use crate::args::COMPILE;

/// An open project.
pub(crate) struct Workspace {
    pub(crate) project: Project,
    pub(crate) host: Arc<Host>,
    pub(crate) limiters: Limiters,
    pub(crate) models: Models,
    pub(crate) secrets: Secrets,
    pub(crate) supply: Supply,
    pub(crate) hot: HotConnections,
    pub(crate) audits: Audits,
}

impl Workspace {
    /// Reads a project's files and sets the sandbox up.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let project = Self::project(folder)?;
        Ok(Self {
            secrets: crate::secrets::of(&project),
            supply: Supply::of(&project),
            project,
            host: Arc::new(host()?),
            limiters: Limiters::default(),
            models: Models::default(),
            hot: HotConnections::default(),
            audits: Audits::default(),
        })
    }

    /// The syncs of these names, or all.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&SyncConfig>, Problems> {
        Self::select_in(&self.project, names)
    }

    /// One sync.
    pub(crate) fn sync(&self, name: &str) -> anyhow::Result<&SyncConfig> {
        Self::one_in(&self.project, name)
    }

    /// One sync of a project.
    pub(crate) fn one_in<'a>(project: &'a Project, name: &str) -> anyhow::Result<&'a SyncConfig> {
        let found = Self::select_in(project, &[name.to_owned()])?;
        found.into_iter().next().ok_or_else(|| anyhow::anyhow!("there is no sync `{name}`"))
    }

    /// The syncs of one model, as its file, table or SQL names it.
    pub(crate) fn of_model(&self, model: &str) -> Result<Vec<&SyncConfig>, Problems> {
        let file = self.project.folder.join(model);
        let is_meant = |sync: &&SyncConfig| {
            sync.sql.trim() == model.trim()
                || sync.model.as_ref().is_some_and(|document| {
                    let path = document.path();
                    path == file || path.file_stem().is_some_and(|stem| stem == model)
                })
                || sync.sql == offtake_config::whole_table(model)
        };
        let found: Vec<&SyncConfig> = self.project.syncs.values().filter(is_meant).collect();
        if found.is_empty() {
            let files = self.project.syncs.values().filter_map(|sync| sync.model.as_ref());
            let known: Vec<String> = files.map(|file| self.project.shown(file.path()).display().to_string()).collect();
            let help = suggest(model, known.iter().map(String::as_str))
                .map_or_else(|| "`offtake ls` lists the syncs".to_owned(), |meant| format!("did you mean `{meant}`?"));
            let problem = Problem::general("OFT-C022", format!("no sync reads a model `{model}`"));
            let mut problems = Problems::default();
            problems.push(problem.with_help(help));
            return Err(problems);
        }
        Ok(found)
    }

    /// Reads a project's files alone.
    pub(crate) fn project(folder: &Path) -> anyhow::Result<Project> {
        Ok(offtake_config::load(&whole(folder), &|name| std::env::var(name).ok())?)
    }

    /// Reads `offtake.yml` alone.
    pub(crate) fn settings(folder: &Path) -> anyhow::Result<Project> {
        Ok(offtake_config::load_settings(&whole(folder), &|name| std::env::var(name).ok())?)
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
                // A name that is typed twice means one sync, not two runs of it.
                Some((known, _)) if found.iter().any(|sync: &&SyncConfig| sync.name == *known) => {}
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

/// Errors and audit lines show whole paths, whatever the folder was typed as.
fn whole(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

/// The sandbox of this process.
pub(crate) fn host() -> Result<Host, Fault> {
    let cache = cache_folder().map(|cache| cache.join("components"));
    Ok(Host::new(Options { cache, compiler: compiler(), ..Options::default() })?)
}

/// Components are compiled by this program in another process, where a system has limits for one.
fn compiler() -> Compiler {
    // On Linux this is the running program also after an upgrade has put another one in its place.
    let linux = cfg!(target_os = "linux").then(|| PathBuf::from("/proc/self/exe")).filter(|program| program.exists());
    let program = linux.or_else(|| std::env::current_exe().ok()).filter(|_| cfg!(unix));
    if program.is_none() {
        tracing::warn!(code = "OFT-P019", "connectors are compiled in this process, which sets no limits to it");
    }
    let child = |program| Child { program, arguments: vec![COMPILE.into()], limits: CompileLimits::default() };
    program.map_or(Compiler::InProcess, |program| Compiler::Child(child(program)))
}

/// This user's folder for what can be made again: compiled components, built connectors.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.filter(|base| base.is_absolute()).map(|base| base.join("offtake"))
}
