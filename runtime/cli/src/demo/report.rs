//! What the demo prints in the end: one document, or what to type next.

use std::path::Path;

use offtake_core::run::RunRecord;
use serde_json::{Value, json};

use crate::output::Output;

pub(super) fn show(folder: &Path, records: &[RunRecord], output: &Output) -> anyhow::Result<()> {
    let runs: Vec<Value> = records.iter().map(run).collect();
    let port = std::fs::read_to_string(folder.join("connections/hubspot.yml")).ok().and_then(|text| {
        let (_, rest) = text.split_once("http://127.0.0.1:")?;
        Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
    });
    let port = port.unwrap_or_default();
    output.result(&json!({"schema": "offtake.demo/1", "folder": folder, "runs": runs}), || {
        let folder = folder.display();
        format!(
            "The project is yours: {folder}\n\
             \n\
             Look around:\n\
             \x20 offtake -C {folder} status\n\
             \x20 offtake -C {folder} rejects\n\
             \x20 cat {folder}/syncs/customers-to-hubspot.yml\n\
             \n\
             Change the mapping and see what it would send (the simulator in another terminal):\n\
             \x20 offtake simulate hubspot --port {port}\n\
             \x20 offtake -C {folder} plan\n\
             \n\
             Write a connector of your own:\n\
             \x20 offtake plugin new my-crm"
        )
    })
}

fn run(record: &RunRecord) -> Value {
    let counts = record.counts;
    json!({
        "sync": record.sync,
        "status": record.status,
        "source_rows": counts.source_rows,
        "unchanged": counts.unchanged,
        "added": counts.added,
        "changed": counts.changed,
        "removed": counts.removed,
        "invalid": counts.invalid,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "requests": record.requests,
        "seconds": record.seconds(),
    })
}
