//! `offtake plan`.

use std::path::Path;
use std::sync::Arc;

use offtake_core::Fault;
use offtake_core::mode::OnDelete;
use offtake_core::run::shown_key;
use offtake_engine::{Plan, Sample, SampleKind, SyncSpec};
use offtake_state::StateDirectory;
use serde_json::{Value, json};

use crate::args;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress::{Bars, Progress};
use crate::wire::{Freshness, Workspace, prepare};

pub(crate) async fn plan(folder: &Path, args: &args::Plan, output: &Output) -> anyhow::Result<Exit> {
    let workspace = Workspace::open(folder)?;
    let selected = workspace.select(&args.select.syncs)?;
    let state = StateDirectory::open(&workspace.project.state).map_err(Fault::from)?;
    let (mut plans, bars) = (Vec::new(), Bars::default());
    for sync in selected {
        let prepared = prepare(&workspace, sync, Freshness::Asked).await?;
        let store = Arc::new(state.sync(&sync.name).map_err(Fault::from)?);
        let Some((spec, ports)) = prepared.ports(store) else { continue };
        let progress = Progress::new(output, &spec.name, &bars);
        let plan = offtake_engine::plan(&spec, &ports, &progress).await?;
        drop(progress);
        plans.push((spec, plan));
    }
    let changes = plans.iter().any(|(_, plan)| plan.counts.to_send() > 0);
    let documents: Vec<Value> = plans.iter().map(|(spec, plan)| document(spec, plan)).collect();
    output.result(&json!({"schema": "offtake.plan/1", "plans": documents}), || {
        let texts = plans.iter().map(|(spec, plan)| text(spec, plan, output));
        texts.collect::<Vec<_>>().join("\n\n")
    })?;
    Ok(if args.detailed_exitcode && changes { Exit::Usage } else { Exit::Success })
}

fn document(spec: &SyncSpec, plan: &Plan) -> Value {
    let samples = plan.samples.iter().map(|sample| {
        let fields = sample.fields.iter().map(|field| {
            json!({"field": field.field, "before": field.before, "after": field.after, "differs": field.differs()})
        });
        json!({"kind": kind(sample.kind), "key": sample.key, "fields": fields.collect::<Vec<_>>()})
    });
    json!({
        "sync": spec.name,
        "object": spec.object,
        "snapshot": plan.snapshot,
        "plan": plan.id,
        "needs_approval": plan.objections,
        "recovered": plan.recovered,
        "counts": plan.counts,
        "samples": samples.collect::<Vec<_>>(),
        "cost": {"requests": plan.cost.requests, "seconds_at_least": plan.cost.at_least.as_secs_f64()},
    })
}

fn kind(kind: SampleKind) -> &'static str {
    match kind {
        SampleKind::Added => "added",
        SampleKind::Changed => "changed",
        SampleKind::Removed => "removed",
    }
}

/// A plan for people.
pub(crate) fn text(spec: &SyncSpec, plan: &Plan, output: &Output) -> String {
    let counts = &plan.counts;
    let kept = match (counts.removed, spec.on_delete) {
        (0, _) | (_, OnDelete::Delete) => "",
        (_, OnDelete::Clear) => " (their fields are emptied: on_delete is clear)",
        (_, OnDelete::Ignore) => " (their records stay: on_delete is ignore)",
    };
    let snapshot = plan.snapshot.as_deref().map_or_else(String::new, |snapshot| format!(" at snapshot {snapshot}"));
    let mut text = format!(
        "{}: {} rows{snapshot}\n  + {} added\n  ~ {} changed\n  - {} removed{kept}\n  = {} unchanged\n",
        spec.name, counts.source_rows, counts.added, counts.changed, counts.removed, counts.unchanged
    );
    if counts.invalid > 0 {
        text.push_str(&format!(
            "  ! {} invalid, set apart (no match key, or not the only row with it)\n",
            counts.invalid
        ));
    }
    if !plan.samples.is_empty() {
        let mut table = output.table(&["", "Row", "Field", "At the destination", "After"]);
        for sample in &plan.samples {
            add_sample(&mut table, sample);
        }
        text.push_str(&format!("\n{table}\n"));
    }
    let seconds = plan.cost.at_least.as_secs_f64();
    let time = if seconds < 90.0 { format!("{seconds:.1} s") } else { format!("{:.1} min", seconds / 60.0) };
    for objection in &plan.objections {
        text.push_str(&format!("\n{} {} (guards.{})", objection.code, objection.message, objection.guard));
    }
    let approve = if plan.objections.is_empty() { String::new() } else { format!(" --approve {}", plan.id) };
    text.push_str(&format!(
        "\nCost: {} requests, at least {time} at the destination's limits. Nothing was sent.\nNext: offtake run {}{approve}",
        plan.cost.requests, spec.name
    ));
    text
}

fn add_sample(table: &mut comfy_table::Table, sample: &Sample) {
    let sign = match sample.kind {
        SampleKind::Added => "+",
        SampleKind::Changed => "~",
        SampleKind::Removed => "-",
    };
    let mut head = [sign.to_owned(), shown_key(&sample.key)];
    let mut shown = false;
    for field in sample.fields.iter().filter(|field| field.differs()) {
        let [sign, key] = std::mem::take(&mut head);
        let before = field.before.clone().unwrap_or_default();
        table.add_row([sign, key, field.field.clone(), before, field.after.clone()]);
        shown = true;
    }
    if !shown {
        let [sign, key] = head;
        let note = if sample.kind == SampleKind::Changed { "(the destination has it already)" } else { "" };
        table.add_row([sign, key, String::new(), note.to_owned(), String::new()]);
    }
}
