//! A HubSpot to test, and requests to it.

use offtake_sim::hubspot::{Limits, Options, Simulator};
use serde_json::Value;

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "pat-na1-test";

pub(crate) fn generous() -> Options {
    Options { token: TOKEN.to_owned(), limits: Limits::GENEROUS, search_secondly: 1_000_000, ..Options::default() }
}

pub(crate) async fn start(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// Sends a request with the token and with `body`, unless that is null.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    drive::send(&simulator.base_url(), &Ask::new(method, path).bearer(TOKEN).json(body)).await.unwrap()
}

/// Sends a request with this `Authorization` and a body of JSON, which may be broken.
pub(crate) async fn send(
    base: &str,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: String,
) -> Result<Reply, Box<dyn std::error::Error>> {
    let mut ask = Ask::new(method, path);
    if let Some(authorization) = authorization {
        ask = ask.header("authorization", authorization);
    }
    if !body.is_empty() {
        ask = ask.body("application/json", body);
    }
    drive::send(base, &ask).await
}
