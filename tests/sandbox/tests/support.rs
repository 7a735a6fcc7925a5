//! What the tests share: built guests, ways out, the host's calls, and what was logged.

pub(crate) mod bytes;
pub(crate) mod graft;
pub(crate) mod guest;
pub(crate) mod journal;
pub(crate) mod vendor;
pub(crate) mod way_out;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use offtake_core::destination::{CallFailure, OutcomeKind, RowRef, RowResult, WriteRequest};
use offtake_core::object::Operation;
use offtake_core::ports::{Destination, Egress};
use offtake_plugin::{Binding, Bound, Child, CompileLimits, Compiler, Connector, Host, Options};
use tokio::sync::RwLock;

/// One host for all tests, as there is one in a process. Its compiled components outlive the run.
pub(crate) static HOST: LazyLock<Host> = LazyLock::new(|| {
    journal::start();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Host::new(Options { cache: Some(cache), compiler: compiler(), ..Options::default() }).unwrap()
});

/// As the program does it, each component is compiled by a process of its own.
pub(crate) fn compiler() -> Compiler {
    compiler_within(CompileLimits::default())
}

/// The same, with other limits.
pub(crate) fn compiler_within(limits: CompileLimits) -> Compiler {
    let arguments = ["compile".to_owned(), limits.memory_mib.to_string(), limits.cpu_s.to_string()];
    Compiler::Child(Child { program: ALONE.into(), arguments: arguments.map(Into::into).into(), limits })
}

/// The program that does for the tests what needs a process of its own.
pub(crate) const ALONE: &str = env!("CARGO_BIN_EXE_sandbox-alone");

/// Tests that measure time hold it for themselves; the others share it.
pub(crate) static MACHINE: RwLock<()> = RwLock::const_new(());

/// The guest of this name, loaded.
pub(crate) fn connector(guest: &str) -> Connector {
    HOST.load(&guest::component(guest)).unwrap()
}

/// A connector with a way out.
pub(crate) fn bind(connector: &Connector, egress: Arc<dyn Egress>) -> Bound {
    connector.bind(Binding { id: "test".to_owned(), config_json: "{}".to_owned(), egress, limits: Default::default() })
}

/// The guest of this name with a way out that leads nowhere.
pub(crate) fn alone(guest: &str) -> Bound {
    bind(&connector(guest), Arc::new(way_out::Nowhere::default()))
}

/// So many rows for an object.
pub(crate) fn rows(object: &str, count: usize) -> WriteRequest {
    let row = |n: usize| format!("{{\"id\":\"{n}\",\"name\":\"row {n}\"}}\n");
    let key = |n: usize| RowRef { idempotency_key: format!("key-{n}"), remote_id: None };
    WriteRequest {
        object: object.to_owned(),
        operation: Operation::Upsert,
        match_keys: vec!["id".to_owned()],
        batch_id: "batch".to_owned(),
        attempt: 1,
        rows: (0..count).map(row).collect(),
        refs: (0..count).map(key).collect(),
    }
}

/// The well-behaved guest takes every row.
pub(crate) async fn expect_ok(ok: &Bound) {
    let results = ok.write(rows("things", 3)).await.unwrap();
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|result| result.outcome == Ok(OutcomeKind::Accepted)));
}

/// Writes three rows to a guest while the well-behaved one is called beside it, and sees that the host goes on: with the
/// same guest in a fresh instance, and with the other one.
pub(crate) async fn write(guest: &Bound, object: &str) -> Result<Vec<RowResult>, CallFailure> {
    let ok = alone("ok");
    let beside = async {
        for _ in 0..5 {
            expect_ok(&ok).await;
            tokio::task::yield_now().await;
        }
    };
    let (answer, ()) = tokio::join!(guest.write(rows(object, 3)), beside);
    expect_ok(&ok).await;
    guest.check().await.unwrap();
    answer
}
