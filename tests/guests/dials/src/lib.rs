//! Asks for whatever host the object names.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Dials;

impl Guest for Dials {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let request = match batch.object() {
            "endpoint" => cx.http().get("api", "/v1/things").auth("token"),
            spelled => cx.http().link("GET", format!("https://{spelled}/v1/things")).auth("token"),
        };
        let mut report = Report::new(batch);
        match request.send() {
            Ok(response) => report.reject_rest(batch, &Detail::new("got_out", response.status().to_string())),
            Err(failure) => report.reject_rest(batch, failure.failure.detail()),
        }
        Ok(report)
    }
}

offtake_sdk::export!(Base<Dials>);
