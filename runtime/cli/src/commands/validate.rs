//! `offtake validate`.

use std::path::Path;

use offtake_config::Problems;
use serde_json::json;

use crate::args::Validate;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::{Freshness, Workspace, prepare};

pub(crate) async fn validate(folder: &Path, validate: &Validate, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let freshness = if validate.online { Freshness::Asked } else { Freshness::Remembered };
    let mut problems = Problems::default();
    let mut checked = Vec::new();
    for sync in workspace.select(&validate.select.syncs)? {
        match prepare(&workspace, sync, freshness).await {
            Ok(prepared) => checked.push((sync.name.clone(), prepared.checked.map(|fields| fields.fetched()))),
            Err(error) => match error.downcast::<Problems>() {
                Ok(found) => merge(&mut problems, found),
                Err(other) => return Err(other),
            },
        }
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let syncs: Vec<serde_json::Value> =
        checked.iter().map(|(sync, fetched)| json!({"sync": sync, "fields_fetched": fetched})).collect();
    output.result(&json!({"schema": "offtake.validate/1", "syncs": syncs}), || {
        let lines = checked.iter().map(|(sync, fetched)| match fetched {
            Some(fetched) => format!("✓ {sync} (destination fields as of {fetched})"),
            None => format!("✓ {sync} (destination fields not checked: offtake validate --online {sync})"),
        });
        lines.collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Success)
}

/// Syncs share connections: what is wrong with one is said once.
fn merge(problems: &mut Problems, found: Problems) {
    for problem in found.0 {
        let same = |known: &offtake_config::Problem| known.message == problem.message && known.span == problem.span;
        if !problems.0.iter().any(same) {
            problems.push(problem);
        }
    }
}
