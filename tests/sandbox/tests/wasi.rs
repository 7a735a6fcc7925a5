//! Guests that are built for WASI: everything is there, nothing is behind it, and floods have an end.

use std::sync::Arc;
use std::time::Instant;

use offtake_core::destination::CallFailure;
use offtake_core::ports::Destination;
use serde_json::{Value, json};

use crate::support::graft::{graft, lowered, run};
use crate::support::way_out::Nowhere;
use crate::support::{HOST, MACHINE, alone, bind, expect_ok, journal, rows};

fn limits() -> Value {
    json!({ "memory_mib": 64, "cpu_ms": 5_000, "wall_ms": 20_000 })
}

/// Writes rows to a guest with this text grafted on. The text traps where it finds what it should not.
async fn with(limits: &Value, wat: &str) -> Result<(), CallFailure> {
    let _machine = MACHINE.read().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grafted.wasm");
    std::fs::write(&path, graft(wat, limits)).unwrap();
    let bound = bind(&HOST.load(&path).unwrap(), Arc::new(Nowhere::default()));
    let beside = alone("ok");
    let (answer, ()) = tokio::join!(bound.write(rows("things", 3)), expect_ok(&beside));
    expect_ok(&beside).await;
    answer.map(|_| ())
}

fn code(answer: Result<(), CallFailure>) -> &'static str {
    answer.unwrap_err().failure.code()
}

const ENVIRONMENT: &str = r#"
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))
    (export "get-arguments" (func (result (list string))))
    (export "initial-cwd" (func (result (option string))))))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_environment_and_no_argument() {
    let parts = [
        ENVIRONMENT.to_owned(),
        lowered("environment", "get-environment", "environment"),
        lowered("environment", "get-arguments", "arguments"),
        lowered("environment", "initial-cwd", "cwd"),
        // Length of either list, and whether there is a folder.
        run(
            &[("environment", "(param i32)"), ("arguments", "(param i32)"), ("cwd", "(param i32)")],
            "(call $environment (i32.const 16)) (if (i32.load (i32.const 20)) (then unreachable))
             (call $arguments (i32.const 32)) (if (i32.load (i32.const 36)) (then unreachable))
             (call $cwd (i32.const 48)) (if (i32.load (i32.const 48)) (then unreachable))",
        ),
    ];
    with(&limits(), &parts.concat()).await.unwrap();
    // The probe itself would notice: here it expects what is not there.
    let expecting = parts.concat().replacen("(then unreachable)", "(then) (else unreachable)", 1);
    assert_eq!(code(with(&limits(), &expecting).await), "OFT-P001");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_folder() {
    let parts = [
        r#"(import "wasi:filesystem/types@0.2.0" (instance $types (export "descriptor" (type (sub resource)))))
           (alias export $types "descriptor" (type $descriptor))
           (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
             (alias outer 1 $descriptor (type $d))
             (export "get-directories" (func (result (list (tuple (own $d) string)))))))"#
            .to_owned(),
        lowered("preopens", "get-directories", "folders"),
        run(
            &[("folders", "(param i32)")],
            "(call $folders (i32.const 16)) (if (i32.load (i32.const 20)) (then unreachable))",
        ),
    ];
    with(&limits(), &parts.concat()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_socket_and_no_name() {
    let errors = "unknown access-denied not-supported invalid-argument out-of-memory timeout concurrency-conflict \
                  not-in-progress would-block invalid-state new-socket-limit address-not-bindable address-in-use \
                  remote-unreachable connection-refused connection-reset connection-aborted datagram-too-large \
                  name-unresolvable temporary-resolver-failure permanent-resolver-failure";
    let errors: String = errors.split_whitespace().map(|error| format!("\"{error}\" ")).collect();
    let socket = |kind: &str| {
        format!(
            r#"(import "wasi:sockets/{kind}@0.2.0" (instance ${kind} (export "{kind}-socket" (type (sub resource)))))
               (alias export ${kind} "{kind}-socket" (type ${kind}_socket))
               (import "wasi:sockets/{kind}-create-socket@0.2.0" (instance $create_{kind}
                 (alias outer 1 ${kind}_socket (type $s))
                 (alias outer 1 $error (type $e0)) (export "error-code" (type $e (eq $e0)))
                 (alias outer 1 $family (type $f0)) (export "ip-address-family" (type $f (eq $f0)))
                 (export "create-{kind}-socket"
                   (func (param "address-family" $f) (result (result (own $s) (error $e)))))))"#
        )
    };
    let network = format!(
        r#"(import "wasi:sockets/network@0.2.0" (instance $network
             (export "network" (type (sub resource)))
             (type $e (enum {errors})) (export "error-code" (type (eq $e)))
             (type $f (enum "ipv4" "ipv6")) (export "ip-address-family" (type (eq $f)))))
           (alias export $network "network" (type $net))
           (alias export $network "error-code" (type $error))
           (alias export $network "ip-address-family" (type $family))
           (import "wasi:sockets/instance-network@0.2.0" (instance $instance
             (alias outer 1 $net (type $n)) (export "instance-network" (func (result (own $n))))))
           (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
             (alias outer 1 $net (type $n))
             (alias outer 1 $error (type $e0)) (export "error-code" (type $e (eq $e0)))
             (export "resolve-address-stream" (type $s (sub resource)))
             (export "resolve-addresses" (func (param "network" (borrow $n)) (param "name" string)
               (result (result (own $s) (error $e)))))))"#
    );
    let parts = [
        network,
        socket("tcp"),
        socket("udp"),
        lowered("instance", "instance-network", "net"),
        lowered("lookup", "resolve-addresses", "resolve"),
        lowered("create_tcp", "create-tcp-socket", "tcp"),
        lowered("create_udp", "create-udp-socket", "udp"),
        // Each has to be an error: `access-denied` is 1, for a name it may also be `permanent-resolver-failure`.
        run(
            &[
                ("net", "(result i32)"),
                ("resolve", "(param i32 i32 i32 i32)"),
                ("tcp", "(param i32 i32)"),
                ("udp", "(param i32 i32)"),
            ],
            "(call $tcp (i32.const 0) (i32.const 16))
             (if (i32.eqz (i32.load8_u (i32.const 16))) (then unreachable))
             (if (i32.ne (i32.load8_u (i32.const 20)) (i32.const 1)) (then unreachable))
             (call $udp (i32.const 1) (i32.const 32))
             (if (i32.eqz (i32.load8_u (i32.const 32))) (then unreachable))
             (i32.store (i32.const 64) (i32.const 0x61636f6c))
             (call $resolve (call $net) (i32.const 64) (i32.const 4) (i32.const 48))
             (if (i32.eqz (i32.load8_u (i32.const 48))) (then unreachable))",
        ),
    ];
    with(&limits(), &parts.concat()).await.unwrap();
}

