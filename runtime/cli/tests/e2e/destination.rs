//! Does a destination that fails cost no row, no loop and no wrong value?

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use offtake_sim::hubspot::{Entry, Fault, Store};

use crate::ledger::{count, run_of, sums};
use crate::project::{Project, TOKEN, people};
use crate::proxy::Proxy;
use crate::weather::{PASSES, Weather, weathered};

const UPSERT: &str = "batch/upsert";

/// The batch is handled, and its answer is another.
fn misread(status: u16, body: &str) -> Fault {
    Fault { store: Store::All, ..Fault::reply(status, body).on(UPSERT) }
}

fn busy() -> Fault {
    Fault::reply(429, "{\"policyName\":\"SECONDLY\",\"message\":\"slow down\"}").on(UPSERT)
}

fn busy_until(retry_after: &str) -> Vec<Fault> {
    vec![busy().with_header("retry-after", retry_after)]
}

fn in_two_seconds() -> Vec<Fault> {
    let at = Timestamp::now() + Duration::from_secs(2);
    busy_until(&at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

const FOR_YEARS: Weather =
    Weather { exit: 1, status: "incomplete", code: Some("OFT-E102"), delivered: 0..=0, writes: 1..=1, ..PASSES };

static D1: [Weather; 8] = [
    Weather { name: "a second", faults: || busy_until("1"), ..PASSES },
    Weather { name: "a date", faults: in_two_seconds, ..PASSES },
    Weather { name: "no word of when", faults: || vec![busy()], ..PASSES },
    Weather { name: "a second ago", faults: || busy_until("-1"), ..PASSES },
    Weather { name: "soon", faults: || busy_until("soon"), ..PASSES },
    Weather { name: "thirty years", faults: || busy_until("1000000000"), ..FOR_YEARS },
    Weather { name: "thirty years in short", faults: || busy_until("1e9"), ..FOR_YEARS },
    Weather {
        name: "thirty years after the first batch",
        faults: || busy_until("1e9").into_iter().map(|fault| fault.after(1)).collect(),
        delivered: 100..=100,
        writes: 2..=2,
        ..FOR_YEARS
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_rate_limit_is_waited_for_or_left_to_a_later_run() {
    weathered(&D1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_run_waits_as_long_as_asked_and_says_until_when_it_does_not() {
    let project = Project::new(&people(0..20)).await;
    project.simulator.script(busy_until("2"));
    let started = Instant::now();
    let said = project.offtake(&["run"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(started.elapsed() >= Duration::from_secs(2), "it was asked for two seconds");

    project.rows(&people(0..40));
    project.simulator.script(busy_until("3600").into_iter().map(|fault| fault.times(1_000)));
    let now_ms = u64::try_from(Timestamp::now().as_millisecond()).unwrap();
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = run_of(&said);
    assert_eq!((run["status"].as_str(), count(&run, "pending")), (Some("incomplete"), 20), "{said:?}");
    let wait_ms = run["resume_at_ms"].as_u64().unwrap_or_else(|| panic!("{run}")) - now_ms;
    assert!((3_600_000..3_660_000).contains(&wait_ms), "an hour from its answer: {wait_ms}");
}

static D2: [Weather; 5] = [
    Weather { name: "500", faults: || vec![Fault::reply(500, "oops").on(UPSERT)], ..PASSES },
    Weather { name: "502", faults: || vec![Fault::reply(502, "<html>").on(UPSERT)], ..PASSES },
    Weather { name: "504, and it was done", faults: || vec![misread(504, "")], ..PASSES },
    Weather {
        name: "503 with a time",
        faults: || vec![Fault::reply(503, "").on(UPSERT).with_header("retry-after", "1")],
        ..PASSES
    },
    Weather {
        name: "one of each",
        faults: || [500, 502, 504].map(|status| Fault::reply(status, "").on(UPSERT)).into(),
        writes: 5..=5,
        ..PASSES
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn d2_outages_that_pass_cost_an_attempt_each() {
    weathered(&D2).await;
}

/// The token is no longer good. The first batch asks alone whether the destination is there, and then four go at once.
const REFUSED: Weather = Weather {
    rows: 1_000,
    exit: 6,
    status: "paused",
    code: Some("OFT-A001"),
    writes: 2..=5,
    delivered: 100..=400,
    ..PASSES
};

static D4: [Weather; 3] = [
    Weather {
        name: "from the start",
        faults: || vec![Fault::reply(401, "{}").times(9_999).on(UPSERT)],
        delivered: 0..=0,
        writes: 1..=1,
        ..REFUSED
    },
    Weather {
        name: "in the middle",
        faults: || vec![Fault::reply(401, "{}").times(9_999).on(UPSERT).after(1)],
        ..REFUSED
    },
    Weather {
        name: "a permission is gone",
        faults: || vec![Fault::reply(403, "{}").times(9_999).on(UPSERT).after(1)],
        code: Some("OFT-A002"),
        ..REFUSED
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_credential_that_is_refused_pauses_the_sync_without_a_loop() {
    weathered(&D4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_a_credential_that_is_rotated_meanwhile_is_read_again_and_the_run_goes_on() {
    const ROTATED: &str = "pat-na1-the-next-one";
    let project = Project::new(&people(0..1_000)).await;
    project.write("token", TOKEN);
    project.edit("connections/hubspot.yml", "{ env: OFFTAKE_HUBSPOT_TOKEN }", "{ file: token }");
    project.simulator.script([Fault::delay(100).on(UPSERT).times(9_999)]);
    let rotate = async {
        while project.writes().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        project.write("token", ROTATED);
        project.simulator.rotate_token(ROTATED);
    };
    let (run, ()) = tokio::join!(project.run(), rotate);
    assert_eq!((count(&run, "delivered"), sums(&run)), (1_000, None), "{run}");
    let refused = project.simulator.journal().iter().filter(|entry| entry.status == Some(401)).count();
    assert!((1..=4).contains(&refused), "{refused} calls were under way with the old one");

    project.simulator.heal();
    project.simulator.rotate_token("pat-na1-nobody-was-told");
    project.simulator.take_journal();
    project.rows(&people(0..1_200));
    let said = project.offtake(&["run"]).await;
    assert_eq!(
        (said.code, project.simulator.journal().len()),
        (6, 1),
        "what stands in the file is what was refused: {said:?}"
    );
    project.write("token", "pat-na1-nobody-was-told");
    assert_eq!(count(&project.run().await, "delivered"), 200);
    assert_eq!(project.contacts().len(), 1_200);
    assert!(!project.audit().contains("pat-na1"));
}

/// An answer of status 200 or 207 in which nothing was done, and one row is named by its key.
fn named(category: &str, n: u32) -> String {
    format!(
        "{{\"status\":\"COMPLETE\",\"results\":[],\"numErrors\":1,\"errors\":[{{\"status\":\"error\",\"category\":\"{category}\",\
         \"message\":\"not this one\",\"context\":{{\"ids\":[\"person{n}@example.com\"]}}}}]}}"
    )
}

static D5: [Weather; 6] = [
    Weather {
        name: "it is stored, and half of the answer arrives",
        faults: || vec![Fault::torn().on(UPSERT)],
        ..PASSES
    },
    Weather {
        name: "half is stored, then 500",
        faults: || vec![Fault { store: Store::First(60), ..misread(500, "") }],
        ..PASSES
    },
    Weather {
        name: "200 without a word of any row",
        faults: || vec![misread(200, "{\"status\":\"COMPLETE\",\"results\":[]}")],
        ..PASSES
    },
    Weather {
        name: "207, and an error that names no row",
        faults: || {
            vec![
                Fault::reply(
                    207,
                    "{\"results\":[],\"errors\":[{\"category\":\"VALIDATION_ERROR\",\"message\":\"no\"}]}",
                )
                .on(UPSERT),
            ]
        },
        ..PASSES
    },
    Weather {
        name: "207, and a row that failed for the moment",
        faults: || vec![Fault::reply(207, named("INTERNAL_ERROR", 580)).on(UPSERT)],
        ..PASSES
    },
    Weather {
        name: "200, and a row that is refused",
        faults: || vec![Fault::reply(200, named("VALIDATION_ERROR", 610)).on(UPSERT)],
        rows: 20,
        status: "completed_with_rejects",
        delivered: 19..=19,
        writes: 2..=2,
        ..PASSES
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_batch_that_is_done_in_part_comes_home_whole() {
    weathered(&D5).await;
}

/// The trace of each address in a write request: the row's index, and the beginning of its idempotency key.
fn traces(entry: &Entry) -> BTreeMap<String, String> {
    let inputs = entry.body.as_ref().unwrap()["inputs"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    inputs.iter().map(|input| (text(&input["id"]), text(&input["objectWriteTraceId"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn d6_a_row_whose_answer_was_lost_goes_again_under_the_same_key_also_in_the_next_run() {
    let project = Project::new(&people(0..100)).await;
    let lost = [Fault::hangup().on(UPSERT), Fault::reply(401, "{}").on(UPSERT).times(9_999)];
    project.simulator.script(lost);
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = run_of(&said);
    assert_eq!((said.code, count(&run, "pending"), count(&run, "delivered")), (6, 100, 0), "{said:?}");
    assert_eq!(project.contacts().len(), 100, "all of it was stored");
    project.simulator.heal();
    let next = project.run().await;
    assert_eq!((count(&next, "delivered"), &next["recovered"]["rows"]), (100, &100.into()), "{next}");
    let journal = project.simulator.journal();
    let writes: Vec<_> = journal.iter().filter(|entry| entry.path.ends_with(UPSERT)).map(traces).collect();
    assert_eq!(writes.len(), 3);
    assert_eq!((&writes[0], &writes[0]), (&writes[1], &writes[2]));
    let keys: std::collections::BTreeSet<&str> =
        writes[0].values().map(|trace| trace.split_once('-').unwrap().1).collect();
    assert_eq!((keys.len(), keys.iter().all(|key| key.len() == 16)), (100, true), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_connection_that_flaps_costs_no_row() {
    let project = Project::new(&people(0..400)).await;
    project.edit("syncs/crm.yml", "on_delete: delete\n", "on_delete: delete\nlimits: { batch: 20 }\n");
    let proxy = Proxy::start(project.simulator.addr()).await;
    project.connect(&proxy.base_url(), "plugins/hubspot.wasm");
    project.simulator.script([Fault::delay(30).on(UPSERT).times(9_999)]);
    let flapping = async {
        while project.writes().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..5 {
            proxy.down().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            proxy.up().await;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    };
    let (said, ()) = tokio::join!(project.offtake(&["run", "--output", "json"]), flapping);
    let run = run_of(&said);
    assert_eq!((said.code, count(&run, "delivered"), sums(&run)), (0, 400, None), "{said:?}");
    assert!(run["retries"].as_u64().unwrap() > 0, "it has flapped: {run}");
    let sent = project.audit().lines().filter(|line| line.contains(UPSERT)).count();
    assert!((21..=20 * 6).contains(&sent), "{sent} requests for twenty batches");
    assert_eq!(project.contacts().len(), 400);
    assert_eq!(count(&project.run().await, "unchanged"), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_destination_that_goes_away_is_asked_six_times_and_then_left_to_the_next_run() {
    let project = Project::new(&people(0..100)).await;
    let proxy = Proxy::start(project.simulator.addr()).await;
    project.connect(&proxy.base_url(), "plugins/hubspot.wasm");
    // The batch is held until the way is cut, so that discovery passes and nothing else does.
    project.simulator.script([Fault { store: Store::Nothing, ..Fault::delay(60_000).on(UPSERT) }]);
    let cut = async {
        while project.writes().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.down().await;
    };
    let started = Instant::now();
    let (said, ()) = tokio::join!(project.offtake(&["run", "--output", "json"]), cut);
    let run = run_of(&said);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!((said.code, run["status"].as_str(), sums(&run)), (1, Some("incomplete"), None), "{said:?}");
    assert_eq!((run["error"]["code"].as_str(), count(&run, "pending")), (Some("OFT-E101"), 100), "{run}");
    let sent = project.audit().lines().filter(|line| line.contains(UPSERT)).count();
    assert_eq!((sent, project.contacts().len()), (6, 0));

    let said = project.offtake(&["run", "--output", "json"]).await;
    assert_eq!((said.code, said.codes()), (6, vec!["OFT-E101".to_owned()]), "{said:?}");
    proxy.up().await;
    assert_eq!(count(&project.run().await, "delivered"), 100);
    assert_eq!(project.contacts().len(), 100);
}
