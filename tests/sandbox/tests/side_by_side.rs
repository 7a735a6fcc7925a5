//! Many calls at once, and a host that breaks: memory is shared out, and a panic is one call's failure.

use std::sync::Arc;

use offtake_core::destination::Effect;
use offtake_core::ports::Destination;
use offtake_plugin::{Host, Options};

use crate::support::way_out::{Breaks, Slow};
use crate::support::{MACHINE, alone, bind, compiler, connector, expect_ok, guest, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_wait_for_their_share_of_memory() {
    let _machine = MACHINE.read().await;
    // The guest may have 64 MiB, and a connector half of what there is. Where that is less, its calls run one by one.
    for (guest_memory_mib, at_once) in [(64, 1), (128, 1), (400, 3), (32, 1)] {
        let host = Host::new(Options { compiler: compiler(), guest_memory_mib, ..Options::default() }).unwrap();
        let slow = Arc::new(Slow::default());
        let ok = bind(&host.load(&guest::component("ok")).unwrap(), slow.clone());
        assert_eq!(connector("ok").manifest().limits.memory_mib, 64);
        let calls = futures::future::join_all((0..6).map(|_| ok.write(rows("things", 3)))).await;
        assert!(calls.iter().all(Result::is_ok), "{calls:?}");
        assert_eq!(slow.most(), at_once, "{guest_memory_mib} MiB");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connector_whose_calls_wait_leaves_memory_to_others() {
    let _machine = MACHINE.read().await;
    let host = Host::new(Options { compiler: compiler(), guest_memory_mib: 128, ..Options::default() }).unwrap();
    let slow = Arc::new(Slow::default());
    let [one, same, other] =
        ["ok", "ok", "exfiltrates"].map(|name| bind(&host.load(&guest::component(name)).unwrap(), slow.clone()));
    let calls = [&one, &same, &one, &same, &other, &other].map(|bound| bound.write(rows("modest", 3)));
    let calls = futures::future::join_all(calls).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(slow.most(), 2, "one of each connector");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_breaks_fails_one_call() {
    let _machine = MACHINE.read().await;
    let breaks = bind(&connector("ok"), Arc::new(Breaks));
    for _ in 0..3 {
        let failed = breaks.write(rows("things", 3)).await.unwrap_err();
        assert_eq!((failed.failure.code(), failed.effect), ("OFT-P009", Effect::Unknown), "{failed:?}");
    }
    breaks.check().await.unwrap();
    expect_ok(&alone("ok")).await;
}
