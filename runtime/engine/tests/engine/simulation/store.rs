//! A state whose commits fail before or after they are true, and that is asked whether it was asked in the right order.

use std::sync::Arc;

use async_trait::async_trait;
use offtake_core::Fault;
use offtake_core::digest::KeyDigest;
use offtake_core::known::Known;
use offtake_core::ports::{Intent, Kept, Listed, Settled, StateStore};
use offtake_core::run::{RunId, RunRecord};

use super::world::World;
use crate::support::Memory;

/// The state of one sync. What it holds survives deaths.
pub struct Store {
    world: Arc<World>,
    disk: Memory,
}

impl Store {
    pub fn new(world: Arc<World>) -> Self {
        Self { world, disk: Memory::default() }
    }

    /// The intent that is on disk.
    pub fn intent(&self, run: impl Fn(&Intent) -> bool) -> Option<Intent> {
        self.disk.intents.lock().unwrap().values().find(|intent| run(intent)).cloned()
    }

    /// Whether nothing is in doubt.
    pub fn is_settled(&self) -> bool {
        self.disk.intents.lock().unwrap().is_empty()
    }

    /// A change that is tried again keeps the run that tried it first.
    fn check(&self, settled: &[Settled], next: &[Intent]) {
        let known = self.disk.intents.lock().unwrap();
        for intent in next {
            let settled = settled.iter().any(|row| match row {
                Settled::Delivered { key, .. } | Settled::Gone { key, .. } | Settled::Unsent { key } => {
                    *key == intent.key
                }
                Settled::Rejected { key, .. } => *key == Some(intent.key),
            });
            if let Some(before) = known.get(&intent.key)
                && !settled
                && (before.operation, before.digest) == (intent.operation, intent.digest)
            {
                assert_eq!(before.run, intent.run, "a change in doubt was given a new key");
            }
        }
    }
}

#[async_trait]
impl StateStore for Store {
    async fn bind(&self, target: &str) -> Result<(), Fault> {
        self.disk.bind(target).await
    }

    async fn known(&self) -> Result<Known, Fault> {
        self.world.moment().await;
        self.disk.known().await
    }

    async fn in_doubt(&self) -> Result<Vec<Intent>, Fault> {
        self.disk.in_doubt().await
    }

    async fn reserve(&self, rows: u64, keeps: bool) -> Result<(), Fault> {
        self.world.moment().await;
        self.disk.reserve(rows, keeps).await
    }

    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault> {
        self.disk.kept(keys).await
    }

    async fn commit(&self, run: RunId, settled: Vec<Settled>, next: Vec<Intent>) -> Result<(), Fault> {
        self.world.moment().await;
        if self.world.mishap(60) {
            return Err(Fault::new("OFT-S008", "disk full before the commit"));
        }
        self.check(&settled, &next);
        self.disk.commit(run, settled, next).await?;
        self.world.moment().await;
        if self.world.mishap(60) {
            return Err(Fault::new("OFT-S003", "the answer of the disk was lost after the commit"));
        }
        Ok(())
    }

    async fn finish(&self, record: &RunRecord) -> Result<(), Fault> {
        self.world.moment().await;
        self.disk.finish(record).await
    }

    async fn rejects(&self) -> Result<Vec<Listed>, Fault> {
        self.disk.rejects().await
    }
}
