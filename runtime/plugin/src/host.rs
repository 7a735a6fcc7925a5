//! What a guest may call: one file for each import.

mod clock;
mod entropy;
mod http;
mod log;
mod printed;

use std::sync::Arc;
use std::time::Instant;

use offtake_core::ports::Egress;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::deadline::Deadline;
use crate::limits::{HANDLES_MAX, Memory, RANDOM_BYTES_MAX, REQUESTS_MAX};

pub(crate) use clock::unix_ms;

/// Everything that belongs to one call. It is made for it and dropped with it.
pub(crate) struct CallState {
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    pub(crate) log: log::Budget,
    connector: Arc<str>,
    egress: Arc<dyn Egress>,
    printed: printed::Printed,
    requests_left: u32,
    egress_bytes_left: usize,
    /// Which budget of requests was used up first.
    pub(crate) overspent: Option<String>,
    /// Requests that the vendor answered.
    pub(crate) answered: u32,
    /// The first request that was refused, for the case that the guest fails because of it.
    pub(crate) refused: Option<Refused>,
    deadline: Arc<Deadline>,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// Why a request of the guest did not leave.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// CPU ticks of a call.
#[derive(Debug)]
pub(crate) struct Cpu {
    pub(crate) ticks_left: u64,
}

/// What a call may use up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budgets {
    pub(crate) memory_mib: u32,
    pub(crate) cpu_ticks: u64,
    pub(crate) egress_bytes: usize,
}

impl CallState {
    pub(crate) fn new(connector: Arc<str>, egress: Arc<dyn Egress>, deadline: Arc<Deadline>, budgets: Budgets) -> Self {
        let printed = printed::Printed::default();
        // No environment, no arguments, no folders, no sockets; stdin is empty, stdout and stderr are log lines.
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        wasi.stdout(printed.clone()).stderr(printed.clone()).max_random_size(RANDOM_BYTES_MAX);
        wasi.wall_clock(clock::Wall).monotonic_clock(clock::Monotonic(Instant::now()));
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        Self {
            memory: Memory::new(budgets.memory_mib),
            cpu: Cpu { ticks_left: budgets.cpu_ticks },
            log: log::Budget::default(),
            printed,
            connector,
            egress,
            requests_left: REQUESTS_MAX,
            egress_bytes_left: budgets.egress_bytes,
            overspent: None,
            answered: 0,
            refused: None,
            deadline,
            wasi: wasi.build(),
            table,
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl crate::bindings::types::Host for CallState {}