const RANDOM: &str = r#"
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn randomness_is_given_by_the_spoon() {
    let asking = |bytes: u64| {
        let body = format!(
            "(call $random (i64.const {bytes}) (i32.const 16))
             (if (i32.ne (i32.load (i32.const 20)) (i32.const {bytes})) (then unreachable))"
        );
        let run = run(&[("random", "(param i64 i32)")], &body);
        [RANDOM.to_owned(), lowered("random", "get-random-bytes", "random"), run].concat()
    };
    with(&limits(), &asking(64 << 10)).await.unwrap();
    for bytes in [(64 << 10) + 1, 1 << 30] {
        assert_eq!(code(with(&limits(), &asking(bytes)).await), "OFT-P001", "{bytes}");
    }
}

const STDOUT: &str = r#"
  (import "wasi:io/error@0.2.0" (instance $io_error (export "error" (type (sub resource)))))
  (alias export $io_error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $stream (sub resource)))
    (alias outer 1 $error (type $e0)) (export "error" (type $e (eq $e0)))
    (type $why (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $failed (eq $why)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $stream)) (param "contents" (list u8)) (result (result (error $failed)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output (type $o0)) (export "output-stream" (type $o (eq $o0)))
    (export "get-stdout" (func (result (own $o))))))
"#;

