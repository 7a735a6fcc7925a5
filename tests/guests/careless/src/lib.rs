//! A connector that works, and one fault at a time on top of it.

mod exchange;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Detail, Effect, Failure, Field, FieldType, Found, Limits, Lookup,
    Object, ObjectPage, Operation, OutcomeKind, Report, Row, entropy, log,
};
use serde::Deserialize;
use serde_json::Value;

use crate::exchange::{Answer, send};

/// What it does wrong.
#[derive(Debug, Default, Deserialize)]
pub struct Config {
    #[serde(default)]
    pub(crate) does: String,
}

/// The guest.
#[derive(Debug)]
pub struct Careless;

/// Whether this is the fault.
pub(crate) fn does(cx: &Context<Config>, fault: &str) -> bool {
    cx.config().does == fault
}

impl Connector for Careless {
    type Config = Config;

    fn check(cx: &Context<Config>) -> Result<Account, CallFailure> {
        if does(cx, "check-without-asking") {
            return Ok(Account::new().fact("Account", "fine"));
        }
        let me: Value = cx.http().get("api", "/v1/me").auth("token").send()?.json()?;
        Ok(Account::new().fact("Account", me.get("name").and_then(Value::as_str).unwrap_or("unnamed")))
    }

    fn objects(cx: &Context<Config>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        let first: Value = cx.http().get("api", "/v1/objects").auth("token").send()?.json()?;
        if let Some(next) = first.get("next").and_then(Value::as_str) {
            match cx.http().link("GET", next).auth("token").send() {
                Ok(_) => {}
                Err(_) if does(cx, "swallows-links") => {}
                Err(failure) => return Err(failure),
            }
        }
        let operations = [Operation::Insert, Operation::Upsert];
        Ok(ObjectPage::all(vec![Object::new("things", "Things", &operations).match_key("id")]))
    }

    fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
        let answer = cx.http().get("api", format!("/v1/fields/{object}")).auth("token").send();
        match answer {
            Ok(response) => drop(response.json::<Value>()?),
            Err(_) if does(cx, "swallows-failures") => {}
            Err(failure) => return Err(failure),
        }
        let own = [Field::new("id", FieldType::String).required().unique(), Field::new("name", FieldType::String)];
        Ok(own.into_iter().chain([Field::new("size", FieldType::Integer)]).collect())
    }

    fn limits(cx: &Context<Config>, _object: &str, _operation: Operation) -> Result<Limits, CallFailure> {
        Ok(if does(cx, "takes-nothing") { Limits::rows(0) } else { Limits::rows(50) })
    }

    fn look_up(cx: &Context<Config>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        if does(cx, "writes-to-read") {
            cx.http().post("api", "/v1/things").auth("token").json(&query.object()).send()?;
        }
        Ok(None)
    }

    fn write(cx: &Context<Config>, batch: &Batch) -> Result<Report, CallFailure> {
        if does(cx, "logs-rows") {
            batch.rows().iter().for_each(|row| log::info(&format!("writing {:?}", row.match_text())));
        }
        if does(cx, "floods") {
            (0..300).for_each(|line| log::info(&format!("line {line}")));
        }
        if does(cx, "calls-out") {
            let _refused = cx.http().link("GET", "https://telemetry.example.net/").send();
        }
        let mut report = Report::new(batch);
        if batch.is_empty() && !does(cx, "writes-nothing") {
            return Ok(report);
        }
        if does(cx, "lies") {
            batch.rows().iter().for_each(|row| report.accepted(row));
            return Ok(report);
        }
        match send(cx, batch) {
            Ok(answers) => settle(cx, batch, &answers, &mut report),
            Err(failure) => return misread(cx, batch, failure),
        }
        Ok(report)
    }
}

fn settle(cx: &Context<Config>, batch: &Batch, answers: &[Answer], report: &mut Report) {
    let skipped = if does(cx, "forgets-rows") { batch.len() / 2 } else { 0 };
    for (row, answer) in batch.rows().iter().zip(answers).skip(skipped) {
        match (&answer.error, row) {
            (None, row) => report.done(row, OutcomeKind::Updated, answer.id.clone()),
            (Some(_), row) if does(cx, "hides-refusals") => report.accepted(row),
            (Some(error), row) if does(cx, "blames-nobody") => {
                report.failed(row, Failure::Unattributed(Detail::new("refused", error.as_str())));
            }
            (Some(error), row) => report.rejected(row, Detail::new("refused", error.as_str())),
        }
    }
}

/// What a failed call is made of.
fn misread(cx: &Context<Config>, batch: &Batch, failure: CallFailure) -> Result<Report, CallFailure> {
    let status = failure.failure.detail().http_status;
    if status == Some(429) && does(cx, "ignores-429") {
        return Ok(each(batch, || Failure::Rejected(Detail::new("refused", "the vendor refused it"))));
    }
    if does(cx, "guesses-effect") && matches!(failure.failure, Failure::Transient(_)) {
        return Err(CallFailure { effect: Effect::None, ..failure });
    }
    if status == Some(401) && does(cx, "mistakes-401") {
        return Err(CallFailure::misconfigured("unauthorized", "the vendor said 401"));
    }
    if status == Some(400) && does(cx, "logs-refusals") {
        log::warn(&failure.failure.detail().message);
    }
    Err(failure)
}

fn each(batch: &Batch, failure: impl Fn() -> Failure) -> Report {
    let mut report = Report::new(batch);
    batch.rows().iter().for_each(|row: &Row| report.failed(row, failure()));
    report
}

/// A text that looks random: fresh, or the same in every instance.
pub(crate) fn trace(cx: &Context<Config>) -> String {
    if does(cx, "repeats-randomness") { "0d4f7a3b9c6e21558842a1b3c4d5e6f7".to_owned() } else { entropy::hex(16) }
}

offtake_sdk::export!(Careless);
