//! When the binary is killed.

use std::time::Duration;

use offtake_sim::hubspot::{Fault, Simulator};
use tokio::process::Child;

/// Points of the protocol, in its order. The binary ends itself at them.
const POINTS: [&str; 20] = [
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
    "state-checkpoint-write",
    "state-checkpoint-rename",
    "state-generation-switch",
    "state-manifest-rename",
    "state-manifest-renamed",
    "state-run-rename",
    "state-run-renamed",
];

/// How late the answer to a write comes when the binary is to be killed while it waits for it.
const ANSWER_MS: u64 = 400;

/// One way to be killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kill {
    /// After this time.
    After(Duration),
    /// When it reaches a point for the nth time.
    At(String),
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
            _ => {
                let point = random.choice(POINTS).unwrap_or("state-open");
                Self::At(format!("{point}:{}", random.u32(1..=4)))
            }
        }
    }

    /// What the binary is told.
    pub(crate) fn point(&self) -> Option<&str> {
        match self {
            Self::At(point) => Some(point),
            Self::After(_) | Self::MidSend => None,
        }
    }

    /// Kills, unless the run ends before; true when it was killed.
    pub(crate) async fn strike(&self, child: &mut Child, simulator: &Simulator) -> anyhow::Result<bool> {
        match self {
            Self::At(_) => {}
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
