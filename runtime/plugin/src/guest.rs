//! What of a component can be called: the connector interface, and what later versions add where it exports that.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::{Addition, AdditionIndices, Destination, DestinationIndices};
use crate::host::CallState;

/// A linked component. Names are looked up once, not in every call.
#[derive(Clone)]
pub(crate) struct GuestPre {
    pre: InstancePre<CallState>,
    connector: DestinationIndices,
    jobs: Option<AdditionIndices>,
}

/// An instance of it.
pub(crate) struct Guest {
    pub(crate) connector: Destination,
    /// Where the connector's vendor finishes work later.
    pub(crate) jobs: Option<Addition>,
}

impl GuestPre {
    pub(crate) fn new(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        let connector = DestinationIndices::new(&pre)?;
        let jobs = AdditionIndices::new(&pre).ok();
        Ok(Self { pre, connector, jobs })
    }

    /// Whether its vendor finishes work later.
    pub(crate) fn has_jobs(&self) -> bool {
        self.jobs.is_some()
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<CallState>) -> wasmtime::Result<Guest> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let connector = self.connector.load(&mut *store, &instance)?;
        let jobs = self.jobs.as_ref().map(|jobs| jobs.load(&mut *store, &instance)).transpose()?;
        Ok(Guest { connector, jobs })
    }
}
