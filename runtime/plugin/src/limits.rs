//! What one call may use.

use std::time::Duration;

use offtake_core::backoff::RETRY_AFTER_MAX;
use offtake_core::manifest::CallLimits;
use wasmtime::ResourceLimiter;

use crate::component::COMPONENT_BYTES_MAX;

/// No connector gets more than this, whatever its manifest asks for. Interpreted guests need 256 MiB; the wall clock
/// covers a batch of slow requests.
pub const CEILING: CallLimits = CallLimits { memory_mib: 256, cpu_ms: 10_000, wall_ms: 300_000 };

/// Bytes that a guest may hand to the host in one call of a host function, and as its result: a request of 16 MiB, or
/// the results of the largest batch, with room to spare.
pub(crate) const HOSTCALL_BYTES_MAX: usize = 32 << 20;
/// The interface has no resources; a WASI guest holds a few streams.
pub(crate) const HANDLES_MAX: usize = 1_000;
/// WASI's randomness in one call: an interpreter seeds itself with a few dozen bytes.
pub(crate) const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Memory of all guests of a host that run at once, in MiB: eight of the largest. A call waits for its share.
pub const GUEST_MEMORY_MIB: u32 = 2_048;
/// Guest stack. Recursion ends in a trap; the fiber's stack is larger, so that it is never the host's.
pub(crate) const WASM_STACK_BYTES: usize = 1 << 20;
pub(crate) const FIBER_STACK_BYTES: usize = 2 << 20;
/// Time in which a call's requests may wait for their turn, beside its wall clock: the longest pause that a vendor can ask
/// for, and then the requests of others that came before. Without an end, a vendor could hold a call for ever.
pub(crate) const WAIT_MAX: Duration = RETRY_AFTER_MAX.saturating_add(Duration::from_secs(5 * 60));
/// Length of a CPU tick.
pub(crate) const TICK_MS: u64 = 10;
/// Requests in one call: the largest batch sent as single requests, and lookups before it.
pub(crate) const REQUESTS_MAX: u32 = 2_000;
/// What a connector may say that its vendor takes in one call, and how many calls at once: more is not a batch any more.
pub(crate) const ROWS_MAX: u32 = 10_000;
pub(crate) const ROWS_BYTES_MAX: u32 = 16 << 20;
pub(crate) const CONCURRENCY_MAX: u16 = 32;
/// What the requests of one call may carry, in bytes of bodies, headers and paths: for itself, and for what it was given.
/// An envelope of JSON or XML around each row takes a few times what the row does; more is not in the rows.
const EGRESS_BYTES_CALL: usize = 1 << 20;
const EGRESS_BYTES_ROW: usize = 4 << 10;
const EGRESS_TIMES: usize = 16;
/// Parallel requests of one `send-all`.
pub(crate) const IN_FLIGHT_MAX: usize = 8;
/// Log lines and their bytes in one call. Enough for a line a request; a flood is counted, not kept.
pub(crate) const LOG_LINES_MAX: u32 = 200;
pub(crate) const LOG_LINE_BYTES_MAX: usize = 8 << 10;
pub(crate) const LOG_BYTES_MAX: usize = 64 << 10;
/// A longer line is dropped unread: searching it for secrets would cost the host more than the line is worth.
pub(crate) const LOG_SCANNED_BYTES_MAX: usize = 4 << 20;
/// Elements of all tables. A large interpreter has about ten thousand functions.
const TABLE_ELEMENTS_MAX: usize = 100_000;
/// An adapted interpreter has three of each.
const INSTANCES_MAX: usize = 50;
const TABLES_MAX: usize = 20;
const MEMORIES_MAX: usize = 10;

/// What compiling one component may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Address space of the process, in MiB.
    pub memory_mib: u32,
    /// CPU time, in seconds.
    pub cpu_s: u32,
    /// Until the process is ended, whatever it does.
    pub wall: Duration,
}

impl Default for CompileLimits {
    /// The largest component that is known, a JavaScript engine of 12 MB, takes 445 MB and 20 s; address space is reserved
    /// beyond what is used, and a busy machine is slower.
    fn default() -> Self {
        Self { memory_mib: 2_048, cpu_s: 120, wall: Duration::from_secs(240) }
    }
}

/// Machine code of one component; that of the largest is three times as long as the component.
pub(crate) const CODE_BYTES_MAX: u64 = 4 * COMPONENT_BYTES_MAX;
/// Compiled components that are kept; a connector in Python has 35 MB.
pub(crate) const CACHE_BYTES_MAX: u64 = 1 << 30;

/// Bytes that the requests of one call may carry, by what the call was given.
pub(crate) fn egress_bytes(rows: usize, bytes: usize) -> usize {
    let for_rows = EGRESS_TIMES.saturating_mul(bytes).saturating_add(EGRESS_BYTES_ROW.saturating_mul(rows));
    EGRESS_BYTES_CALL.saturating_add(for_rows)
}

/// Counts what a store allocates, and remembers that it refused.
#[derive(Debug)]
pub(crate) struct Memory {
    bytes_max: usize,
    /// Of all memories of the store together.
    bytes: usize,
    elements: usize,
    pub(crate) exceeded: bool,
}

impl Memory {
    pub(crate) fn new(memory_mib: u32) -> Self {
        Self { bytes_max: (memory_mib as usize) << 20, bytes: 0, elements: 0, exceeded: false }
    }

    /// What the store has. Memories never shrink, so it is also the most that it had.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        if self.bytes <= self.bytes_max {
            return Ok(true);
        }
        self.exceeded = true;
        // A guest that is told `false` may loop on it; a trap ends the call.
        Err(wasmtime::Error::msg("memory limit"))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.elements = self.elements.saturating_add(desired.saturating_sub(current));
        if self.elements <= TABLE_ELEMENTS_MAX {
            return Ok(true);
        }
        self.exceeded = true;
        Err(wasmtime::Error::msg("table limit"))
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}
