//! Insert, update and upsert: one batch call, one outcome a row.

use offtake_sdk::{Batch, CallFailure, Context, Failure, Operation, Report, Row};

use crate::config::Config;
use crate::request::{self, Sent};
use crate::response::BatchAnswer;
use crate::{client, outcome};

/// HubSpot's `PROPERTY_DOESNT_EXIST` as a code of the contract.
const NO_SUCH_PROPERTY: &str = "property_doesnt_exist";

/// Writes the rows by one call.
pub(crate) fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
    let mut report = Report::new(batch);
    let (inputs, sent) = request::prepare(batch, &mut report)?;
    if sent.rows.is_empty() {
        return Ok(report);
    }
    let call = match batch.operation() {
        Operation::Insert => "create",
        Operation::Update => "update",
        _ => "upsert",
    };
    match client::batch(cx, batch.object(), call).json(&inputs).send() {
        Ok(response) => {
            let answer: BatchAnswer = response.json()?;
            outcome::settle(batch.operation(), &sent, &answer, &mut report);
            Ok(report)
        }
        Err(failure) => refused(failure, &sent, report),
    }
}

/// The same for calls whose inputs are no records: a refusal of one row is about that row.
pub(crate) fn one_row_or_all<'a>(
    failure: CallFailure,
    rows: impl Iterator<Item = &'a Row>,
    report: &mut Report,
) -> Result<(), CallFailure> {
    let rows: Vec<&Row> = rows.collect();
    match (failure, rows.as_slice()) {
        (CallFailure { failure: Failure::Unattributed(detail), .. }, [row]) => {
            report.rejected(row, detail);
            Ok(())
        }
        (failure, _) => Err(failure),
    }
}

/// HubSpot refuses a call whole. Of one input it is clear whom that is about; of several, the host finds out.
pub(crate) fn refused(failure: CallFailure, sent: &Sent<'_>, mut report: Report) -> Result<Report, CallFailure> {
    match (failure, sent.rows.as_slice()) {
        (CallFailure { failure: Failure::Unattributed(detail), .. }, [row]) => {
            report.rejected(row, detail);
            Ok(report)
        }
        // All rows have the same mapping: halving them would end with each one refused for the same property.
        (CallFailure { failure: Failure::Unattributed(detail), effect }, _) if detail.code == NO_SUCH_PROPERTY => {
            Err(CallFailure { failure: Failure::SchemaChanged(detail), effect })
        }
        (failure, _) => Err(failure),
    }
}
