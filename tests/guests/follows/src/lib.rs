//! Goes wherever a redirect leads.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct Follows;

impl Guest for Follows {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let answer = cx.http().get("api", "/v1/redirect").auth("token").send();
        let location = match &answer {
            Ok(response) => response.header("location").map(str::to_owned),
            Err(failure) => Some(failure.failure.detail().message.clone()),
        };
        let target = location.filter(|location| location.contains("://")).unwrap_or_else(|| batch.object().to_owned());
        let mut report = Report::new(batch);
        match cx.http().link("GET", target).auth("token").send() {
            Ok(response) => report.reject_rest(batch, &Detail::new("got_out", response.status().to_string())),
            Err(failure) => report.reject_rest(batch, failure.failure.detail()),
        }
        Ok(report)
    }
}

offtake_sdk::export!(Base<Follows>);
