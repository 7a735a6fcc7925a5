//! Connections whose connector can be replaced while they are used.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use offtake_core::Name;
use offtake_plugin::{Bound, Hot, Shelf};

/// How long calls may go on with a connector that was replaced: the largest batch of a slow vendor.
const DRAIN: Duration = Duration::from_secs(60);

/// The connections that are in use now.
#[derive(Default)]
pub(crate) struct HotConnections {
    shelf: Arc<Shelf>,
    connections: Mutex<Vec<(Name, Weak<Hot>)>>,
}

impl HotConnections {
    /// Lets a connection's connector be replaced for as long as somebody uses it.
    pub(super) fn keep(&self, name: &Name, bound: Bound) -> Arc<Hot> {
        let hot = Arc::new(Hot::new(bound, self.shelf.clone(), DRAIN));
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|(_, hot)| hot.strong_count() > 0);
        connections.push((name.clone(), Arc::downgrade(&hot)));
        hot
    }

    /// Those that somebody uses.
    pub(super) fn all(&self) -> Vec<(Name, Arc<Hot>)> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.iter().filter_map(|(name, hot)| Some((name.clone(), hot.upgrade()?))).collect()
    }
}
