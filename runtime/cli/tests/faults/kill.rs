//! When the binary is killed.

use std::collections::BTreeSet;
use std::time::Duration;

use offtake_sim::hubspot::{Fault, Simulator};
use tokio::process::Child;

/// Points of a run, in its order. The binary ends itself at them.
const RUN_POINTS: [&str; 17] = [
    "state-open",
    "state-opened",
    "state-journal-create",
    "state-journal-created",
    "state-journal-append",
    "state-journal-written",
    "state-journal-synced",
    "state-index-applied",
    "engine-intended",
    "engine-before-send",
    "engine-after-response",
    "engine-before-commit",
    "engine-after-commit",
    "state-manifest-rename",
    "state-manifest-renamed",
    "state-run-rename",
    "state-run-renamed",
];

/// Points of a compaction: a run of this size writes no checkpoint.
const COMPACTION_POINTS: [&str; 6] = [
    "state-generation-switch",
    "state-checkpoint-write",
    "state-checkpoint-rename",
    "state-journal-create",
    "state-manifest-rename",
    "state-manifest-renamed",
];

/// How late the answer to a write comes when the binary is to be killed while it waits for it.
const ANSWER_MS: u64 = 400;

/// One way to be killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// After this time.
    After(Duration),
    /// When a run reaches a point for the nth time.
    At(&'static str, u32),
    /// When a compaction reaches a point.
    Compacting(&'static str),
    /// While a write of its is under way.
    MidSend,
}

impl Kill {
    /// Chooses; `run` is how long a run takes that nobody kills.
    pub(crate) fn choose(random: &mut fastrand::Rng, run: Duration) -> Self {
        let kinds = if cfg!(feature = "failpoints") { 10 } else { 5 };
        match random.u8(0..kinds) {
            0..3 => Self::After(run.mul_f64(random.f64() * 1.1)),
            // While the state is opened.
            3..4 => Self::After(run.mul_f64(random.f64() * 0.3)),
            4..5 => Self::MidSend,
            5..6 => Self::Compacting(random.choice(COMPACTION_POINTS).unwrap_or("state-generation-switch")),
            _ => Self::At(random.choice(RUN_POINTS).unwrap_or("state-open"), random.u32(1..=4)),
        }
    }

    /// Every point, for whoever counts.
    pub(crate) fn points() -> BTreeSet<&'static str> {
        if cfg!(feature = "failpoints") {
            RUN_POINTS.into_iter().chain(COMPACTION_POINTS).collect()
        } else {
            BTreeSet::new()
        }
    }

    /// The point at which the binary ends itself.
    pub(crate) fn point(&self) -> Option<&'static str> {
        match self {
            Self::At(point, _) | Self::Compacting(point) => Some(point),
            Self::After(_) | Self::MidSend => None,
        }
    }

    /// What the binary is told.
    pub(crate) fn word(&self) -> Option<String> {
        match self {
            Self::At(point, nth) => Some(format!("{point}:{nth}")),
            Self::Compacting(point) => Some(format!("{point}:1")),
            Self::After(_) | Self::MidSend => None,
        }
    }

    /// What the binary is started with.
    pub(crate) fn command(&self) -> &'static [&'static str] {
        match self {
            Self::Compacting(_) => &["state", "compact"],
            Self::At(..) | Self::After(_) | Self::MidSend => &["run"],
        }
    }

    /// Kills, unless the run ends before; true when it was killed.
    pub(crate) async fn strike(&self, child: &mut Child, simulator: &Simulator) -> anyhow::Result<bool> {
        match self {
            Self::At(..) | Self::Compacting(_) => {}
            Self::After(time) => {
                tokio::select! {
                    _ended = child.wait() => {}
                    () = tokio::time::sleep(*time) => child.start_kill()?,
                }
            }
            Self::MidSend => {
                simulator.script([Fault::delay(ANSWER_MS).on("/batch/upsert")]);
                tokio::select! {
                    _ended = child.wait() => {}
                    () = arrival(simulator) => child.start_kill()?,
                }
            }
        }
        use std::os::unix::process::ExitStatusExt;
        Ok(child.wait().await?.signal() == Some(9))
    }
}

/// Returns when a write has arrived that has no answer yet.
async fn arrival(simulator: &Simulator) {
    loop {
        let waiting =
            simulator.journal().iter().any(|entry| entry.status.is_none() && entry.path.contains("/batch/upsert"));
        if waiting {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
