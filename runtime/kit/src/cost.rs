//! What a connector costs: instructions, bytes on the wire and memory, by the size of a batch.

use std::path::Path;
use std::sync::Arc;

use offtake_core::grant::LimitsGrant;
use offtake_plugin::{Binding, Meter};
use serde_json::{Value, json};

use crate::check::Not;
use crate::conduct::Conduct;
use crate::error::Error;
use crate::session::Session;
use crate::stage::Stage;
use crate::vendor::Plan;

/// The document's schema name.
const SCHEMA: &str = "offtake.cost/1";
/// Sizes of batches that are measured, as far as one call takes them.
const SIZES: [usize; 4] = [1, 10, 100, 1000];

/// What one write call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostRow {
    /// Rows of the batch.
    pub rows: usize,
    /// WebAssembly instructions that were executed, starting the instance included: the same in every run.
    pub instructions: u64,
    /// The most memory that it had at once.
    pub memory_bytes: usize,
    /// Requests.
    pub requests: usize,
    /// Bytes of their bodies.
    pub sent_bytes: usize,
}

/// What a connector costs.
#[derive(Debug)]
pub struct CostReport {
    /// `id@version`.
    pub connector: String,
    /// By size.
    pub rows: Vec<CostRow>,
}

impl CostReport {
    /// Instructions of a call without rows, and those that each row adds, from the smallest and the largest batch.
    pub fn line(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.rows.first()?, self.rows.last()?);
        let more = u64::try_from(last.rows.checked_sub(first.rows)?).ok()?;
        let per_row = last.instructions.saturating_sub(first.instructions).checked_div(more)?;
        let rows = u64::try_from(first.rows).ok()?;
        Some((first.instructions.saturating_sub(per_row.saturating_mul(rows)), per_row))
    }

    /// The document, schema `offtake.cost/1`.
    pub fn document(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "rows": row.rows,
                "instructions": row.instructions,
                "memory_bytes": row.memory_bytes,
                "requests": row.requests,
                "sent_bytes": row.sent_bytes,
            })
        });
        let (fixed, per_row) = self.line().unzip();
        json!({
            "schema": SCHEMA,
            "connector": self.connector,
            "fixed_instructions": fixed,
            "instructions_per_row": per_row,
            "batches": rows.collect::<Vec<_>>(),
        })
    }
}

/// Measures the writes of a component.
///
/// # Errors
/// A component that cannot be loaded, OFT-K004, and OFT-K007 for a write that fails.
pub async fn cost(component: &Path, stage: &Stage) -> Result<CostReport, Error> {
    let metered = Meter::new()?.load(component)?;
    let script = &stage.script;
    let operation = script.main_operation();
    let mut measured: Vec<CostRow> = Vec::new();
    for size in SIZES {
        let Ok(rows) = stage.rows(operation, 0, size).await else { break };
        if measured.iter().any(|row| row.rows == rows.len()) {
            continue;
        }
        let vendor = Session::vendor(stage, Plan::Well).await?;
        let egress = Arc::new(Session::way_out(stage, &vendor.bases, &Plan::Well)?);
        let binding =
            Binding { id: "kit".to_owned(), config_json: script.config_json(), egress, limits: LimitsGrant::default() };
        let cost = metered.write(binding, script.batch(operation, "cost", &rows)).await;
        let done = Conduct::of(rows.len(), cost.answer).and_then(|conduct| conduct.all_done());
        if let Err(Not::Kept(why) | Not::Applicable(why)) = done {
            return Err(Error::Cost { rows: rows.len(), message: why });
        }
        let seen = vendor.seen();
        measured.push(CostRow {
            rows: rows.len(),
            instructions: cost.instructions,
            memory_bytes: cost.memory_bytes,
            requests: seen.len(),
            sent_bytes: seen.iter().map(|exchange| exchange.body.len()).sum(),
        });
    }
    let manifest = stage.manifest();
    Ok(CostReport { connector: format!("{}@{}", manifest.id, manifest.version), rows: measured })
}
