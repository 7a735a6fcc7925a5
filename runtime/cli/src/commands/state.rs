//! `offtake state`.

mod text;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use offtake_config::{Problem, Problems, Project};
use offtake_core::{Fault, Name};
use offtake_state::{StateDirectory, Verdict};
use serde_json::json;

use crate::args::{Select, State};
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) fn state(folder: &Path, state: State, output: &Output) -> anyhow::Result<Exit> {
    let project = Workspace::project(folder)?;
    let directory = StateDirectory::open(&project.state).map_err(Fault::from)?;
    let states = States { project: &project, directory: &directory, output };
    match state {
        State::Info(select) => states.info(&select),
        State::Check(select) => states.check(&select),
        State::Export { sync, out } => states.export(&sync, &out),
        State::Import { sync, file, replace } => states.import(&sync, &file, replace),
        State::Reset { sync, yes } => states.reset(&sync, yes),
        State::Compact(select) => states.compact(&select),
        State::Restore { sync, yes } => states.restore(&sync, yes),
    }
}

/// The states of a project, and where answers go.
struct States<'a> {
    project: &'a Project,
    directory: &'a StateDirectory,
    output: &'a Output,
}

impl States<'_> {
    /// The chosen syncs that have a state; named ones need not be in the project any more.
    fn chosen(&self, select: &Select) -> anyhow::Result<Vec<Name>> {
        let known = self.directory.syncs().map_err(Fault::from)?;
        if select.syncs.is_empty() {
            return Ok(known);
        }
        select.syncs.iter().map(|name| self.name(name)).collect()
    }

    fn name(&self, name: &str) -> anyhow::Result<Name> {
        let known = self.directory.syncs().map_err(Fault::from)?;
        match known.into_iter().find(|known| known.as_str() == name) {
            Some(name) => Ok(name),
            None => Ok(Workspace::one_in(self.project, name)?.name.clone()),
        }
    }

    fn info(&self, select: &Select) -> anyhow::Result<Exit> {
        let mut infos = Vec::new();
        for sync in self.chosen(select)? {
            let info = self.directory.info(&sync).map_err(Fault::from)?;
            infos.push((sync, info));
        }
        let states: Vec<serde_json::Value> = infos.iter().map(|(sync, info)| text::info_document(sync, info)).collect();
        self.output.result(&json!({"schema": "offtake.state/1", "states": states}), || {
            let texts = infos.iter().map(|(sync, info)| text::info(sync, info, self.output));
            texts.collect::<Vec<_>>().join("\n\n")
        })?;
        Ok(Exit::Success)
    }

    fn check(&self, select: &Select) -> anyhow::Result<Exit> {
        let mut checked = Vec::new();
        for sync in self.chosen(select)? {
            let checkup = self.directory.check(&sync).map_err(Fault::from)?;
            checked.push((sync, checkup));
        }
        let refuses = checked.iter().any(|(_, checkup)| matches!(checkup.verdict, Verdict::Refuses(_)));
        let states: Vec<serde_json::Value> =
            checked.iter().map(|(sync, checkup)| text::check_document(sync, checkup)).collect();
        self.output.result(&json!({"schema": "offtake.state-check/1", "states": states}), || {
            checked.iter().map(|(sync, checkup)| text::check(sync, checkup)).collect::<Vec<_>>().join("\n")
        })?;
        Ok(if refuses { Exit::Damaged } else { Exit::Success })
    }

    fn export(&self, name: &str, out: &Path) -> anyhow::Result<Exit> {
        let sync = self.name(name)?;
        let mut file = BufWriter::new(create(out).with_context(|| format!("cannot create {}", out.display()))?);
        let rows = self.directory.export(&sync, &mut file).map_err(Fault::from)?;
        let written = file.flush().and_then(|()| file.get_ref().sync_all());
        written.with_context(|| format!("cannot write {}", out.display()))?;
        let document = json!({"schema": "offtake.state-export/1", "sync": sync, "rows": rows, "file": out});
        self.output.result(&document, || format!("{sync}: {rows} rows exported to {}", out.display()))?;
        Ok(Exit::Success)
    }

    fn import(&self, name: &str, file: &Path, replace: bool) -> anyhow::Result<Exit> {
        let sync = self.name(name)?;
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let rows = self.directory.import(&sync, BufReader::new(opened), replace).map_err(Fault::from)?;
        let document = json!({"schema": "offtake.state-import/1", "sync": sync, "rows": rows});
        self.output.result(&document, || format!("{sync}: {rows} rows imported from {}", file.display()))?;
        Ok(Exit::Success)
    }

    fn reset(&self, name: &str, yes: bool) -> anyhow::Result<Exit> {
        let sync = self.name(name)?;
        if !yes {
            let rows = self.directory.info(&sync).map_err(Fault::from)?.rows;
            let rows = rows.map_or_else(|| "every row".to_owned(), |rows| format!("{rows} rows"));
            return Err(unconfirmed(&format!("after a reset the next run of `{sync}` sends {rows} again")));
        }
        let reset = self.directory.reset(&sync).map_err(Fault::from)?;
        let document = json!({"schema": "offtake.state-reset/1", "sync": sync, "rows": reset.rows, "kept": reset.kept});
        self.output.result(&document, || {
            let rows = reset.rows.map_or_else(|| "every row".to_owned(), |rows| format!("{rows} rows"));
            let kept = self.project.shown(&reset.kept).display();
            format!("{sync}: the next run sends {rows} again; what was forgotten is kept in {kept}")
        })?;
        Ok(Exit::Success)
    }

    fn compact(&self, select: &Select) -> anyhow::Result<Exit> {
        let mut done = Vec::new();
        for sync in self.chosen(select)? {
            let compacted = self.directory.compact(&sync).map_err(Fault::from)?;
            done.push((sync, compacted));
        }
        let states: Vec<serde_json::Value> = done
            .iter()
            .map(|(sync, compacted)| json!({"sync": sync, "before": compacted.before, "after": compacted.after}))
            .collect();
        self.output.result(&json!({"schema": "offtake.state-compact/1", "states": states}), || {
            let lines = done.iter().map(|(sync, compacted)| {
                format!("{sync}: {} → {}", text::bytes(compacted.before), text::bytes(compacted.after))
            });
            lines.collect::<Vec<_>>().join("\n")
        })?;
        Ok(Exit::Success)
    }

    fn restore(&self, name: &str, yes: bool) -> anyhow::Result<Exit> {
        let sync = self.name(name)?;
        if !yes {
            let checkup = self.directory.check(&sync).map_err(Fault::from)?;
            return Err(unconfirmed(&text::check(&sync, &checkup)));
        }
        let restored = self.directory.restore(&sync).map_err(Fault::from)?;
        let document = json!({
            "schema": "offtake.state-restore/1",
            "sync": sync,
            "rows": restored.rows,
            "in_doubt": restored.in_doubt,
            "missing": restored.missing,
            "kept": restored.kept,
        });
        self.output.result(&document, || match &restored.kept {
            None => format!("{sync}: nothing had to be restored, {} rows are known", restored.rows),
            Some(kept) => format!(
                "{sync}: {} rows are known again, {} commits are missing: their rows are sent again\n  the damaged files are kept in {}",
                restored.rows,
                restored.missing,
                self.project.shown(kept).display()
            ),
        })?;
        Ok(Exit::Success)
    }
}

fn unconfirmed(message: &str) -> anyhow::Error {
    let mut problems = Problems::default();
    problems.push(Problem::general("OFT-S010", message).with_help("if this is meant, say it with --yes"));
    problems.into()
}

/// An export holds match keys, which are personal data: nobody but the owner reads it.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
