//! Turns a component into machine code: in a process of its own, whose memory and time have an end, or in this one.
//!
//! A compiler fed with foreign bytes may take all memory, run for hours, overflow its stack or panic. None of that is the
//! host's end when it happens elsewhere.

mod child;
mod confined;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use wasmtime::component::Component;
use wasmtime::{Config, Engine, WasmFeatures};

pub use child::answer as compile_child;

use crate::error::Error;
use crate::features::FEATURES;
use crate::limits::{CompileLimits, FIBER_STACK_BYTES, WASM_STACK_BYTES};

/// Where components are compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Compiler {
    /// In this process, where only a panic is contained: for systems without limits of processes, and for components that
    /// the caller has made.
    #[default]
    InProcess,
    /// In a process for each component.
    Child(Child),
}

/// How another process is started that calls [`compile_child`] and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The program: the same build as this one, or its code is refused.
    pub program: PathBuf,
    /// What makes it call that function.
    pub arguments: Vec<OsString>,
    /// Those that it gives the function: the host enforces the wall clock and tells of the others.
    pub limits: CompileLimits,
}

/// Machine code that a compiler of this host made and nobody changed since.
#[derive(Debug)]
pub(crate) struct Code(Vec<u8>);

impl Code {
    /// Takes what the caller knows to come from this host's compiler: from the compiler itself, or from a file with this
    /// host's MAC.
    pub(crate) fn trusted(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// None where another build of the compiler made it.
    pub(crate) fn load(&self, engine: &Engine) -> Option<Component> {
        #[expect(unsafe_code, reason = "machine code is loaded; its origin is what this type stands for")]
        // SAFETY: `precompile_component` wrote these bytes and they are unmodified, by the contract of `trusted`; wasmtime
        // itself refuses those of an engine with other settings.
        let component = unsafe { Component::deserialize(engine, &self.0) };
        component.ok()
    }
}

impl Compiler {
    /// Compiles a component that `inspect` has let pass.
    ///
    /// # Errors
    /// OFT-P017, OFT-P018 or OFT-P020.
    pub(crate) fn compile(&self, engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Code, Error> {
        let compiled = match self {
            Self::InProcess => here(engine, bytes).map_err(|message| Error::Compile { path: path.to_owned(), message }),
            Self::Child(child) => child::compile(child, path, bytes),
        };
        compiled.map(Code::trusted)
    }
}

/// The engine's settings, the same wherever code is made or run.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_features(WasmFeatures::all().difference(FEATURES), false)
        .wasm_features(FEATURES, true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES);
    config
}

fn here(engine: &Engine, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let compiled = catch_unwind(AssertUnwindSafe(|| engine.precompile_component(bytes)));
    let compiled = compiled.map_err(|_| "it breaks the compiler".to_owned())?;
    compiled.map_err(|error| error.root_cause().to_string())
}
