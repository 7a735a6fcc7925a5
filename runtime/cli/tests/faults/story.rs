//! Episodes: the source changes, runs are killed, one is left alone, and what is left is compared.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use offtake_sim::hubspot::{Fault, Limits, Options, Simulator};
use serde_json::Value;

use crate::kill::Kill;
use crate::oracle::Oracle;
use crate::project::{Project, TOKEN};
use crate::source::Source;

/// Kills in a row before a run is left alone.
const KILLS_IN_A_ROW: u32 = 3;
/// What goes wrong after so many findings is only more of the same.
const FINDINGS_MAX: usize = 5;
/// After so many kills a point that has killed nobody does not exist: a run reaches each, and chance has named it ten times.
const KILLS_FOR_ALL_POINTS: u32 = 600;
/// Answers come a little late, so that requests are under way when the process dies.
const LATE_MS: [u64; 4] = [0, 5, 20, 60];

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Told {
    kills: u32,
    lost: u64,
    wrong: u64,
    in_flight_only: bool,
    recovered: u32,
    slowest: Duration,
    pub(crate) failures: Vec<String>,
}

impl Told {
    pub(crate) fn is_good(&self) -> bool {
        self.failures.is_empty()
            && self.lost == 0
            && self.wrong == 0
            && self.in_flight_only
            && self.recovered == self.kills
    }

    /// The last line of the program.
    pub(crate) fn summary(&self) -> String {
        format!(
            "slowest recovery: {} ms\nfaults: kills={} lost={} wrong={} duplicates_in_flight_only={} recovered={}",
            self.slowest.as_millis(),
            self.kills,
            self.lost,
            self.wrong,
            self.in_flight_only,
            self.recovered
        )
    }
}

struct Story {
    project: Project,
    simulator: Simulator,
    random: fastrand::Rng,
    source: Source,
    oracle: Oracle,
    told: Told,
    /// How long a run takes that nobody kills.
    usual: Duration,
    /// Points that have killed nobody yet.
    unreached: BTreeSet<&'static str>,
}

pub(crate) async fn tell(binary: &Path, kills: u32, seed: u64) -> anyhow::Result<Told> {
    let options = Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, ..Options::default() };
    let simulator = Simulator::start(options).await?;
    let mut story = Story {
        project: Project::new(binary, &simulator.base_url())?,
        simulator,
        random: fastrand::Rng::with_seed(seed),
        source: Source::default(),
        oracle: Oracle::default(),
        told: Told { in_flight_only: true, ..Told::default() },
        usual: Duration::from_millis(500),
        unreached: Kill::points(),
    };
    while story.told.kills < kills && story.told.failures.is_empty() {
        story.episode(kills).await?;
        story.report();
    }
    story.end().await
}

impl Story {
    async fn episode(&mut self, kills: u32) -> anyhow::Result<()> {
        self.edit()?;
        let mut killed = 0;
        for _ in 0..self.random.u32(1..=KILLS_IN_A_ROW) {
            if self.told.kills + killed >= kills {
                break;
            }
            killed += u32::from(self.run_and_kill().await?);
            // People do not wait for a run to be whole before they edit.
            if self.random.bool() {
                self.edit()?;
            }
        }
        self.told.kills += killed;
        self.run_to_the_end(killed).await
    }

    fn edit(&mut self) -> anyhow::Result<()> {
        let edited = self.source.edit(&mut self.random);
        self.oracle.edited(&edited);
        self.project.write("people.csv", &self.source.csv())
    }

    fn be_late(&mut self) {
        let late = self.random.choice(LATE_MS).unwrap_or(0);
        self.simulator.script([Fault::delay(late).on("/batch/").times(8)]);
    }

    async fn run_and_kill(&mut self) -> anyhow::Result<bool> {
        self.be_late();
        let in_doubt = self.in_doubt().await?;
        let kill = Kill::choose(&mut self.random, self.usual);
        let mut child = self.project.start(kill.command(), kill.word().as_deref())?;
        let killed = kill.strike(&mut child, &self.simulator).await?;
        if let (true, Some(point)) = (killed, kill.point()) {
            self.unreached.remove(point);
        }
        self.read_journal(in_doubt);
        Ok(killed)
    }

    /// Rows that a run before may have sent, by the state's own word.
    async fn in_doubt(&self) -> anyhow::Result<u64> {
        let output = self.project.start(&["state", "info"], None)?.wait_with_output().await?;
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(document["states"][0]["in_doubt"].as_u64().unwrap_or(0))
    }

    /// Rows that go again with the same values were in doubt before the run, and no other row goes twice.
    fn read_journal(&mut self, in_doubt: u64) {
        let journal = self.simulator.take_journal();
        let repeated = self.oracle.read(&journal, &self.simulator, &self.source);
        if repeated > in_doubt {
            self.told.in_flight_only = false;
            self.fail(format!("{repeated} rows went again, {in_doubt} were in flight"));
        }
    }

    async fn run_to_the_end(&mut self, killed: u32) -> anyhow::Result<()> {
        let in_doubt = self.in_doubt().await?;
        let started = Instant::now();
        let output = self.project.start(&["run"], None)?.wait_with_output().await?;
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let document: Value = serde_json::from_str(&said).unwrap_or_default();
        let run = document["runs"][0].clone();
        self.read_journal(in_doubt);
        if !output.status.success() || run["status"] != "completed" {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            self.fail(format!("a run that nobody killed ended with {}: {said}\n{stderr}", output.status));
            return Ok(());
        }
        self.oracle.compare(&self.simulator, &self.source);
        self.told.recovered += killed;
        if killed > 0 {
            self.told.slowest = self.told.slowest.max(took);
        } else {
            self.usual = (self.usual + took) / 2;
        }
        Ok(())
    }

    fn fail(&mut self, finding: String) {
        self.told.failures.push(finding);
    }

    #[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
    fn report(&mut self) {
        self.told.lost = self.oracle.lost;
        self.told.wrong = self.oracle.wrong;
        self.told.in_flight_only &= self.oracle.strangers == 0;
        let findings = std::mem::take(&mut self.oracle.findings);
        self.told.failures.extend(findings.into_iter().take(FINDINGS_MAX));
        if self.told.kills % 100 < KILLS_IN_A_ROW {
            println!("{} kills", self.told.kills);
        }
    }

    #[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
    async fn end(mut self) -> anyhow::Result<Told> {
        if !self.unreached.is_empty() {
            println!("points that killed nobody: {}", self.unreached.iter().copied().collect::<Vec<_>>().join(", "));
        }
        if self.told.kills >= KILLS_FOR_ALL_POINTS && !self.unreached.is_empty() {
            self.fail("a point was never reached".to_owned());
        }
        if !self.told.failures.is_empty() {
            println!("the project is left in {}", self.project.keep().display());
        }
        self.simulator.shutdown().await;
        Ok(self.told)
    }
}
