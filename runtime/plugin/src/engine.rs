//! The Wasm engine and what it has compiled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offtake_core::manifest::Manifest;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, EngineWeak};

use crate::bindings::{Destination, DestinationPre};
use crate::cache::Cache;
use crate::component::inspect;
use crate::error::Error;
use crate::host::CallState;
use crate::image;
use crate::limits::{FIBER_STACK_BYTES, TICK_MS, WASM_STACK_BYTES};

/// Loads connectors. One for a process.
pub struct Host {
    engine: Engine,
    linker: Linker<CallState>,
    cache: Option<Cache>,
}

/// A compiled connector, ready for any number of connections.
#[derive(Clone)]
pub struct Connector {
    pub(crate) engine: Engine,
    pub(crate) pre: DestinationPre<CallState>,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) digest: Arc<str>,
}

// === impl Host ===

impl Host {
    /// Sets the engine up; `cache` is a folder for compiled components.
    ///
    /// # Errors
    /// OFT-P018 when the machine cannot give what the engine needs.
    pub fn new(cache: Option<&Path>) -> Result<Self, Error> {
        let failed = |error: wasmtime::Error| Error::Engine(error.to_string());
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .concurrency_support(false)
            .wasm_memory64(false)
            .wasm_relaxed_simd(false)
            .cranelift_nan_canonicalization(true)
            .max_wasm_stack(WASM_STACK_BYTES)
            .async_stack_size(FIBER_STACK_BYTES);
        let engine = Engine::new(&config).map_err(failed)?;
        tick(engine.weak())?;
        let mut linker = Linker::new(&engine);
        Destination::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state).map_err(failed)?;
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
        let cache = cache.and_then(|folder| match Cache::open(folder) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::debug!(%error, folder = %folder.display(), "no compile cache");
                None
            }
        });
        Ok(Self { engine, linker, cache })
    }

    /// Checks and compiles a component.
    ///
    /// # Errors
    /// OFT-P010 to OFT-P017.
    pub fn load(&self, path: &Path) -> Result<Connector, Error> {
        let inspected = inspect(path)?;
        let compile = |message: String| Error::Compile { path: path.to_owned(), message };
        let cached = self.cache.as_ref().and_then(|cache| cache.get(&self.engine, &inspected.digest));
        let component = match cached {
            Some(component) => component,
            None => {
                let compiled = catch_unwind(AssertUnwindSafe(|| Component::new(&self.engine, &inspected.bytes)));
                let compiled = compiled.map_err(|_| compile("it breaks the compiler".to_owned()))?;
                let component = compiled.map_err(|error| compile(error.root_cause().to_string()))?;
                if let Some(cache) = &self.cache {
                    cache.put(&self.engine, &inspected.digest, &component);
                }
                component
            }
        };
        image::prepare(&component).map_err(|error| compile(format!("{error:#}")))?;
        let pre = self.linker.instantiate_pre(&component).and_then(DestinationPre::new);
        Ok(Connector {
            engine: self.engine.clone(),
            pre: pre.map_err(|error| compile(format!("{error:#}")))?,
            manifest: Arc::new(inspected.manifest),
            digest: inspected.digest.into(),
        })
    }
}

impl Connector {
    /// What it asks for.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the component, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Advances the epoch as long as the engine lives.
fn tick(engine: EngineWeak) -> Result<(), Error> {
    let spawned = std::thread::Builder::new().name("offtake-epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(TICK_MS));
        }
    });
    spawned.map(|_| ()).map_err(|error| Error::Engine(error.to_string()))
}
