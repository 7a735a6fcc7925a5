//! What the tests have done in a process of its own: `compile` a component, as the program's own child does it, or `call` one
//! and say what that took.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use offtake_core::destination::{Rate, RowRef, WriteRequest};
use offtake_core::object::Operation;
use offtake_core::ports::{Destination, Egress, Request, Response, SendError, Waiting};
use offtake_plugin::{Binding, Child, CompileLimits, Compiler, Connector, Host, Options};
use serde_json::json;

/// Answers 204 to everything.
struct Nowhere;

#[async_trait]
impl Egress for Nowhere {
    async fn send(&self, _: Request, _: &dyn Waiting) -> Result<Response, SendError> {
        Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() })
    }

    fn keep_to(&self, _: &[Rate]) {}

    fn pause(&self, _: Duration) {}

    fn requests(&self) -> u64 {
        0
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the tests read it")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let said = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["compile", memory_mib, cpu_s] => match limits(memory_mib, cpu_s) {
            Ok(limits) => return offtake_plugin::compile_child(limits),
            Err(error) => Err(error),
        },
        // Children that are not what they should be.
        ["hang"] => {
            std::thread::sleep(Duration::from_secs(600));
            Ok(String::new())
        }
        ["lie"] => Ok("no machine code".to_owned()),
        ["abort"] => std::process::abort(),
        ["environment"] => {
            let names: Vec<String> = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
            eprintln!("environment: {names:?}");
            // As a child says that it refuses a component, so that its words are kept.
            return ExitCode::from(3);
        }
        ["load", well_behaved, component, cpu_s] => load(Path::new(well_behaved), Path::new(component), cpu_s),
        ["call", well_behaved, guest, object] => call(Path::new(well_behaved), Path::new(guest), object),
        _ => Err("usage: sandbox-alone compile | load | call".into()),
    };
    match said {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn limits(memory_mib: &str, cpu_s: &str) -> Result<CompileLimits, Box<dyn Error>> {
    Ok(CompileLimits { memory_mib: memory_mib.parse()?, cpu_s: cpu_s.parse()?, ..CompileLimits::default() })
}

fn host(limits: CompileLimits) -> Result<Host, Box<dyn Error>> {
    let program: PathBuf = std::env::current_exe()?;
    let arguments = ["compile".to_owned(), limits.memory_mib.to_string(), limits.cpu_s.to_string()];
    let compiler = Compiler::Child(Child { program, arguments: arguments.map(Into::into).into(), limits });
    Ok(Host::new(Options { compiler, ..Options::default() })?)
}

/// Loads a component and says what became of it, and by how much the process has grown meanwhile at its largest.
fn load(well_behaved: &Path, component: &Path, cpu_s: &str) -> Result<String, Box<dyn Error>> {
    let default = CompileLimits::default();
    let host = host(CompileLimits { cpu_s: cpu_s.parse()?, ..default })?;
    let ok = host.load(well_behaved)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let before = begin_to_measure()?;
    let (code, message) = match host.load(component) {
        Ok(_) => ("loads", String::new()),
        Err(error) => (error.code(), error.to_string()),
    };
    let peak = status("VmHWM:")?;
    runtime.block_on(written(&ok, "things"))?;
    Ok(json!({ "code": code, "message": message, "grown_kib": peak.saturating_sub(before) }).to_string())
}

/// From here on the peak is counted anew.
fn begin_to_measure() -> Result<u64, Box<dyn Error>> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    status("VmRSS:")
}

/// Calls the guest once and says how it failed, and by how much the process has grown meanwhile at its largest.
fn call(well_behaved: &Path, guest: &Path, object: &str) -> Result<String, Box<dyn Error>> {
    let host = host(CompileLimits::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (ok, guest) = (host.load(well_behaved)?, host.load(guest)?);
    runtime.block_on(async {
        written(&ok, "things").await?;
        let before = begin_to_measure()?;
        let code = match written(&guest, object).await {
            Ok(()) => "answers".to_owned(),
            Err(code) => code,
        };
        let peak = status("VmHWM:")?;
        written(&ok, "things").await?;
        Ok(json!({ "code": code, "grown_kib": peak.saturating_sub(before) }).to_string())
    })
}

async fn written(connector: &Connector, object: &str) -> Result<(), String> {
    let bound = connector.bind(Binding {
        id: "alone".to_owned(),
        config_json: "{}".to_owned(),
        egress: Arc::new(Nowhere),
        limits: Default::default(),
    });
    let key = |n: usize| RowRef { idempotency_key: format!("key-{n}"), remote_id: None };
    let batch = WriteRequest {
        object: object.to_owned(),
        operation: Operation::Upsert,
        match_keys: vec!["id".to_owned()],
        batch_id: "batch".to_owned(),
        attempt: 1,
        rows: (0..3).map(|n| format!("{{\"id\":\"{n}\"}}\n")).collect(),
        refs: (0..3).map(key).collect(),
    };
    bound.write(batch).await.map(|_| ()).map_err(|failed| failed.failure.code().to_owned())
}

/// A line of the kernel's account of this process, in KiB.
fn status(name: &str) -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("the kernel does not say")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
