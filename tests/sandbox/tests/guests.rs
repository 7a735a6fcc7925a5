//! What the host makes of each guest that misbehaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offtake_core::destination::{CallFailure, Effect, Failure, OutcomeKind, RowResult};
use offtake_core::ports::Destination;
use offtake_core::settle::{Settlement, Verdict, settle};
use offtake_plugin::Binding;

use crate::support::vendor::Vendor;
use crate::support::{MACHINE, alone, bind, connector, guest, journal, rows, way_out, write};
use crate::{doors, echoes};

/// The budget of a call's log.
const LOG_LINES_MAX: usize = 200;
const LOG_BYTES_MAX: usize = 64 << 10;

/// A row for each folder of tests/guests: the guest, and the test that calls it.
macro_rules! guests {
    ($($guest:literal => $test:ident: $call:path,)*) => {
        const TESTED: &[&str] = &[$($guest),*];

        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $call().await;
            }
        )*
    };
}

guests! {
    "calls-out" => every_door_is_shut: doors::every_door_is_shut,
    "careless" => what_is_done_without_a_request_is_seen: careless,
    "echoes" => a_secret_never_comes_back: echoes::a_secret_never_comes_back,
    "floods-log" => a_flood_of_lines_is_dammed: floods_log,
    "forges" => forged_answers_are_a_breach: forges,
    "grows" => memory_has_an_end: grows,
    "huge-result" => a_huge_answer_is_refused: huge_result,
    "ok" => a_connector_that_behaves_is_served: ok,
    "recurses" => the_stack_has_an_end: recurses,
    "silent" => silence_is_unknown: silent,
    "sleeps" => the_wall_clock_ends_a_wait: sleeps,
    "spins" => the_cpu_clock_ends_a_loop: spins,
    "traps" => a_trap_ends_its_call_alone: traps,
}

#[test]
fn every_guest_has_a_test_and_every_test_a_guest() {
    assert_eq!(guest::names(), TESTED);
}

/// A call that the host ended: nobody knows what the vendor did.
fn assert_broken(answer: Result<Vec<RowResult>, CallFailure>, code: &str) {
    let failed = answer.unwrap_err();
    assert!(matches!(failed.failure, Failure::Fatal(_)), "{failed:?}");
    assert_eq!(failed.failure.code(), code, "{failed:?}");
    assert_eq!(failed.effect, Effect::Unknown);
}

async fn ok() {
    let _machine = MACHINE.read().await;
    let ok = alone("ok");
    let results = write(&ok, "things").await.unwrap();
    assert!(results.iter().all(|result| result.outcome == Ok(OutcomeKind::Accepted)));
    assert_eq!(ok.objects().await.unwrap()[0].id, "things");
    assert_eq!(ok.fields("things").await.unwrap().len(), 10);
    assert_eq!(ok.lookup("things", &["id".to_owned()], &["name".to_owned()], "{\"id\":\"1\"}\n").await, Ok(None));
    assert_eq!(ok.requests(), 0);
}

/// The contract is the kit's affair (`tests/conform`); the host sees how many requests there were.
async fn careless() {
    let _machine = MACHINE.read().await;
    let egress: Arc<way_out::Nowhere> = Arc::default();
    let config_json = "{\"does\":\"lies\"}".to_owned();
    let lies = connector("careless").bind(Binding { id: "test".to_owned(), config_json, egress });
    assert!(lies.write(rows("things", 3)).await.unwrap().iter().all(|result| result.outcome.is_ok()));
    assert_eq!(lies.requests(), 0);
}

async fn traps() {
    let _machine = MACHINE.read().await;
    assert_broken(write(&alone("traps"), "things").await, "OFT-P001");
    let told = journal::of("traps");
    assert!(told.iter().any(|line| line.of_guest && line.message.contains("panicked at")), "{told:?}");
}

async fn spins() {
    let spins = connector("spins");
    let limit = Duration::from_millis(spins.manifest().limits.cpu_ms.into());
    assert_eq!(limit, Duration::from_millis(500));
    let spins = alone("spins");
    alone("ok");
    let _machine = MACHINE.write().await;
    let started = Instant::now();
    let answer = spins.write(rows("things", 3)).await;
    let took = started.elapsed();
    println!("a limit of {limit:?} ended after {took:?}");
    assert_broken(answer, "OFT-P002");
    assert!(took >= limit && took < limit.mul_f64(1.5), "{took:?}");
    assert_broken(write(&spins, "things").await, "OFT-P002");
}

