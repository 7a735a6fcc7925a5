//! One call into a guest: a fresh store, its limits, and what becomes of a trap.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use offtake_core::destination::{CallFailure, Detail, Effect, Failure};
use offtake_core::manifest::CallLimits;
use offtake_core::ports::Egress;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::deadline::Deadline;
use crate::engine::Connector;
use crate::guest::Guest;
use crate::host::{Budgets, CallState, Refused};
use crate::limits::{HANDLES_MAX, HOSTCALL_BYTES_MAX, TICK_MS};

/// The guest used up its CPU time; carried through wasmtime as the reason of the trap.
#[derive(Debug, thiserror::Error)]
#[error("out of CPU time")]
struct OutOfCpu;

/// What a call is given beside its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) limits: CallLimits,
    /// Bytes that its requests may carry.
    pub(crate) egress_bytes: usize,
}

/// What a call came to.
pub(crate) struct Called<T> {
    pub(crate) value: T,
    /// Requests that the vendor answered.
    pub(crate) answered: u32,
    /// The first request that the host refused meanwhile.
    pub(crate) refused: Option<Refused>,
}

/// A call's future, which borrows store and instance.
pub(crate) type Calling<'a, T> = Pin<Box<dyn Future<Output = wasmtime::Result<T>> + Send + 'a>>;

/// Runs one exported function in an instance of its own. Whatever happens, the instance is dropped: a guest
/// that trapped or was abandoned cannot be entered again.
pub(crate) async fn call<T, F>(
    connector: &Connector,
    egress: &Arc<dyn Egress>,
    Allowance { limits, egress_bytes }: Allowance,
    enter: F,
) -> Result<Called<T>, CallFailure>
where
    T: Send,
    F: for<'a> FnOnce(&'a Guest, &'a mut Store<CallState>) -> Calling<'a, T> + Send,
{
    // Waiting for it is no time that the guest used.
    let memory = connector.memory.take(limits.memory_mib).await;
    let _memory = memory.ok_or_else(|| fatal("host_broke", "the host ends".to_owned()))?;
    let name: Arc<str> = format!("{}@{}", connector.manifest.id, connector.manifest.version).into();
    let ticks = u64::from(limits.cpu_ms) / TICK_MS;
    let deadline = Arc::new(Deadline::new(Duration::from_millis(limits.wall_ms.into())));
    let state = CallState::new(
        name,
        egress.clone(),
        deadline.clone(),
        Budgets { memory_mib: limits.memory_mib, cpu_ticks: ticks, egress_bytes },
    );
    let mut store = Store::new(&connector.engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
    store.set_max_component_handles(HANDLES_MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        let cpu = &mut context.data_mut().cpu;
        cpu.ticks_left = cpu.ticks_left.checked_sub(1).ok_or(OutOfCpu)?;
        Ok(UpdateDeadline::Yield(1))
    });
    let running = async {
        let guest = connector.pre.instantiate(&mut store).await?;
        enter(&guest, &mut store).await
    };
    // wasmtime lets a host function's panic through; here it ends.
    let ended = deadline.keep(AssertUnwindSafe(running).catch_unwind()).await;
    let state = store.data_mut();
    state.log_printed();
    if state.log.dropped > 0 {
        tracing::warn!(code = "OFT-P008", dropped = state.log.dropped, connector = %connector.manifest.id, "log lines of the connector were dropped");
    }
    if let Some(why) = &state.overspent {
        tracing::warn!(code = "OFT-E307", connector = %connector.manifest.id, "requests of the connector were refused: {why}");
    }
    match ended {
        Some(Ok(Ok(value))) => Ok(Called { value, answered: state.answered, refused: state.refused.clone() }),
        Some(Ok(Err(error))) => Err(broken(&error, state.memory.exceeded, limits)),
        Some(Err(_)) => Err(fatal("host_broke", "the host broke while it served the connector".to_owned())),
        None => Err(fatal("wall_limit", deadline.missed())),
    }
}

fn broken(error: &wasmtime::Error, memory_exceeded: bool, limits: CallLimits) -> CallFailure {
    if memory_exceeded {
        return fatal("memory_limit", format!("the connector needs more than {} MiB of memory", limits.memory_mib));
    }
    if error.downcast_ref::<OutOfCpu>().is_some() {
        return fatal("cpu_limit", format!("the connector used more than {} ms of CPU time", limits.cpu_ms));
    }
    let root = error.root_cause().to_string();
    if root.contains("fuel allocated for hostcalls") {
        let mib = HOSTCALL_BYTES_MAX >> 20;
        return fatal("too_much_data", format!("the connector handed over more than {mib} MiB at once"));
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => fatal("stack_overflow", "the connector recursed too deeply".to_owned()),
        Some(trap) => fatal("trap", format!("the connector crashed: {trap}")),
        None => fatal("trap", format!("the connector broke off: {root}")),
    }
}

/// The guest may have sent requests before it broke, so the effect is unknown.
fn fatal(code: &str, message: String) -> CallFailure {
    CallFailure {
        failure: Failure::Fatal(Detail { code: code.to_owned(), message, ..Detail::default() }),
        effect: Effect::Unknown,
    }
}
