//! A state in memory that keeps the port's promises.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use offtake_core::Fault;
use offtake_core::digest::{KeyDigest, RowDigest, Seed};
use offtake_core::known::Known;
use offtake_core::ports::{Intent, Kept, Listed, Settled, StateStore};
use offtake_core::run::{RunId, RunRecord};

/// A state in memory.
#[derive(Default)]
pub struct Memory {
    pub rows: Mutex<BTreeMap<KeyDigest, (RowDigest, Option<Kept>)>>,
    pub intents: Mutex<BTreeMap<KeyDigest, Intent>>,
    pub rejects: Mutex<Vec<Listed>>,
    pub fails: bool,
}

#[async_trait]
impl StateStore for Memory {
    async fn bind(&self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    async fn known(&self) -> Result<Known, Fault> {
        let rows = self.rows.lock().unwrap();
        let (keys, digests) = rows.iter().map(|(key, (digest, _))| (key.0, digest.0)).unzip();
        let doubts: Vec<KeyDigest> = self.intents.lock().unwrap().keys().copied().collect();
        Ok(Known::from_sorted_with_doubts(Seed(1), keys, digests, &doubts))
    }

    async fn in_doubt(&self) -> Result<Vec<Intent>, Fault> {
        Ok(self.intents.lock().unwrap().values().cloned().collect())
    }

    async fn reserve(&self, _: u64, _: bool) -> Result<(), Fault> {
        Ok(())
    }

    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault> {
        let (rows, intents) = (self.rows.lock().unwrap(), self.intents.lock().unwrap());
        let of = |key: &KeyDigest| {
            let acknowledged = rows.get(key).and_then(|(_, kept)| kept.clone());
            acknowledged.or_else(|| intents.get(key)?.kept.clone())
        };
        Ok(keys.iter().map(of).collect())
    }

    async fn commit(&self, _: RunId, settled: Vec<Settled>, next: Vec<Intent>) -> Result<(), Fault> {
        if self.fails {
            return Err(Fault::new("OFT-S004", "disk full"));
        }
        let mut rows = self.rows.lock().unwrap();
        let mut intents = self.intents.lock().unwrap();
        for row in settled {
            let key = match row {
                Settled::Delivered { key, digest, kept, .. } => {
                    rows.insert(key, (digest, kept));
                    Some(key)
                }
                Settled::Gone { key, .. } => {
                    rows.remove(&key);
                    Some(key)
                }
                Settled::Unsent { key } => Some(key),
                Settled::Rejected { key, reject, in_doubt } => {
                    self.rejects.lock().unwrap().push(Listed { key, reject });
                    key.filter(|_| !in_doubt)
                }
            };
            key.map(|key| intents.remove(&key));
        }
        intents.extend(next.into_iter().map(|intent| (intent.key, intent)));
        Ok(())
    }

    async fn finish(&self, _: &RunRecord) -> Result<(), Fault> {
        Ok(())
    }

    async fn rejects(&self) -> Result<Vec<Listed>, Fault> {
        Ok(self.rejects.lock().unwrap().clone())
    }
}
