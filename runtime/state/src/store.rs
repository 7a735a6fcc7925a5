//! One sync's open state as the engine's state port.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use offtake_core::Fault;
use offtake_core::digest::KeyDigest;
use offtake_core::known::Known;
use offtake_core::ports::{Intent, Kept, Listed, Settled, StateStore};
use offtake_core::run::{RunId, RunRecord};

use crate::directory::Claim;
use crate::error::Error;
use crate::history::{self, Recorder};
use crate::ledger::Ledger;
use crate::record::Action;
use crate::runs;

/// The open state of one sync. It is closed when it is dropped; dropping it at any other moment loses nothing.
#[derive(Debug)]
pub struct SyncStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    open: Mutex<Open>,
    /// Given back after the ledger is closed, so fields stay in this order.
    claim: Claim,
}

#[derive(Debug)]
struct Open {
    ledger: Ledger,
    recorder: Recorder,
}

impl SyncStore {
    pub(crate) fn new(claim: Claim, ledger: Ledger) -> Self {
        let open = Mutex::new(Open { ledger, recorder: Recorder::default() });
        Self { inner: Arc::new(Inner { open, claim }) }
    }

    /// Sets or clears the word of a person that these rejects, or all, are not to be tried again with the values that were refused.
    /// Returns how many it changed.
    ///
    /// # Errors
    /// A fault with the code of what failed: OFT-S003, OFT-S004 or OFT-S008.
    pub async fn ignore(&self, keys: Option<HashSet<KeyDigest>>, ignored: bool) -> Result<u64, Fault> {
        self.blocking(move |inner, open| {
            let listed = open.ledger.index.rejects()?.into_iter();
            let meant =
                |key: Option<KeyDigest>| keys.as_ref().is_none_or(|keys| key.is_some_and(|key| keys.contains(&key)));
            let meant = listed.filter(|row| meant(row.key) && row.reject.ignored != ignored).count();
            if meant > 0 {
                let keys = keys.as_ref().map(|keys| keys.iter().map(|key| key.0.to_be_bytes()).collect());
                inner.commit(open, None, vec![Action::Marked { keys, ignored }])?;
            }
            Ok(meant as u64)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &mut Open) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let inner = self.inner.clone();
        let joined = tokio::task::spawn_blocking(move || {
            let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.ledger.check()?;
            work(&inner, &mut open)
        });
        Ok(joined.await.map_err(Error::Cancelled)??)
    }
}

impl Inner {
    fn commit(&self, open: &mut Open, run: Option<RunId>, actions: Vec<Action>) -> Result<(), Error> {
        let now_ms = crate::now_ms();
        let intents = &open.ledger.intents;
        let entries: Vec<u8> = actions.iter().flat_map(|action| history::entries(action, intents, now_ms)).collect();
        open.ledger.commit(actions)?;
        if let Some(run) = run {
            open.recorder.record(&self.claim.shared.path, &self.claim.name, run, &entries);
        }
        Ok(())
    }

    /// The seed is durable since the state was made, before the first row is sent, so a crash does not change any row's key.
    fn bind(&self, open: &mut Open, target: String) -> Result<(), Error> {
        match &open.ledger.index.meta().target {
            Some(found) if *found == target => Ok(()),
            Some(found) => {
                let path = open.ledger.place.files.folder.clone();
                Err(Error::OtherTarget { path, found: found.clone() })
            }
            None => self.commit(open, None, vec![Action::Bound { target }]),
        }
    }

    fn known(open: &mut Open) -> Result<Known, Error> {
        let seed = open.ledger.seed();
        let doubts: Vec<KeyDigest> = open.ledger.intents.keys().copied().map(KeyDigest).collect();
        let (keys, digests) = open.ledger.index.rows()?;
        Ok(Known::from_sorted_with_doubts(seed, keys, digests, &doubts))
    }

    fn kept(open: &Open, key: KeyDigest) -> Result<Option<Kept>, Error> {
        let acknowledged = open.ledger.index.kept(key)?;
        Ok(acknowledged.or_else(|| open.ledger.intents.get(&key.0)?.kept.clone()))
    }

    fn finish(&self, open: &mut Open, record: &RunRecord) -> Result<(), Error> {
        if record.tried_every_row() && open.ledger.index.meta().rejects > 0 {
            self.commit(open, None, vec![Action::Finished { run: record.id.clone() }])?;
        }
        let (state, sync) = (&self.claim.shared.path, &self.claim.name);
        if let Err(error) = history::drop_old(state, sync, crate::now_ms()) {
            tracing::debug!(%error, "old row histories stay");
        }
        if let Err(error) = open.ledger.tidy() {
            // The journal goes on being the truth; the next run tries again.
            open.ledger.check()?;
            tracing::warn!(code = error.code(), error = %error.words(), "the state could not be tidied up");
        }
        open.ledger.close(Some(&record.id))
    }
}

#[async_trait]
impl StateStore for SyncStore {
    async fn bind(&self, target: &str) -> Result<(), Fault> {
        let target = target.to_owned();
        self.blocking(move |inner, open| inner.bind(open, target)).await
    }

    async fn known(&self) -> Result<Known, Fault> {
        self.blocking(|_, open| Inner::known(open)).await
    }

    async fn in_doubt(&self) -> Result<Vec<Intent>, Fault> {
        self.blocking(|_, open| Ok(open.ledger.intents.values().cloned().collect())).await
    }

    async fn reserve(&self, rows: u64, keeps: bool) -> Result<(), Fault> {
        self.blocking(move |_, open| match open.ledger.index.better_bits(rows, keeps) {
            Some(bits) => open.ledger.renew(bits),
            None => Ok(()),
        })
        .await
    }

    async fn kept(&self, keys: &[KeyDigest]) -> Result<Vec<Option<Kept>>, Fault> {
        let keys = keys.to_vec();
        self.blocking(move |_, open| keys.into_iter().map(|key| Inner::kept(open, key)).collect()).await
    }

    async fn commit(&self, run: RunId, settled: Vec<Settled>, next: Vec<Intent>) -> Result<(), Fault> {
        self.blocking(move |inner, open| {
            let actions = Action::commits(run, settled, &next);
            inner.commit(open, Some(run), actions)
        })
        .await
    }

    /// The record is written even after the state failed: it says so.
    async fn finish(&self, record: &RunRecord) -> Result<(), Fault> {
        let (record, inner) = (record.clone(), self.inner.clone());
        let joined = tokio::task::spawn_blocking(move || {
            let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
            let durability = open.ledger.place.durability;
            runs::write(&inner.claim.shared.path, &inner.claim.name, &record, durability)?;
            open.ledger.check()?;
            inner.finish(&mut open, &record)
        });
        Ok(joined.await.map_err(Error::Cancelled)??)
    }

    async fn rejects(&self) -> Result<Vec<Listed>, Fault> {
        self.blocking(|_, open| open.ledger.index.rejects()).await
    }
}