async fn sleeps() {
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let sleeps = connector("sleeps");
    let limit = Duration::from_millis(sleeps.manifest().limits.wall_ms.into());
    assert_eq!(limit, Duration::from_secs(1));
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let way_out = way_out::audited(&sleeps, &[("api", &vendor.base)], "a-secret-token", &audit);
    let sleeps = bind(&sleeps, way_out);
    alone("ok");
    let _machine = MACHINE.write().await;
    let started = Instant::now();
    let answer = write(&sleeps, "things").await;
    let took = started.elapsed();
    println!("a limit of {limit:?} ended after {took:?}");
    assert_broken(answer, "OFT-P003");
    assert!(took >= limit && took < limit.mul_f64(1.5), "{took:?}");
    assert_eq!(vendor.arrived(), 1);
    let lines = std::fs::read_to_string(&audit).unwrap();
    assert!(lines.lines().count() == 1 && lines.contains("\"error\":\"abandoned"), "{lines}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_connector_that_is_told_to_wait_pauses_the_way_out() {
    let _machine = MACHINE.read().await;
    let nowhere = Arc::new(way_out::Nowhere::answering(429, "retry-after", "7"));
    let limited = bind(&connector("sleeps"), nowhere.clone());
    let failed = limited.write(rows("things", 3)).await.unwrap_err();
    assert_eq!(failed.failure.code(), "OFT-E102", "{failed:?}");
    assert_eq!(nowhere.pauses(), [Duration::from_secs(7)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_its_turn_costs_a_call_no_time() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let sleeps = connector("sleeps");
    let limit = Duration::from_millis(sleeps.manifest().limits.wall_ms.into());
    let way_out = way_out::real(&sleeps, &[("api", &vendor.base)], "a-secret-token");
    let bound = bind(&sleeps, way_out.clone());
    let started = Instant::now();
    way_out.pause(2 * limit);
    let failed = bound.write(rows("things", 3)).await.unwrap_err();
    assert_eq!(failed.failure.code(), "OFT-P003", "{failed:?}");
    assert!(started.elapsed() >= 3 * limit, "its own time began after the pause: {:?}", started.elapsed());
    assert_eq!(vendor.arrived(), 1, "the request left after the pause");
}

async fn grows() {
    let _machine = MACHINE.read().await;
    assert_broken(write(&alone("grows"), "things").await, "OFT-P004");
}

async fn recurses() {
    let _machine = MACHINE.read().await;
    let recurses = alone("recurses");
    assert_broken(write(&recurses, "things").await, "OFT-P005");
    // This stack is the guest's own affair: the host sees an access outside of its memory.
    assert_broken(write(&recurses, "frames").await, "OFT-P001");
}

async fn huge_result() {
    let _machine = MACHINE.read().await;
    let huge = alone("huge-result");
    for object in ["results", "detail"] {
        assert_broken(write(&huge, object).await, "OFT-P006");
    }
}

async fn forges() {
    let _machine = MACHINE.read().await;
    let forges = alone("forges");
    for object in ["out-of-range", "twice"] {
        let Settlement::Stop(breach) = settle(3, write(&forges, object).await) else { panic!("{object}") };
        assert_eq!(breach.code(), "OFT-P007");
    }
}

async fn silent() {
    let _machine = MACHINE.read().await;
    let Settlement::Rows(verdicts) = settle(3, write(&alone("silent"), "things").await) else { panic!() };
    assert_eq!(verdicts.len(), 3);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Unknown(_))), "{verdicts:?}");
}

async fn floods_log() {
    let _machine = MACHINE.read().await;
    let floods = alone("floods-log");
    let results = write(&floods, "lines").await.unwrap();
    assert_eq!(results.len(), 3);
    let told = journal::of("floods-log");
    let (lines, ours): (Vec<_>, Vec<_>) = told.iter().partition(|line| line.of_guest);
    assert!(lines.len() <= LOG_LINES_MAX, "{}", lines.len());
    assert!(lines.iter().map(|line| line.message.len()).sum::<usize>() <= LOG_BYTES_MAX);
    let drops: Vec<_> = ours.iter().filter(|line| line.code == "OFT-P008").map(|line| line.dropped).collect();
    assert_eq!(drops, [Some(1_000_000 - LOG_LINES_MAX as u64)]);

    assert_eq!(write(&floods, "long-line").await.unwrap().len(), 3);
    let told = journal::of("floods-log");
    let long = told.iter().filter(|line| line.of_guest).nth(lines.len()).unwrap();
    assert!(long.message.starts_with("xxx") && long.message.len() <= LOG_BYTES_MAX / 8, "{}", long.message.len());

    assert_broken(write(&floods, "huge-line").await, "OFT-P006");
}
