//! Sends a request with more headers than anybody reads.

use guest_base::{Base, Guest, accept};
use offtake_sdk::{Batch, CallFailure, Context, NoConfig, Report};

/// The guest.
#[derive(Debug)]
pub struct ManyHeaders;

impl Guest for ManyHeaders {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let count = match batch.object() {
            "hundred-thousand" => 100_000,
            _ => 65,
        };
        let request = cx.http().post("api", "/v1/things").auth("token").body("text/plain", "x");
        (0..count).fold(request, |request, n| request.header(&format!("x-{n}"), "y")).send()?;
        Ok(accept(batch))
    }
}

offtake_sdk::export!(Base<ManyHeaders>);
