//! What a guest may call: one file for each import.

mod clock;
mod entropy;
mod http;
mod log;

use std::sync::Arc;

use offtake_core::ports::Egress;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::deadline::Deadline;
use crate::limits::Memory;

pub(crate) use clock::unix_ms;

/// Everything that belongs to one call. It is made for it and dropped with it.
pub(crate) struct CallState {
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    pub(crate) log: log::Budget,
    connector: Arc<str>,
    egress: Arc<dyn Egress>,
    requests_left: u32,
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

impl CallState {
    pub(crate) fn new(
        connector: Arc<str>,
        egress: Arc<dyn Egress>,
        memory_mib: u32,
        cpu_ticks: u64,
        deadline: Arc<Deadline>,
    ) -> Self {
        // No environment, no arguments, no folders, no sockets; stdin is empty, stdout and stderr go nowhere.
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        Self {
            memory: Memory::new(memory_mib),
            cpu: Cpu { ticks_left: cpu_ticks },
            log: log::Budget::default(),
            connector,
            egress,
            requests_left: crate::limits::REQUESTS_MAX,
            refused: None,
            deadline,
            wasi: wasi.build(),
            table: ResourceTable::new(),
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl crate::bindings::types::Host for CallState {}
