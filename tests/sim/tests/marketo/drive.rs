//! A Marketo to test, and requests to it.

use std::time::Duration;

use offtake_sim::marketo::{Limits, Options, Simulator};
use serde_json::Value;

use crate::support::drive::{self, Ask, Reply};

pub(crate) const TOKEN: &str = "marketo-test";

/// Imports are done as soon as they are asked for, and a sync writes at once.
pub(crate) fn generous() -> Options {
    Options {
        token: TOKEN.to_owned(),
        limits: Limits::GENEROUS,
        write_takes: Duration::ZERO,
        import_takes: Duration::ZERO,
        ..Options::default()
    }
}

/// With a field of another type for addresses, as the recorded instance has it, and a custom object.
pub(crate) async fn start(options: Options) -> Simulator {
    let simulator = Simulator::start(options).await.unwrap();
    assert!(simulator.add_field("leads", "email_field", "email"));
    assert!(simulator.add_field("leads", "at_field", "datetime"));
    assert!(simulator.add_custom_object("car_c", &["vin"], &[("colour", "string"), ("price", "currency")]));
    assert!(simulator.add_custom_object("seat_c", &["row", "place"], &[("taken", "boolean")]));
    simulator
}

/// Sends a request with the token and with `body`, unless that is null. The path is one below `/rest/v1/`.
pub(crate) async fn call(simulator: &Simulator, method: &str, path: &str, body: &Value) -> Reply {
    let ask = Ask::new(method, &format!("/rest/v1/{path}")).bearer(TOKEN).json(body);
    drive::send(&simulator.base_url(), &ask).await.unwrap()
}

/// Syncs leads by their address.
pub(crate) async fn sync(simulator: &Simulator, input: Value) -> Reply {
    let body = serde_json::json!({"action": "createOrUpdate", "lookupField": "email", "input": input});
    call(simulator, "POST", "leads.json", &body).await
}

/// Sends a file to be imported.
pub(crate) async fn import(simulator: &Simulator, query: &str, csv: &str) -> Reply {
    let form =
        format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{csv}\r\n--b--\r\n");
    let ask = Ask::new("POST", &format!("/bulk/v1/leads.json?{query}")).bearer(TOKEN);
    drive::send(&simulator.base_url(), &ask.body("multipart/form-data; boundary=b", form)).await.unwrap()
}

pub(crate) async fn bulk(simulator: &Simulator, path: &str) -> Reply {
    let ask = Ask::new("GET", &format!("/bulk/v1/leads/batch/{path}")).bearer(TOKEN);
    drive::send(&simulator.base_url(), &ask).await.unwrap()
}
