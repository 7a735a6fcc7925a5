//! Models that this process has planned: syncs that read the same model read it at the same version.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use offtake_config::{SourceConnection, SyncConfig};
use offtake_core::Name;
use offtake_source::{Error, Lake, Model};
use tokio::sync::OnceCell;

/// Connection and SQL.
type Key = (Name, String);

/// Planned models.
#[derive(Debug, Default)]
pub(crate) struct Models {
    planned: Mutex<HashMap<Key, Arc<OnceCell<Model>>>>,
}

impl Models {
    /// The sync's model. Planning pins the version of every table that has versions; a plan that failed is tried again by the next.
    pub(super) async fn get(&self, source: &SourceConnection, sync: &SyncConfig) -> Result<Model, Error> {
        let key = (sync.source.clone(), sync.sql.clone());
        let cell = self.planned.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        let model = cell.get_or_try_init(async || Lake::new(source.lake.clone()).model(&sync.sql).await).await?;
        Ok(model.clone())
    }
}
