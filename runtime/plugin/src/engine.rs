//! The Wasm engine and what it has compiled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use offtake_core::manifest::Manifest;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, EngineWeak};

use crate::bindings::Destination;
use crate::cache::Cache;
use crate::compile::{Code, Compiler, config};
use crate::component::{Inspected, inspect};
use crate::error::Error;
use crate::guest::GuestPre;
use crate::host::CallState;
use crate::image;
use crate::limits::{GUEST_MEMORY_MIB, TICK_MS};
use crate::memory::{Memory, Share};

/// What makes a host.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder for compiled components; without one, each start compiles.
    pub cache: Option<PathBuf>,
    /// Where components are compiled.
    pub compiler: Compiler,
    /// Memory, in MiB, of all guests that run at once. A call waits until what it may use is free; those of one connector get
    /// half at most. One that may use more than all of it runs alone.
    pub guest_memory_mib: u32,
}

/// Loads connectors. One for a process.
pub struct Host {
    engine: Engine,
    linker: Linker<CallState>,
    cache: Option<Cache>,
    compiler: Compiler,
    memory: Arc<Memory>,
}

/// A compiled connector, ready for any number of connections.
#[derive(Clone)]
pub struct Connector {
    pub(crate) engine: Engine,
    pub(crate) pre: GuestPre,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) digest: Arc<str>,
    pub(crate) memory: Share,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache: None, compiler: Compiler::InProcess, guest_memory_mib: GUEST_MEMORY_MIB }
    }
}

// === impl Host ===

impl Host {
    /// Sets the engine up.
    ///
    /// # Errors
    /// OFT-P018 when the machine cannot give what the engine needs.
    pub fn new(options: Options) -> Result<Self, Error> {
        let failed = |error: wasmtime::Error| Error::Engine(error.to_string());
        let engine = Engine::new(&config()).map_err(failed)?;
        tick(engine.weak())?;
        let mut linker = Linker::new(&engine);
        Destination::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state).map_err(failed)?;
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
        let cache = options.cache.and_then(|folder| match Cache::open(&folder) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(code = "OFT-P019", %error, folder = %folder.display(), "compiled components are not kept");
                None
            }
        });
        let memory = Memory::new(options.guest_memory_mib);
        Ok(Self { engine, linker, cache, compiler: options.compiler, memory })
    }

    /// Checks and compiles a component.
    ///
    /// # Errors
    /// OFT-P010 to OFT-P018 and OFT-P020.
    pub fn load(&self, path: &Path) -> Result<Connector, Error> {
        self.compile(path, inspect(path)?)
    }

    /// Compiles what was inspected, just these bytes: the file, which only messages name, may be another one by now.
    ///
    /// # Errors
    /// OFT-P017, OFT-P018 and OFT-P020.
    pub fn compile(&self, path: &Path, inspected: Inspected) -> Result<Connector, Error> {
        let compile = |message: String| Error::Compile { path: path.to_owned(), message };
        let cached = self.cache.as_ref().and_then(|cache| cache.get(&self.engine, &inspected.digest));
        let component = match cached.as_ref().and_then(|code| code.load(&self.engine)) {
            Some(component) => component,
            None => {
                let code = self.compiler.compile(&self.engine, path, &inspected.bytes)?;
                let other_build = || compile("what compiles is not of this build of offtake".to_owned());
                let component = code.load(&self.engine).ok_or_else(other_build)?;
                self.keep(&inspected.digest, &code);
                component
            }
        };
        image::prepare(&component).map_err(|error| compile(format!("{error:#}")))?;
        // It is not meant to panic; if it does, the component is refused and the host goes on.
        let link = || self.linker.instantiate_pre(&component).and_then(GuestPre::new);
        let pre = catch_unwind(AssertUnwindSafe(link)).map_err(|_| compile("it breaks the linker".to_owned()))?;
        Ok(Connector {
            engine: self.engine.clone(),
            pre: pre.map_err(|error| compile(format!("{error:#}")))?,
            manifest: Arc::new(inspected.manifest),
            memory: self.memory.share(&inspected.digest),
            digest: inspected.digest.into(),
        })
    }

    fn keep(&self, digest: &str, code: &Code) {
        if let Some(cache) = &self.cache {
            cache.put(&self.engine, digest, code);
        }
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
