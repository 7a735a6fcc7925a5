//! Does an answer that is no answer cost no row, whatever it is made of?

use std::sync::LazyLock;

use offtake_sim::hubspot::{Fault, Store};
use tokio::net::TcpListener;

use crate::ledger::{count, run_of, sums};
use crate::project::{Project, people};
use crate::weather::{PASSES, Weather, weathered};

const UPSERT: &str = "batch/upsert";

/// The batch is handled, and its answer is another.
fn misread(body: &str) -> Vec<Fault> {
    vec![Fault { store: Store::All, ..Fault::reply(200, body).on(UPSERT) }]
}

/// An answer that nobody can read breaks the connector's call: its rows go again in halves.
const GARBAGE: Weather = Weather { rows: 20, delivered: 20..=20, writes: 3..=3, ..PASSES };
/// An answer that can be read and names nobody leaves all rows unknown: they go again together.
const SILENT: Weather = Weather { writes: 2..=2, ..GARBAGE };

static NESTED: LazyLock<String> =
    LazyLock::new(|| format!("{{\"results\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)));
static HIDDEN: LazyLock<String> =
    LazyLock::new(|| format!("{{\"results\":[],\"more\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)));

static D8: [Weather; 22] = [
    Weather { name: "no JSON", faults: || vec![Fault::garbage().on(UPSERT)], ..GARBAGE },
    Weather { name: "nothing", faults: || misread(""), ..GARBAGE },
    Weather {
        name: "JSON that breaks off",
        faults: || misread("{\"status\":\"COMPLETE\",\"results\":[{\"id\":\"1\","),
        ..GARBAGE
    },
    Weather { name: "a byte order mark", faults: || misread("\u{feff}{\"results\":[]}"), ..GARBAGE },
    Weather { name: "a NUL", faults: || misread("\0"), ..GARBAGE },
    Weather { name: "null", faults: || misread("null"), ..GARBAGE },
    Weather { name: "a text", faults: || misread("\"ok\""), ..GARBAGE },
    Weather { name: "two documents", faults: || misread("{\"results\":[]}{\"results\":[]}"), ..GARBAGE },
    Weather { name: "the same key twice", faults: || misread("{\"results\":[],\"results\":[]}"), ..GARBAGE },
    Weather { name: "NaN", faults: || misread("{\"results\":[],\"errors\":[NaN]}"), ..GARBAGE },
    Weather { name: "NaN where nobody looks", faults: || misread("{\"results\":[],\"took\":NaN}"), ..GARBAGE },
    Weather { name: "1e400 where an id is", faults: || misread("{\"results\":[{\"id\":1e400}]}"), ..GARBAGE },
    Weather { name: "1e400 where nobody looks", faults: || misread("{\"results\":[],\"took\":1e400}"), ..SILENT },
    Weather { name: "deep nesting", faults: || misread(&NESTED), ..GARBAGE },
    Weather { name: "deep nesting where nobody looks", faults: || misread(&HIDDEN), ..SILENT },
    Weather { name: "a lone surrogate", faults: || misread("{\"results\":[{\"id\":\"\\ud800\"}]}"), ..GARBAGE },
    Weather { name: "ids that are numbers", faults: || misread("{\"results\":[{\"id\":7}]}"), ..GARBAGE },
    Weather { name: "a list in place of an object", faults: || misread("{\"results\":{}}"), ..GARBAGE },
    Weather { name: "an empty object", faults: || misread("{}"), ..SILENT },
    Weather {
        name: "strangers",
        faults: || misread("{\"results\":[{\"id\":\"1\",\"properties\":{\"email\":\"nobody@example.com\"}}]}"),
        ..SILENT
    },
    Weather {
        name: "another's trace",
        faults: || misread("{\"results\":[{\"id\":\"1\",\"objectWriteTraceId\":\"0-0000000000000000\"}]}"),
        ..SILENT
    },
    Weather {
        name: "JSON that is called HTML",
        faults: || {
            misread("{\"results\":[]}")
                .into_iter()
                .map(|fault| fault.with_header("content-type", "text/html"))
                .collect()
        },
        ..SILENT
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn d8_garbage_for_an_answer_leaves_rows_unknown_and_they_go_again() {
    weathered(&D8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_garbage_that_stays_ends_the_run_and_is_shown_without_its_control_characters() {
    let project = Project::new(&people(0..300)).await;
    let garbage = "<html>\u{1b}[2Jbad\u{7}</html>";
    project.simulator.script([Fault { store: Store::All, ..Fault::reply(200, garbage).on(UPSERT).times(9_999) }]);
    let said = project.offtake(&["run", "--output", "json"]).await;
    let run = run_of(&said);
    assert_eq!((said.code, run["status"].as_str(), sums(&run)), (1, Some("failed"), None), "{said:?}");
    assert_eq!((run["error"]["code"].as_str(), count(&run, "delivered")), (Some("OFT-P001"), 0), "{run}");
    assert_eq!(project.writes().len(), 8, "a connector that breaks on everything is not asked for each row");
    let told = project.offtake(&["runs", "show", run["id"].as_str().unwrap()]).await;
    assert!(!told.stdout.contains('\u{1b}') && !said.stderr.contains('\u{1b}'), "{told:?}");
    project.simulator.heal();
    let next = project.run().await;
    assert_eq!((count(&next, "delivered") + count(&next, "unchanged"), project.contacts().len()), (300, 300), "{next}");
}

const UNREAD: Weather = Weather { audited: "OFT-E113", writes: 3..=3, ..PASSES };

fn encoded(encoding: &str) -> Vec<Fault> {
    misread("\u{1f}not what it says").into_iter().map(|fault| fault.with_header("content-encoding", encoding)).collect()
}

static D9_D10: [Weather; 6] = [
    Weather { name: "17 MiB", faults: || vec![Fault::huge(17 << 20).on(UPSERT)], audited: "OFT-E112", ..PASSES },
    Weather { name: "gzip", faults: || encoded("gzip"), ..UNREAD },
    Weather { name: "br", faults: || encoded("br"), ..UNREAD },
    Weather { name: "zstd", faults: || encoded("zstd"), ..UNREAD },
    Weather { name: "gzip in gzip", faults: || encoded("gzip, gzip"), ..UNREAD },
    Weather { name: "a compression that nobody knows", faults: || encoded("x-bomb"), ..UNREAD },
];

#[tokio::test(flavor = "multi_thread")]
async fn d9_d10_answers_that_are_huge_or_compressed_are_not_read_and_their_rows_go_again() {
    weathered(&D9_D10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d10_no_compression_is_asked_for() {
    let project = Project::new(&people(0..3)).await;
    project.run().await;
    let journal = project.simulator.journal();
    let asked: Vec<_> = journal.iter().filter_map(|entry| entry.headers.get("accept-encoding")).collect();
    assert_eq!((asked.len(), journal.len()), (0, 2), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn d13_redirects_are_followed_nowhere() {
    let project = Project::new(&people(0..1)).await;
    project.run().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/", listener.local_addr().unwrap());
    let itself = format!("{}/crm/objects/2026-03/contacts/batch/upsert", project.simulator.base_url());
    let targets =
        [elsewhere.as_str(), "http://169.254.169.254/latest/meta-data/", "https://example.com/", "//[::1]/", &itself];
    let mut rows = 1;
    for (status, target) in
        [301, 302, 303, 307, 308].into_iter().flat_map(|status| targets.map(|target| (status, target)))
    {
        project.simulator.take_journal();
        project.simulator.script([Fault::reply(status, "").with_header("location", target).on(UPSERT).times(9_999)]);
        rows += 1;
        project.rows(&people(0..rows));
        let said = project.offtake(&["run", "--output", "json"]).await;
        let run = run_of(&said);
        assert_eq!((count(&run, "pending"), sums(&run)), (1, None), "{status} {target}: {said:?}");
        assert_eq!((said.code, run["error"]["code"].as_str()), (2, Some("OFT-E303")), "{status} {target}: {said:?}");
        let journal = project.simulator.journal();
        let asked: Vec<_> = journal.iter().map(|entry| (entry.method.as_str(), entry.status)).collect();
        assert_eq!(asked, [("GET", Some(200)), ("POST", Some(status))], "{status} {target}");
        project.simulator.heal();
        assert_eq!(count(&project.run().await, "delivered"), 1, "{status} {target}");
    }
    assert_eq!(project.contacts().len(), rows as usize);
    let dialled = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(dialled.is_err(), "{dialled:?}");
}
