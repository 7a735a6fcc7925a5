//! What every guest but its own misbehaviour has in common: a connector that discovers one object and limits nothing.

use std::marker::PhantomData;

use offtake_sdk::{
    Account, Batch, CallFailure, Connector, Context, Field, FieldType, Jobs, Limits, NoConfig, Object, ObjectPage,
    Operation, Progress, Report,
};

/// A guest is what its `write` does.
pub trait Guest {
    /// Misbehaves.
    ///
    /// # Errors
    /// As the guest likes.
    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure>;
}

/// A guest whose vendor finishes work later.
pub trait Asynchronous: Guest {
    /// As of [`Jobs`].
    ///
    /// # Errors
    /// As the guest likes.
    fn start(cx: &Context<NoConfig>, batch: &Batch) -> Result<Progress, CallFailure>;

    /// As of [`Jobs`].
    ///
    /// # Errors
    /// As the guest likes.
    fn poll(cx: &Context<NoConfig>, batch: &Batch, job: &str) -> Result<Progress, CallFailure>;
}

/// Makes a connector of a guest.
#[derive(Debug)]
pub struct Base<G>(PhantomData<G>);

impl<G: Guest> Connector for Base<G> {
    type Config = NoConfig;

    fn check(_cx: &Context<NoConfig>) -> Result<Account, CallFailure> {
        Ok(Account::new().fact("Guest", "ready"))
    }

    fn objects(_cx: &Context<NoConfig>, _cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        let operations = [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];
        Ok(ObjectPage::all(vec![Object::new("things", "Things", &operations).match_key("id")]))
    }

    fn fields(_cx: &Context<NoConfig>, _object: &str) -> Result<Vec<Field>, CallFailure> {
        let own = [Field::new("id", FieldType::String).required().unique(), Field::new("name", FieldType::String)];
        // Room for a wide mapping: the benchmark sends ten columns.
        let more = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| Field::new(name, FieldType::Json));
        Ok(own.into_iter().chain(more).collect())
    }

    fn limits(_cx: &Context<NoConfig>, _object: &str, _operation: Operation) -> Result<Limits, CallFailure> {
        Ok(Limits::rows(1000).concurrency(4))
    }

    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        G::write(cx, batch)
    }
}

impl<G: Asynchronous> Jobs for Base<G> {
    fn start(cx: &Context<NoConfig>, batch: &Batch) -> Result<Progress, CallFailure> {
        G::start(cx, batch)
    }

    fn poll(cx: &Context<NoConfig>, batch: &Batch, job: &str) -> Result<Progress, CallFailure> {
        G::poll(cx, batch, job)
    }
}

/// Sends one request for all rows and accepts them.
///
/// # Errors
/// What became of the request.
pub fn deliver(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
    cx.http().post("api", "/v1/things").auth("token").body("text/plain", "rows").send()?;
    Ok(accept(batch))
}

/// Accepts every row.
#[must_use]
pub fn accept(batch: &Batch) -> Report {
    let mut report = Report::new(batch);
    batch.rows().iter().for_each(|row| report.accepted(row));
    report
}
