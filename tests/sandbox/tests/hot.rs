//! Is a connector replaced while calls go on, without one call that nobody answers for?

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use offtake_core::destination::{Effect, Failure};
use offtake_core::ports::Destination;
use offtake_plugin::{Bound, Connector, Hot, Shelf, Swapped, inspect_bytes};

use crate::support::bytes::{apart, with_manifest};
use crate::support::vendor::Vendor;
use crate::support::{HOST, alone, bind, connector, expect_ok, rows, way_out};

const DRAIN: Duration = Duration::from_secs(30);

/// The well-behaved guest as another version.
fn version(version: &str) -> Connector {
    let (mut manifest, bare) = apart();
    manifest["version"] = version.into();
    let path = PathBuf::from(format!("ok-{version}.wasm"));
    let component = with_manifest(bare, manifest.to_string().as_bytes());
    HOST.compile(&path, inspect_bytes(&path, component).unwrap()).unwrap()
}

fn leading_nowhere(connector: &Connector) -> Bound {
    bind(connector, Arc::new(way_out::Nowhere::default()))
}

fn hot(bound: Bound, drain: Duration) -> Arc<Hot> {
    Arc::new(Hot::new(bound, Arc::default(), drain))
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_swaps_under_load_fail_no_call() {
    let hot = hot(leading_nowhere(&version("1.0.0")), DRAIN);
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..8)
        .map(|_| {
            let (hot, stop, calls) = (hot.clone(), stop.clone(), calls.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let results = hot.write(rows("things", 3)).await.unwrap();
                    assert!(results.len() == 3 && results.iter().all(|result| result.outcome.is_ok()));
                    calls.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for number in 1..=20 {
        let before = calls.load(Ordering::SeqCst);
        assert_eq!(hot.swap(leading_nowhere(&version(&format!("1.0.{number}")))), Swapped::Replaced);
        assert!(hot.connector().ends_with(&format!("1.0.{number}")));
        while calls.load(Ordering::SeqCst) < before + 16 {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    for task in load {
        task.await.unwrap();
    }
    assert_eq!(hot.requests(), calls.load(Ordering::SeqCst), "requests of every generation count");
    assert_eq!(hot.swap(leading_nowhere(&version("1.0.20"))), Swapped::Same);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_breaks_goes_back_by_itself_and_is_not_tried_again() {
    let shelf = Arc::new(Shelf::default());
    let hot = Hot::new(alone("ok"), shelf.clone(), DRAIN);
    let other = Hot::new(alone("ok"), shelf, DRAIN);
    let good = hot.connector_digest();
    for hot in [&hot, &other] {
        assert_eq!(hot.swap(alone("traps")), Swapped::Replaced);
    }
    for number in 1..=3 {
        let failed = hot.write(rows("things", 3)).await.unwrap_err();
        assert!(matches!(failed.failure, Failure::Transient(_)), "the batch goes again: {failed:?}");
        assert_eq!(failed.effect, Effect::Unknown);
        assert_eq!(hot.connector_digest() == good, number == 3, "after {number}");
    }
    for hot in [&hot, &other] {
        assert_eq!(hot.write(rows("things", 3)).await.unwrap().len(), 3, "what one found out serves the other");
        assert_eq!((hot.connector_digest(), hot.swap(alone("traps"))), (good.clone(), Swapped::Distrusted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_has_proved_itself_is_not_taken_back() {
    let hot = hot(alone("ok"), DRAIN);
    assert_eq!(hot.swap(leading_nowhere(&version("1.1.0"))), Swapped::Replaced);
    for _ in 0..20 {
        hot.write(rows("things", 3)).await.unwrap();
    }
    // The next one goes back to it, not to the first.
    assert_eq!(hot.swap(alone("traps")), Swapped::Replaced);
    for _ in 0..3 {
        hot.write(rows("things", 3)).await.unwrap_err();
    }
    assert!(hot.connector().ends_with("@1.1.0"), "{}", hot.connector());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_before_it_a_connector_that_breaks_is_broken() {
    let hot = hot(alone("traps"), DRAIN);
    for _ in 0..5 {
        let failed = hot.write(rows("things", 3)).await.unwrap_err();
        assert!(matches!(failed.failure, Failure::Fatal(_)), "{failed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_the_one_before_end_in_time() {
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let sleeps = connector("sleeps");
    let bound = bind(&sleeps, way_out::real(&sleeps, &[("api", &vendor.base)], "a-secret"));
    let hot = hot(bound, Duration::from_millis(300));
    let waiting = tokio::spawn({
        let hot = hot.clone();
        async move { hot.write(rows("things", 3)).await }
    });
    while vendor.arrived() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(hot.swap(alone("ok")), Swapped::Replaced);
    expect_ok_of(&hot).await;
    let failed = waiting.await.unwrap().unwrap_err();
    assert_eq!((failed.failure.detail().code.as_str(), failed.effect), ("replaced", Effect::Unknown));
    expect_ok(&alone("ok")).await;
}

async fn expect_ok_of(hot: &Hot) {
    assert_eq!(hot.write(rows("things", 3)).await.unwrap().len(), 3);
}
