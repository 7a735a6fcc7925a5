//! Resolves a name once and hands out only addresses that may be dialled, so that what was checked is what is dialled.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Grant;

/// Finds the addresses of a name. Whatever it finds is checked before any of it is dialled.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// All addresses of a name.
    ///
    /// # Errors
    /// When it has none, or nobody can be asked.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks whom the system asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Resolver of one connection.
#[derive(Clone)]
pub(crate) struct Guarded {
    grant: Grant,
    resolver: Arc<dyn Resolver>,
}

/// A name has an address that may not be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Blocked(pub(crate) String);

impl Guarded {
    pub(crate) fn new(grant: Grant, resolver: Arc<dyn Resolver>) -> Self {
        Self { grant, resolver }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { grant, resolver } = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            // One inner address among outer ones is how rebinding starts: the name is not to be trusted at all.
            if let Some(address) = found.iter().find(|address| !grant.allows(**address)) {
                return Err(Blocked(format!("{} ({address})", name.as_str())).into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
