//! `offtake retry`.

use std::path::Path;

use super::run::{Request, Rows, run_all};
use crate::args::Retry;
use crate::exit::Exit;
use crate::output::Output;
use crate::wire::Workspace;

pub(crate) async fn retry(folder: &Path, retry: &Retry, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let selected = workspace.select(&retry.select.syncs)?;
    let rows = if retry.key.is_empty() { Rows::Left } else { Rows::Keys(retry.key.clone()) };
    run_all(&workspace, selected, &Request { approved: Vec::new(), rows }, output).await
}
