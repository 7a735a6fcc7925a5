//! The process in which components are compiled: what it may do, and what becomes of components that are bombs.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use offtake_plugin::{Child, CompileLimits, Compiler, Error, Host, Options};

use crate::support::bytes::{apart, text, with_manifest, with_module};
use crate::support::{ALONE, MACHINE, compiler_within, expect_ok, guest};

/// A host may grow by this much while another process compiles a bomb: what it reads, hands over and gets back.
const GROWTH_KIB_MAX: u64 = 160 << 10;

fn refusal(compiler: Compiler, component: &Path) -> Error {
    let host = Host::new(Options { compiler, ..Options::default() }).unwrap();
    host.load(component).err().unwrap()
}

/// A child that is not what it should be.
fn other(program: &str, argument: &str, wall: Duration) -> Compiler {
    let limits = CompileLimits { wall, ..CompileLimits::default() };
    Compiler::Child(Child { program: program.into(), arguments: vec![argument.into()], limits })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_breaks_hangs_or_lies_is_a_refusal() {
    let _machine = MACHINE.read().await;
    let component = guest::component("ok");
    let long = Duration::from_secs(60);
    let cases = [
        ("aborts", other(ALONE, "abort", long), "OFT-P017", "it breaks the compiler"),
        ("lies", other(ALONE, "lie", long), "OFT-P017", "not of this build"),
        ("says nothing", other("/bin/true", "", long), "OFT-P017", "not of this build"),
        ("hangs", other(ALONE, "hang", Duration::from_millis(300)), "OFT-P020", "longer than"),
        ("is not there", other("/nowhere/offtake", "", long), "OFT-P018", "no process to compile in"),
    ];
    for (what, compiler, code, words) in cases {
        let started = Instant::now();
        let error = refusal(compiler, &component);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(error.to_string().contains(words), "{what}: {error}");
        assert!(started.elapsed() < long, "{what}");
    }
    expect_ok(&crate::support::alone("ok")).await;
}

#[test]
fn the_child_is_given_no_environment() {
    let error = refusal(other(ALONE, "environment", Duration::from_secs(60)), &guest::component("ok"));
    assert!(std::env::var_os("PATH").is_some());
    assert!(error.to_string().ends_with("environment: []"), "{error}");
}

/// Looks at a child from outside, while it waits for its component.
#[test]
fn the_child_can_open_nothing_and_has_limits() {
    // What the host did not open itself is not closed by itself.
    let left_open = File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    let mut child = Command::new(ALONE)
        .args(["compile", "2048", "120"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A file could not be written to.
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let account = Path::new("/proc").join(child.id().to_string());
    let limits = || std::fs::read_to_string(account.join("limits")).unwrap();
    let begun = Instant::now();
    // It is the last that is lowered.
    while limit(&limits(), "Max open files")[0] != "3" {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", limits());
        std::thread::sleep(Duration::from_millis(5));
    }
    let expected = [
        ("Max open files", "3"),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max address space", "2147483648"),
    ];
    for (name, value) in expected {
        assert_eq!(limit(&limits(), name), [value; 2].map(str::to_owned), "{name}");
    }
    assert_eq!(limit(&limits(), "Max cpu time"), ["120", "121"], "a signal, and then a kill");
    let mut open: Vec<String> = std::fs::read_dir(account.join("fd"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    open.sort();
    assert_eq!(open, ["0", "1", "2"]);
    child.stdin.take().unwrap().write_all(b"no component").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

/// The soft and the hard limit of this name.
fn limit(limits: &str, name: &str) -> [String; 2] {
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let both: Vec<String> = line.split_whitespace().take(2).map(str::to_owned).collect();
    both.try_into().unwrap()
}

/// A component with a core module beside what makes it a connector.
fn bomb(module: &[u8]) -> Vec<u8> {
    let (manifest, bare) = apart();
    with_manifest(with_module(bare, module), manifest.to_string().as_bytes())
}

/// One function of this body, as often as wanted.
fn functions(count: usize, body: &[u8]) -> Vec<u8> {
    use wasm_encoder::{CodeSection, FunctionSection, Module, TypeSection, ValType};
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    // No locals of its own; the end.
    let body = [&[0], body, &[0x0b]].concat();
    for _ in 0..count {
        functions.function(0);
        code.raw(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    module.finish()
}

const LOCAL_GET: [u8; 2] = [0x20, 0];
/// `local.get 0`, `local.get 0`, `i32.mul`, `local.set 0`
const STEP: [u8; 7] = [0x20, 0, 0x20, 0, 0x6c, 0x21, 0];

/// A body of so many bytes, each step of which needs the one before.
fn long(bytes: usize) -> Vec<u8> {
    [STEP.repeat(bytes / STEP.len()), LOCAL_GET.to_vec()].concat()
}

fn nested(depth: usize) -> Vec<u8> {
    [[0x02, 0x40].repeat(depth), [0x0b].repeat(depth), LOCAL_GET.to_vec()].concat()
}

/// A jump with so many targets.
fn jumps(targets: u32) -> Vec<u8> {
    let mut count = Vec::new();
    wasm_encoder::Encode::encode(&targets, &mut count);
    let none = vec![0; targets as usize + 1];
    [vec![0x02, 0x40], LOCAL_GET.to_vec(), vec![0x0e], count, none, vec![0x0b], LOCAL_GET.to_vec()].concat()
}

struct Measured {
    code: String,
    grown_kib: u64,
    /// All of it, for who reads a failed test.
    said: String,
}

/// Has another process load it, with so much CPU time for its compiler.
fn loaded_alone(component: &[u8], cpu_s: u32) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.wasm");
    std::fs::write(&path, component).unwrap();
    let mut command = Command::new(ALONE);
    let output = command.arg("load").arg(guest::component("ok")).arg(&path).arg(cpu_s.to_string()).output().unwrap();
    assert!(output.status.success(), "the host did not bear it: {output:?}");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = said["code"].as_str().unwrap().to_owned();
    Measured { code, grown_kib: said["grown_kib"].as_u64().unwrap(), said: said.to_string() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compile_bombs_do_the_host_no_harm() {
    let _machine = MACHINE.read().await;
    // What is within the limits of WebAssembly itself may load or not; what is past them is refused as it is read.
    let bombs: [(&str, Vec<u8>, &[&str]); 7] = [
        ("a function of 7 MB", functions(1, &long(7_000_000)), &["OFT-P020"]),
        ("a function of 10 MB", functions(1, &long(10_000_000)), &["OFT-P011"]),
        ("a million blocks in each other", functions(1, &nested(1_000_000)), &["OFT-P020", "loads"]),
        ("a jump of 60,000 targets", functions(1, &jumps(60_000)), &["loads", "OFT-P020"]),
        ("a jump of a million targets", functions(1, &jumps(1_000_000)), &["OFT-P017"]),
        ("100,000 functions", functions(100_000, &LOCAL_GET), &["loads", "OFT-P020"]),
        ("two million functions", functions(2_000_000, &LOCAL_GET), &["OFT-P011"]),
    ];
    for (what, module, codes) in bombs {
        let started = Instant::now();
        let measured = loaded_alone(&bomb(&module), 4);
        println!("{what}: {} after {:?}", measured.said, started.elapsed());
        assert!(codes.contains(&measured.code.as_str()), "{what}: {}", measured.said);
        assert!(measured.grown_kib < GROWTH_KIB_MAX, "{what}: {}", measured.said);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_and_memory_of_a_compiler_have_an_end() {
    let _machine = MACHINE.read().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.wasm");
    std::fs::write(&path, bomb(&functions(1, &long(7_000_000)))).unwrap();
    let default = CompileLimits::default();
    let cases = [
        (CompileLimits { cpu_s: 1, ..default }, "it takes more than 1 s of CPU time"),
        (CompileLimits { memory_mib: 160, ..default }, "it takes more than 160 MiB of memory"),
        (CompileLimits { wall: Duration::from_millis(500), ..default }, "it takes longer than 0 s"),
    ];
    for (limits, words) in cases {
        let error = refusal(compiler_within(limits), &path);
        assert_eq!(error.code(), "OFT-P020", "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    expect_ok(&crate::support::alone("ok")).await;
}

/// The validator and the engine have one set of features: what passes the one is compiled by the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn features_that_are_off_are_refused_before_they_are_compiled() {
    let _machine = MACHINE.read().await;
    let folder = tempfile::tempdir().unwrap();
    let load = |wat: &str| {
        let path = folder.path().join("feature.wasm");
        std::fs::write(&path, bomb(&text(wat))).unwrap();
        let host = Host::new(Options { compiler: compiler_within(CompileLimits::default()), ..Options::default() });
        host.unwrap().load(&path).map_or_else(|error| error.code(), |_| "loads")
    };
    let cases = [
        ("plain", "(module (func (result i32) i32.const 1))", "loads"),
        ("sign extension", "(module (func (param i32) (result i32) local.get 0 i32.extend8_s))", "loads"),
        ("bulk memory", "(module (memory 1) (func i32.const 0 i32.const 0 i32.const 1 memory.fill))", "loads"),
        ("reference types", "(module (table 1 funcref) (func i32.const 0 ref.null func table.set 0))", "loads"),
        ("several values", "(module (func (result i32 i32) i32.const 1 i32.const 2))", "loads"),
        ("SIMD", "(module (func (result v128) v128.const i64x2 1 2))", "loads"),
        ("tail calls", "(module (func $f return_call $f))", "loads"),
        ("several memories", "(module (memory 1) (memory 1))", "loads"),
        ("extended constants", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", "loads"),
        ("shared memory", "(module (memory 1 1 shared))", "OFT-P011"),
        ("atomics", "(module (memory 1) (func i32.const 0 i32.atomic.load drop))", "OFT-P011"),
        ("64-bit memory", "(module (memory i64 1))", "OFT-P011"),
        ("64-bit table", "(module (table i64 1 funcref))", "OFT-P011"),
        (
            "relaxed SIMD",
            "(module (func (param v128 v128) (result v128) local.get 0 local.get 1 i8x16.relaxed_swizzle))",
            "OFT-P011",
        ),
        ("garbage collection", "(module (type (struct (field i32))))", "OFT-P011"),
        ("external references", "(module (func (param externref)))", "OFT-P011"),
        ("typed references", "(module (type $f (func)) (func (param (ref $f))))", "OFT-P011"),
        ("exceptions", "(module (tag))", "OFT-P011"),
        ("wide arithmetic", "(module (func (result i64 i64) i64.const 1 i64.const 1 i64.mul_wide_u))", "OFT-P011"),
        ("custom page sizes", "(module (memory 1 (pagesize 1)))", "OFT-P011"),
        ("stack switching", "(module (type $f (func)) (type (cont $f)))", "OFT-P011"),
    ];
    for (what, wat, expected) in cases {
        assert_eq!(load(wat), expected, "{what}");
    }
}