/// Prints `text`, so many times.
fn printing(text: &str, times: u32) -> String {
    let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let body = format!(
        "(local.set $handle (call $stdout))
         (loop $again
           (call $print (local.get $handle) (i32.const 1024) (i32.const {}) (i32.const 16))
           (if (i32.load8_u (i32.const 16)) (then unreachable))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const {times}))))",
        text.len()
    );
    let run = run(&[("stdout", "(result i32)"), ("print", "(param i32 i32 i32 i32)")], &body);
    let run = run.replace("(table $table 1 funcref)", &format!("(data (i32.const 1024) \"{bytes}\")"));
    [
        STDOUT.to_owned(),
        lowered("stdout", "get-stdout", "stdout"),
        lowered("streams", "[method]output-stream.blocking-write-and-flush", "print"),
        run,
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_printed_is_logged_and_a_flood_of_it_is_dammed() {
    with(&limits(), &printing("Traceback (most recent call last):\n  \u{1b}[31mred\n", 1)).await.unwrap();
    assert!(journal::contains("Traceback (most recent call last):"));
    assert!(journal::contains("\u{fffd}[31mred") && !journal::contains("\u{1b}"));
    with(&limits(), &printing("an endless line of a flood\n", 50_000)).await.unwrap();
    let told = journal::of("ok");
    let flood = told.iter().filter(|line| line.message.contains("an endless line")).count();
    assert!((1..=200).contains(&flood), "{flood}");
    let dropped: u64 = told.iter().filter_map(|line| line.dropped).sum();
    assert_eq!(dropped + flood as u64, 50_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_have_an_end() {
    let body = "(loop $again (drop (call $stdout)) (br $again))";
    let run = run(&[("stdout", "(result i32)")], body);
    let parts = [STDOUT.to_owned(), lowered("stdout", "get-stdout", "stdout"), run];
    assert_eq!(code(with(&limits(), &parts.concat()).await), "OFT-P001");
}

/// Clocks: alarms by the thousand, and one far away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alarms_have_an_end_and_waiting_for_one_too() {
    let clock = r#"
      (import "wasi:io/poll@0.2.0" (instance $poll
        (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))))
      (alias export $poll "pollable" (type $pollable))
      (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $p0)) (export "pollable" (type $p (eq $p0)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))"#;
    let functions = [("alarm", "(param i64) (result i32)"), ("block", "(param i32)")];
    let parts = |body: &str| {
        [
            clock.to_owned(),
            lowered("clock", "subscribe-duration", "alarm"),
            lowered("poll", "[method]pollable.block", "block"),
            run(&functions, body),
        ]
        .concat()
    };
    let flood = "(loop $again (drop (call $alarm (i64.const 1000000000000))) (br $again))";
    assert_eq!(code(with(&limits(), &parts(flood)).await), "OFT-P001");
    let short = json!({ "memory_mib": 64, "cpu_ms": 5_000, "wall_ms": 1_000 });
    let started = Instant::now();
    let wait = "(call $block (call $alarm (i64.const 600000000000)))";
    assert_eq!(code(with(&short, &parts(wait)).await), "OFT-P003");
    println!("a wait of ten minutes ended after {:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_are_coarse() {
    let parts = [
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance $monotonic
             (export "now" (func (result u64))) (export "resolution" (func (result u64)))))
           (import "wasi:clocks/wall-clock@0.2.0" (instance $wall
             (type $time (record (field "seconds" u64) (field "nanoseconds" u32)))
             (export "datetime" (type $datetime (eq $time))) (export "now" (func (result $datetime)))))"#
            .to_owned(),
        lowered("monotonic", "now", "now"),
        lowered("monotonic", "resolution", "resolution"),
        lowered("wall", "now", "wall"),
        // A thousand looks at both of them, none of which shows a part of a millisecond.
        run(
            &[("now", "(result i64)"), ("resolution", "(result i64)"), ("wall", "(param i32)")],
            "(if (i64.ne (call $resolution) (i64.const 1000000)) (then unreachable))
             (loop $again
               (if (i64.ne (i64.rem_u (call $now) (i64.const 1000000)) (i64.const 0)) (then unreachable))
               (call $wall (i32.const 16))
               (if (i32.rem_u (i32.load (i32.const 24)) (i32.const 1000000)) (then unreachable))
               (if (i64.lt_u (i64.load (i32.const 16)) (i64.const 1600000000)) (then unreachable))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))",
        ),
    ];
    with(&limits(), &parts.concat()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exit_ends_the_call_and_not_the_host() {
    let parts = [
        r#"(import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))"#
            .to_owned(),
        lowered("exit", "exit", "exit"),
        run(&[("exit", "(param i32)")], "(call $exit (i32.const 0))"),
    ];
    assert_eq!(code(with(&limits(), &parts.concat()).await), "OFT-P001");
}

/// The compiler for guests cannot say this, so it stands here and not among the guests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_and_memories_have_an_end() {
    let grows = [
        ("one table", "(loop $again (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $again))"),
        ("at once", "(drop (table.grow $table (ref.null func) (i32.const 100000000)))"),
        ("memory", "(loop $again (drop (memory.grow (i32.const 16))) (br $again))"),
        ("memory at once", "(drop (memory.grow (i32.const 65000)))"),
    ];
    for (what, body) in grows {
        assert_eq!(code(with(&limits(), &run(&[], body)).await), "OFT-P004", "{what}");
    }
}
