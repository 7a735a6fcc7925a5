//! A Braze to test, and requests to it.

use std::time::Duration;

use offtake_sim::braze::{Limits, Options, Simulator};
use serde_json::Value;

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "braze-test";

/// What is accepted is applied at once.
pub(crate) fn generous() -> Options {
    let limits = Limits::GENEROUS;
    Options { token: TOKEN.to_owned(), limits, lag: Duration::ZERO, body_bytes_max: 200_000, ..Options::default() }
}

/// With a catalog.
pub(crate) async fn start(options: Options) -> Simulator {
    let simulator = Simulator::start(options).await.unwrap();
    let fields =
        [("Name", "string"), ("Rating", "number"), ("Open", "boolean"), ("Since", "time"), ("Dishes", "array")];
    assert!(simulator.add_catalog("restaurants", &fields));
    simulator
}

/// Sends a request with the key and with `body`, unless that is null.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    drive::send(&simulator.base_url(), &Ask::new(method, path).bearer(TOKEN).json(body)).await.unwrap()
}
