//! What the host makes of each guest that misbehaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offtake_core::destination::{CallFailure, Effect, Failure, OutcomeKind, RowResult};
use offtake_core::ports::{Destination, Egress};
use offtake_core::settle::{Settlement, Verdict, settle};
use offtake_plugin::Binding;

use crate::support::vendor::Vendor;
use crate::support::{MACHINE, alone, bind, connector, guest, journal, rows, way_out, write};
use crate::{addresses, doors, echoes};

/// The budget of a call's log.
const LOG_LINES_MAX: usize = 200;
const LOG_BYTES_MAX: usize = 64 << 10;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// A row for each folder of tests/guests: the guest, and the test that calls it. Where a guest has no row, or a row no
/// guest, this does not compile.
macro_rules! guests {
    ($($guest:ident => $test:ident: $call:path,)*) => {
        fn test_of(guest: Guest) -> &'static str {
            match guest {
                $(Guest::$guest => stringify!($test),)*
            }
        }

        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $call().await;
            }
        )*
    };
}

guests! {
    CallsOut => every_door_is_shut: doors::every_door_is_shut,
    Careless => what_is_done_without_a_request_is_seen: careless,
    Complete => everything_of_the_interface_is_served: complete,
    Dials => no_spelling_of_an_address_is_dialled: addresses::no_spelling_of_an_address_is_dialled,
    Echoes => a_secret_never_comes_back: echoes::a_secret_never_comes_back,
    Exfiltrates => requests_carry_what_rows_explain: doors::requests_carry_what_rows_explain,
    FloodsLog => a_flood_of_lines_is_dammed: floods_log,
    Follows => a_redirect_leads_nowhere: doors::a_redirect_leads_nowhere,
    Forges => forged_answers_are_a_breach: forges,
    Grows => memory_has_an_end: grows,
    HugeResult => a_huge_answer_is_refused: huge_result,
    Later => a_job_is_waited_for: later,
    Lies => what_was_never_sent_is_not_done: lies,
    Loops => calls_of_the_host_are_no_way_out_of_time: loops,
    ManyHeaders => headers_have_an_end: doors::headers_have_an_end,
    Ok => a_connector_that_behaves_is_served: ok,
    Recurses => the_stack_has_an_end: recurses,
    Remembers => an_instance_remembers_nothing: remembers,
    Silent => silence_is_unknown: silent,
    Sleeps => the_wall_clock_ends_a_wait: sleeps,
    Smuggles => nothing_is_smuggled: doors::nothing_is_smuggled,
    Spins => the_cpu_clock_ends_a_loop: spins,
    Traps => a_trap_ends_its_call_alone: traps,
}

#[test]
fn every_guest_is_described() {
    let described = std::fs::read_to_string(guest::folder().join("README.md")).unwrap();
    for (guest, name) in ALL {
        assert!(described.contains(&format!("| `{name}` |")), "{name}, which {} calls", test_of(*guest));
    }
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
    assert_eq!(ok.requests(), 1, "one for the batch");
}

async fn complete() {
    let _machine = MACHINE.read().await;
    let nowhere = Arc::new(way_out::Nowhere::default());
    let complete = bind(&connector("complete"), nowhere.clone());
    let results = write(&complete, "things").await.unwrap();
    assert!(results.iter().all(|result| result.outcome == Ok(OutcomeKind::Created)), "{results:?}");
    assert_eq!(complete.objects().await.unwrap().len(), 2);
    assert_eq!(nowhere.requests(), 4, "one for each row and one for the check");
}

/// The contract is the kit's affair (`tests/conform`); the host sees how many requests there were.
async fn careless() {
    let _machine = MACHINE.read().await;
    let egress: Arc<way_out::Nowhere> = Arc::default();
    let config_json = "{\"does\":\"lies\"}".to_owned();
    let limits = Default::default();
    let lies = connector("careless").bind(Binding { id: "test".to_owned(), config_json, egress, limits });
    let results = lies.write(rows("things", 3)).await.unwrap();
    let is_seen = |result: &RowResult| result.outcome.as_ref().is_err_and(|failure| failure.code() == "OFT-P021");
    assert!(results.iter().all(is_seen), "{results:?}");
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

async fn later() {
    let results = alone("later").write(rows("things", 3)).await.unwrap();
    assert!(results.iter().all(|result| result.outcome == Ok(OutcomeKind::Accepted)));
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
    for object in ["out-of-range", "twice", "far-out", "all-twice"] {
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

async fn lies() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let lies = connector("lies");
    let lies = bind(&lies, way_out::real(&lies, &[("api", &vendor.base)], "a-secret-token"));
    let codes = async |object: &str| -> Vec<&'static str> {
        let results = write(&lies, object).await.unwrap();
        results.iter().map(|result| result.outcome.as_ref().map_or_else(Failure::code, |kind| kind.as_str())).collect()
    };
    for object in ["created", "unchanged", "unanswered"] {
        assert_eq!(codes(object).await, ["OFT-P021"; 3], "{object}");
    }
    assert_eq!(codes("refusals").await, ["OFT-R001"; 3], "a refusal needs no vendor");
    assert_eq!(codes("one-refusal").await, ["OFT-R001", "OFT-P021", "OFT-P021"]);
    let Settlement::Rows(verdicts) = settle(3, write(&lies, "created").await) else { panic!() };
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stop(_))), "{verdicts:?}");
}

async fn loops() {
    let loops = connector("loops");
    let limit = Duration::from_millis(loops.manifest().limits.cpu_ms.into());
    let loops = alone("loops");
    alone("ok");
    let _machine = MACHINE.write().await;
    for object in ["clock", "log", "entropy", "http", "requests"] {
        let started = Instant::now();
        assert_broken(loops.write(rows(object, 3)).await, "OFT-P002");
        println!("{object}: a limit of {limit:?} ended after {:?}", started.elapsed());
        assert!(started.elapsed() >= limit, "{object}");
    }
    assert_broken(write(&loops, "clock").await, "OFT-P002");
}

async fn remembers() {
    let _machine = MACHINE.read().await;
    let remembers = alone("remembers");
    let mut random = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let results = write(&remembers, "things").await.unwrap();
        let seen = results[0].outcome.as_ref().unwrap_err().detail().message.clone();
        let [calls, bytes, now] = seen.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(calls, "1", "each call is the first of its instance");
        assert_eq!(bytes.len(), 32);
        assert!(now.parse::<u64>().unwrap() > 1_600_000_000_000, "{now}");
        assert!(random.insert(bytes.to_owned()), "{bytes} came twice");
    }
}
