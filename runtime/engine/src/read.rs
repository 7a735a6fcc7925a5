//! Reads the model to its end and compares it with what is acknowledged.

use std::sync::Arc;

use futures::StreamExt;
use offtake_core::Fault;
use offtake_core::diff::{Diff, Scan};
use offtake_core::digest::Digester;
use offtake_core::known::Known;
use offtake_core::ports::BatchStream;
use tokio::task::JoinSet;

use crate::{Ports, SyncSpec};

/// The source at one version, compared.
pub(crate) struct Compared {
    pub(crate) diff: Diff,
    pub(crate) snapshot: Option<String>,
}

/// Partitions are compared side by side. Any failure ends all of them: a source that was read in part would look as if the
/// rest had been removed.
pub(crate) async fn compare(spec: &SyncSpec, ports: &Ports) -> Result<Compared, Fault> {
    let known = Arc::new(ports.state.known().await?);
    let digester = digester(spec, ports, &known)?;
    let reading = ports.model.read().await?;
    let mut partitions = JoinSet::new();
    for stream in reading.partitions {
        partitions.spawn(scan(stream, digester.clone(), known.clone()));
    }
    let mut scans = Vec::new();
    while let Some(joined) = partitions.join_next().await {
        let scan = joined.map_err(|error| Fault::new("OFT-D008", "reading the source broke off").caused_by(error))?;
        scans.push(scan?);
    }
    let mut diff = Diff::of(scans, &known).map_err(unsupported)?;
    if !spec.mode.follows_removals(spec.on_delete) {
        diff.removed.clear();
    }
    Ok(Compared { diff, snapshot: reading.snapshot })
}

fn digester(spec: &SyncSpec, ports: &Ports, known: &Known) -> Result<Digester, Fault> {
    let schema = ports.model.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let position = |key: &String| names.iter().position(|name| name == key);
    let keys: Option<Vec<usize>> = spec.match_keys.iter().map(position).collect();
    let keys = keys.ok_or_else(|| Fault::new("OFT-C012", "a match key is not mapped"))?;
    let fields = names.iter().copied().zip(0..).filter(|(name, _)| spec.counts_as_change(name));
    Ok(Digester::new(known.seed(), &fields.collect::<Vec<_>>(), &keys))
}

async fn scan(mut stream: BatchStream, digester: Digester, known: Arc<Known>) -> Result<Scan, Fault> {
    let mut scan = Scan::default();
    while let Some(batch) = stream.next().await {
        scan.take(&batch?, &digester, &known).map_err(unsupported)?;
    }
    Ok(scan)
}

/// A column's type has no place in a record.
pub(crate) fn unsupported(error: impl std::fmt::Display) -> Fault {
    Fault::new("OFT-C017", error.to_string()).with_help("cast the column in the mapping: sql: \"CAST(… AS VARCHAR)\"")
}
