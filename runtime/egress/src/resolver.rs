//! Resolves a name once and hands out only addresses that may be dialled, so that what was checked is what is dialled.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Grant;

/// Resolver of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Guarded {
    grant: Grant,
}

/// A name has an address that may not be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Blocked(pub(crate) String);

impl Guarded {
    pub(crate) fn new(grant: Grant) -> Self {
        Self { grant }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let grant = self.grant.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (open, blocked): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| grant.allows(address.ip()));
            // One inner address among outer ones is how rebinding starts: the name is not to be trusted at all.
            if let Some(address) = blocked.first() {
                return Err(Blocked(format!("{} ({})", name.as_str(), address.ip())).into());
            }
            let addresses: Addrs = Box::new(open.into_iter());
            Ok(addresses)
        })
    }
}
