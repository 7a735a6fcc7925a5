//! What a call is given: the connection's configuration and the way out.

use std::cell::Cell;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bindings::offtake::destination::types::{CallFailure, Connection};
use crate::http::Http;

/// The configuration of a connector that has none.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct NoConfig {}

/// What a call is given.
#[derive(Debug)]
pub struct Context<C> {
    connection_id: String,
    config: C,
    /// Requests after which the vendor may hold something it did not hold before.
    writes: Cell<u32>,
}

impl<C: DeserializeOwned> Context<C> {
    pub(crate) fn open(connection: Connection) -> Result<Self, CallFailure> {
        let config = serde_json::from_str(&connection.config_json)
            .map_err(|error| CallFailure::misconfigured("config_invalid", error.to_string()))?;
        Ok(Self { connection_id: connection.id, config, writes: Cell::new(0) })
    }
}

impl<C> Context<C> {
    /// The connection's configuration. It holds no secret.
    #[must_use]
    pub fn config(&self) -> &C {
        &self.config
    }

    /// The connection's id.
    #[must_use]
    pub fn connection_id(&self) -> &str {
        &self.connection_id
    }

    /// The way out.
    #[must_use]
    pub fn http(&self) -> Http<'_> {
        Http::new(&self.writes)
    }

    pub(crate) fn has_written(&self) -> bool {
        self.writes.get() > 0
    }
}
