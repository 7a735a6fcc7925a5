//! Gives back what the vendor said.

use guest_base::{Base, Guest};
use offtake_sdk::{Batch, CallFailure, Context, Detail, Failure, NoConfig, Outcome, Report, Row, RowResult, log};

/// The guest.
#[derive(Debug)]
pub struct Echoes;

impl Guest for Echoes {
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        let response = cx.http().post("api", "/echo").auth("token").json(&batch.object()).send()?;
        let said = format!("{:?} {}", response.headers(), String::from_utf8_lossy(response.body()));
        log::info(&said);
        let result = |row: &Row| RowResult {
            row: row.index(),
            outcome: Outcome::Failed(Failure::Rejected(Detail::new("echo", said.as_str()))),
            remote_id: Some(said.clone()),
        };
        Ok(Report::from_results(batch.rows().iter().map(result).collect()))
    }
}

offtake_sdk::export!(Base<Echoes>);
