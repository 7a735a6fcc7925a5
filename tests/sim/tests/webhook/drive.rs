//! An API to test, and requests to it.

use offtake_sim::webhook::{Limits, Options, Simulator};
use serde_json::Value;

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "webhook-test";
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) fn generous() -> Options {
    Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, body_bytes_max: 200_000, ..Options::default() }
}

pub(crate) async fn start(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// A request with the token.
pub(crate) fn ask(method: &str, path: &str) -> Ask {
    Ask::new(method, path).header("x-acme-token", TOKEN)
}

pub(crate) async fn send(simulator: &Simulator, ask: &Ask) -> Reply {
    drive::send(&simulator.base_url(), ask).await.unwrap()
}

/// Sends a request with the token and with `body`, unless that is null.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    send(simulator, &ask(method, path).json(body)).await
}
