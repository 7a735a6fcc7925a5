//! What the sandbox costs: a call into a fresh instance against the same work done natively, its share of a delivery, and
//! loading a component that was compiled before.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use offtake_build::BuildOptions;
use offtake_core::destination::{Rate, RowRef, WriteRequest};
use offtake_core::object::Operation;
use offtake_core::ports::{Destination, Egress, Request, Response, SendError, Waiting};
use offtake_egress::{Credentials, Grant, Limiters, Options as Way, Outbound, Policy, Quotas, Secret};
use offtake_engine::{Ports, Stop, run};
use offtake_plugin::{Binding, Compiler, Connector, Host, Options};
use offtake_state::{Durability, StateDirectory};

use crate::native::Native;
use crate::vendor::{People, Silent, SystemClock};
use crate::{Outcome, durability};

/// Calls of each kind; the median counts.
const CALLS: usize = 2_000;
const LOADS: usize = 50;
/// Rows of the delivery, in batches of a hundred.
const ROWS: i64 = 50_000;
const BATCH_ROWS: f64 = 100.0;
/// Each delivery is repeated so often, one kind after the other; the best counts.
const TIMES: u32 = 3;
/// The kernel counts a process' CPU time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// Answers at once, in memory.
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

#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
pub(crate) async fn measure() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let component = build(folder.path())?;
    let cache = folder.path().join("cache");
    let host =
        || Host::new(Options { cache: Some(cache.clone()), compiler: Compiler::InProcess, ..Options::default() });
    let started = Instant::now();
    let connector = host()?.load(&component)?;
    println!("the sandbox, with the connector of tests/guests/ok:");
    println!("  load, compiled for the first time: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("  load with a warm compile cache: {:.2} ms", load(&host()?, &component)?);

    for rows in [1, 100] {
        let sandboxed = calls(&bound(&connector, Arc::new(Nowhere)), rows).await?;
        let native = calls(&Native(Arc::new(Nowhere)), rows).await?;
        println!(
            "  a write of {rows} rows: {sandboxed:.1} µs in a fresh instance, {native:.1} µs natively: {:.1} µs more",
            sandboxed - native
        );
    }

    let vendor = Vendor::start()?;
    let (mut sandboxed, mut native) = (f64::MAX, f64::MAX);
    for _ in 0..TIMES {
        let egress = way_out(&connector, &vendor.base)?;
        sandboxed = sandboxed.min(delivery(Arc::new(bound(&connector, egress.clone()))).await?);
        native = native.min(delivery(Arc::new(Native(egress))).await?);
    }
    println!(
        "  CPU of a delivered batch of 100 rows: {sandboxed:.2} ms, {native:.2} ms without the sandbox: its share is {:.1} %",
        100.0 * (1.0 - native / sandboxed)
    );
    Ok(())
}

fn build(folder: &Path) -> Outcome<PathBuf> {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/ok");
    let out = folder.join("ok.wasm");
    let options = BuildOptions { out: Some(out.clone()), target_dir: Some(folder.join("target")) };
    offtake_build::build(&guest, &options, &mut |_| {})?;
    Ok(out)
}

fn bound(connector: &Connector, egress: Arc<dyn Egress>) -> offtake_plugin::Bound {
    connector.bind(Binding { id: "bench".to_owned(), config_json: "{}".to_owned(), egress, limits: Default::default() })
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// Milliseconds.
fn load(host: &Host, component: &Path) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..LOADS {
        let started = Instant::now();
        black_box(host.load(component)?);
        times.push(started.elapsed());
    }
    Ok(1e3 * median(times))
}

/// Microseconds of one write.
async fn calls(destination: &dyn Destination, rows: usize) -> Outcome<f64> {
    let row = |n: usize| format!("{{\"email\":\"person.number.{n}@example.com\",\"score\":{n}}}\n");
    let batch = WriteRequest {
        object: "contacts".to_owned(),
        operation: Operation::Upsert,
        match_keys: vec!["email".to_owned()],
        batch_id: "batch".to_owned(),
        attempt: 1,
        rows: (0..rows).map(row).collect(),
        refs: (0..rows).map(|n| RowRef { idempotency_key: format!("key-{n}"), remote_id: None }).collect(),
    };
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let batch = batch.clone();
        let started = Instant::now();
        let results = destination.write(batch).await.map_err(|failed| format!("{failed:?}"))?;
        times.push(started.elapsed());
        if results.len() != rows {
            return Err("a row has no answer".into());
        }
    }
    Ok(1e6 * median(times))
}

/// Milliseconds of CPU that a batch of a whole run costs this process: reading, comparing, state, connector, HTTP.
async fn delivery(destination: Arc<dyn Destination>) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let state = StateDirectory::open_with(folder.path(), Durability::Synced)?;
    let ports = Ports {
        model: Arc::new(People(ROWS)),
        destination,
        state: Arc::new(state.sync(&"bench".parse()?)?),
        clock: Arc::new(SystemClock),
    };
    let before = cpu_seconds()?;
    let record = run(&durability::spec(), &ports, &Silent, &Stop::default()).await;
    let used = cpu_seconds()? - before;
    if record.counts.delivered != ROWS.unsigned_abs() {
        return Err(format!("{:?}", record.error).into());
    }
    Ok(1e3 * used * BATCH_ROWS / ROWS as f64)
}

/// Of all threads of this process.
fn cpu_seconds() -> Outcome<f64> {
    let account = std::fs::read_to_string("/proc/self/stat")?;
    // The name may hold anything; what follows it are numbers.
    let (_, numbers) = account.rsplit_once(')').ok_or("the kernel says nothing")?;
    let ticks = numbers.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}

fn way_out(connector: &Connector, base: &str) -> Outcome<Arc<dyn Egress>> {
    let manifest = connector.manifest();
    let grant = Grant { networks: vec!["127.0.0.1/32".parse()?], plain_http: true, ..Grant::default() };
    let secrets = BTreeMap::from([("token".to_owned(), Secret::new("a-secret-token".to_owned()))]);
    let options = Way {
        connection: "bench".to_owned(),
        connector: manifest.id.clone(),
        policy: Policy::new(manifest, &BTreeMap::from([("api".to_owned(), base.to_owned())]), grant)?,
        credentials: Credentials::new(&manifest.credentials, secrets),
        bucket: "bench".to_owned(),
        quotas: Quotas::default(),
        audit: None,
    };
    Ok(Arc::new(Outbound::new(options, &Limiters::default())?))
}

/// A vendor in another process, so that its CPU time is not counted.
struct Vendor {
    base: String,
    process: Child,
}

impl Vendor {
    fn start() -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?).arg("serve").stdout(Stdio::piped()).spawn()?;
        let out = process.stdout.take().ok_or("the other process has no output")?;
        let mut base = String::new();
        std::io::BufReader::new(out).read_line(&mut base)?;
        Ok(Self { base: base.trim().to_owned(), process })
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        // It is gone already where this fails.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
