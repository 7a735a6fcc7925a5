//! A second engine that counts instructions, for those who write connectors. Production counts time instead, because
//! counting makes the code slower and larger.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offtake_core::destination::{CallFailure, Detail, Effect, Failure, RowResult, WriteRequest};
use offtake_core::manifest::Manifest;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store};

use crate::bindings::{self, Destination};
use crate::bound::Binding;
use crate::compile::config;
use crate::component::inspect;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::guest::GuestPre;
use crate::host::{Budgets, CallState};
use crate::image;
use crate::limits::{CEILING, HANDLES_MAX, HOSTCALL_BYTES_MAX, egress_bytes};

/// More than a call may use in its CPU time: a metered connector ends, too.
const INSTRUCTIONS_MAX: u64 = 1 << 40;
/// Other tasks, such as the vendor that is asked, get their turn.
const INSTRUCTIONS_BETWEEN_YIELDS: u64 = 10_000_000;

/// Loads connectors in order to measure them.
pub struct Meter {
    engine: Engine,
    linker: Linker<CallState>,
}

/// A connector that is measured.
pub struct Metered {
    engine: Engine,
    pre: GuestPre,
    manifest: Manifest,
}

/// What a call cost.
#[derive(Debug)]
pub struct Cost {
    /// What the connector answered.
    pub answer: Result<Vec<RowResult>, CallFailure>,
    /// WebAssembly instructions, starting the instance included.
    pub instructions: u64,
    /// The most memory that it had.
    pub memory_bytes: usize,
}

impl Meter {
    /// Sets the engine up.
    ///
    /// # Errors
    /// OFT-P018 when the machine cannot give what the engine needs.
    pub fn new() -> Result<Self, Error> {
        let failed = |error: wasmtime::Error| Error::Engine(error.to_string());
        let mut config = config();
        config.epoch_interruption(false).consume_fuel(true);
        let engine = Engine::new(&config).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        Destination::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state).map_err(failed)?;
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
        Ok(Self { engine, linker })
    }

    /// Checks and compiles a component that the host has taken before.
    ///
    /// # Errors
    /// OFT-P010 to OFT-P017.
    pub fn load(&self, path: &Path) -> Result<Metered, Error> {
        let inspected = inspect(path)?;
        let compile = |error: wasmtime::Error| Error::Compile { path: path.to_owned(), message: format!("{error:#}") };
        let component = Component::new(&self.engine, &inspected.bytes).map_err(compile)?;
        image::prepare(&component).map_err(compile)?;
        let pre = self.linker.instantiate_pre(&component).and_then(GuestPre::new).map_err(compile)?;
        Ok(Metered { engine: self.engine.clone(), pre, manifest: inspected.manifest })
    }
}

impl Metered {
    /// Writes one batch in a fresh instance.
    pub async fn write(&self, binding: Binding, request: WriteRequest) -> Cost {
        let limits = self.manifest.limits.at_most(CEILING);
        let deadline = Arc::new(Deadline::new(Duration::from_millis(limits.wall_ms.into())));
        let name: Arc<str> = self.manifest.id.as_str().into();
        let budgets = Budgets {
            memory_mib: limits.memory_mib,
            cpu_ticks: u64::MAX,
            egress_bytes: egress_bytes(request.refs.len(), request.rows.len()),
        };
        let state = CallState::new(name, binding.egress, deadline.clone(), budgets);
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
        store.set_max_component_handles(HANDLES_MAX);
        let connection = bindings::types::Connection { id: binding.id, config_json: binding.config_json };
        let batch = bindings::batch(request);
        let running = async {
            store.set_fuel(INSTRUCTIONS_MAX)?;
            store.fuel_async_yield_interval(Some(INSTRUCTIONS_BETWEEN_YIELDS))?;
            let guest = self.pre.instantiate(&mut store).await?;
            guest.connector.offtake_destination_connector().call_write(&mut store, &connection, &batch).await
        };
        let answer = match deadline.keep(running).await {
            Some(Ok(Ok(results))) => Ok(results.into_iter().map(bindings::row_result).collect()),
            Some(Ok(Err(failed))) => Err(bindings::call_failure(failed)),
            Some(Err(error)) => Err(broken(error.root_cause().to_string())),
            None => Err(broken(deadline.missed())),
        };
        let left = store.get_fuel().unwrap_or_default();
        Cost { answer, instructions: INSTRUCTIONS_MAX - left, memory_bytes: store.data().memory.bytes() }
    }
}

fn broken(message: String) -> CallFailure {
    let detail = Detail { code: "trap".to_owned(), message, ..Detail::default() };
    CallFailure { failure: Failure::Fatal(detail), effect: Effect::Unknown }
}
