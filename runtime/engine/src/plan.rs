//! What a run would do, without doing it.

use std::time::Duration;

use offtake_core::Fault;
use offtake_core::batch::{Identity, Step, Writes};
use offtake_core::counts::Counts;
use offtake_core::destination::WriteLimits;
use offtake_core::diff::{Change, Diff};
use offtake_core::digest::KeyDigest;
use offtake_core::guard::Objection;
use offtake_core::ndjson::RowEncoder;
use offtake_core::run::{Recovered, RunId};

use crate::decide::{Decided, decide, limits};
use crate::read::unsupported;
use crate::{Observer, Ports, SyncSpec};

/// Rows that are shown.
const SAMPLES_MAX: usize = 5;

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What was found.
    pub counts: Counts,
    /// A few rows.
    pub samples: Vec<Sample>,
    /// What sending takes.
    pub cost: Cost,
    /// The version of the source.
    pub snapshot: Option<String>,
    /// Names exactly these changes; a run takes it as approval.
    pub id: String,
    /// Why a run would ask for approval.
    pub objections: Vec<Objection>,
    /// What an earlier run left behind.
    pub recovered: Option<Recovered>,
}

/// What sending takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Write calls; each is one request unless the connector needs more.
    pub requests: u64,
    /// The least time that the destination's rates allow.
    pub at_least: Duration,
}

/// Why a row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleKind {
    /// It would be created.
    Added,
    /// It would be changed.
    Changed,
    /// It would be removed, or left alone, by `on_delete`.
    Removed,
}

/// A row, field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Why it is shown.
    pub kind: SampleKind,
    /// The match fields as a JSON object.
    pub key: String,
    /// Its fields as JSON texts.
    pub fields: Vec<FieldChange>,
}

/// One field of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Destination field.
    pub field: String,
    /// What the destination has now, where it could be read.
    pub before: Option<String>,
    /// What would be sent.
    pub after: String,
}

/// Reads and compares for real; asks the destination what it has now; sends nothing.
///
/// # Errors
/// The fault of the port that failed.
pub async fn plan(spec: &SyncSpec, ports: &Ports, observer: &dyn Observer) -> Result<Plan, Fault> {
    ports.state.bind(&spec.target).await?;
    let limits = limits(spec, ports).await?;
    let decided = decide(spec, ports, observer).await?;
    Ok(Plan {
        samples: samples(spec, ports, &decided).await?,
        cost: cost(spec, &decided, &limits.writes)?,
        counts: decided.counts,
        snapshot: decided.snapshot,
        id: decided.plan,
        objections: decided.objections,
        recovered: decided.recovered,
    })
}

fn cost(spec: &SyncSpec, decided: &Decided, limits: &WriteLimits) -> Result<Cost, Fault> {
    let caps = spec.caps(limits);
    // Nothing is sent, so the run that the rows would belong to needs no name.
    let identity =
        Identity { sync: &spec.name, operation: spec.mode.operation(), run: RunId(0), doubts: &decided.doubts };
    let skip_nulls = spec.skip_nulls();
    let writes = Writes::new(&decided.diff, &decided.chosen.changes, spec.fields(&skip_nulls), caps, identity);
    let writes = writes.map_err(unsupported)?;
    let mut requests = writes.filter(|step| matches!(step, Step::Send(_))).count() as u64;
    requests += decided.chosen.removed.len().div_ceil(caps.rows) as u64;
    let times = limits.rates.iter().map(|rate| {
        let windows = requests.saturating_sub(1) as f64 / f64::from(rate.requests.max(1));
        rate.window.mul_f64(windows)
    });
    Ok(Cost { requests, at_least: times.max().unwrap_or_default() })
}

/// Changed rows first, since they overwrite something; then added, then removed ones.
async fn samples(spec: &SyncSpec, ports: &Ports, decided: &Decided) -> Result<Vec<Sample>, Fault> {
    let Decided { diff, chosen, .. } = decided;
    let encoders = diff.encoders().map_err(unsupported)?;
    let (changed, added): (Vec<&Change>, Vec<&Change>) =
        chosen.changes.iter().partition(|change| change.before.is_some());
    let mut samples = Vec::new();
    let changed: Vec<&Change> = changed.into_iter().take(SAMPLES_MAX).collect();
    let now = current(spec, ports, &changed, &encoders).await;
    for (change, now) in changed.iter().zip(now) {
        samples.push(sample(SampleKind::Changed, change, &encoders, &spec.match_keys, now.as_ref()));
    }
    for change in added.into_iter().take(SAMPLES_MAX - samples.len()) {
        samples.push(sample(SampleKind::Added, change, &encoders, &spec.match_keys, None));
    }
    let room = SAMPLES_MAX - samples.len();
    let removed: Vec<KeyDigest> = diff.removed.iter().copied().take(room).collect();
    for kept in ports.state.kept(&removed).await? {
        let key = kept.map_or_else(|| "(key not kept)".to_owned(), |kept| kept.match_values);
        samples.push(Sample { kind: SampleKind::Removed, key, fields: Vec::new() });
    }
    Ok(samples)
}

type Record = serde_json::Map<String, serde_json::Value>;

/// What the destination has for these rows. A plan is worth reading without it, so a failure only leaves it out.
async fn current(spec: &SyncSpec, ports: &Ports, rows: &[&Change], encoders: &[RowEncoder]) -> Vec<Option<Record>> {
    let nothing = vec![None; rows.len()];
    if rows.is_empty() {
        return nothing;
    }
    let mut keys = String::new();
    for change in rows {
        let (batch, row) = Diff::row(change);
        let written = encoders.get(batch).map(|encoder| encoder.only(&spec.match_keys).write(row, &mut keys));
        if !matches!(written, Some(Ok(()))) {
            return nothing;
        }
    }
    let schema = ports.model.schema();
    let fields: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    match ports.destination.lookup(&spec.object, &spec.match_keys, &fields, &keys).await {
        Ok(Some(lines)) if lines.len() == rows.len() => {
            lines.iter().map(|line| serde_json::from_str(line).unwrap_or(None)).collect()
        }
        Ok(_) => nothing,
        Err(failed) => {
            let detail = failed.failure.detail();
            tracing::warn!(code = failed.failure.code(), message = %detail.message, "the destination's current values could not be read");
            nothing
        }
    }
}

fn sample(
    kind: SampleKind,
    change: &Change,
    encoders: &[RowEncoder],
    match_keys: &[String],
    now: Option<&Record>,
) -> Sample {
    let (batch, row) = Diff::row(change);
    let encoder = encoders.get(batch);
    let mut key = String::new();
    if let Some(Err(error)) = encoder.map(|encoder| encoder.only(match_keys).write(row, &mut key)) {
        key = error.to_string();
    }
    let values = encoder.map(|encoder| encoder.values(row)).unwrap_or_default();
    let fields = values.into_iter().map(|(field, after)| {
        let before = now.map(|record| record.get(&field).map_or_else(|| "null".to_owned(), ToString::to_string));
        FieldChange { field, before, after }
    });
    Sample { kind, key: key.trim_end().to_owned(), fields: fields.collect() }
}

impl FieldChange {
    /// Whether the destination has something else now. Vendors that keep everything as text answer with text.
    pub fn differs(&self) -> bool {
        let plain = |json: &str| match json {
            "null" | "\"\"" => String::new(),
            text => text.trim_matches('"').to_owned(),
        };
        self.before.as_deref().is_none_or(|before| plain(before) != plain(&self.after))
    }
}
