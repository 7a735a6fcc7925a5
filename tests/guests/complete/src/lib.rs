//! Behaves, and uses everything that the interface has: each import, each export, answers of more than one kind.

use offtake_sdk::{
    Account, Batch, CallFailure, Cell, Connector, Context, Detail, Field, FieldType, Found, Limits, Lookup, NoConfig,
    Object, ObjectPage, Operation, Outcome, OutcomeKind, Report, Row, RowResult, clock, entropy, log,
};

/// The guest.
#[derive(Debug)]
pub struct Complete;

impl Connector for Complete {
    type Config = NoConfig;

    fn check(cx: &Context<NoConfig>) -> Result<Account, CallFailure> {
        let answer = cx.http().get("api", "/v1/account").auth("token").send()?;
        Ok(Account::new().fact("Status", answer.status()))
    }

    fn objects(_cx: &Context<NoConfig>, cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
        let operations = [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];
        let page = |id: &str| ObjectPage::all(vec![Object::new(id, id, &operations).match_key("id")]);
        match cursor.as_deref() {
            None => Ok(ObjectPage { next: Some("2".to_owned()), ..page("things") }),
            Some(_) => Ok(page("other-things")),
        }
    }

    fn fields(_cx: &Context<NoConfig>, _object: &str) -> Result<Vec<Field>, CallFailure> {
        Ok(vec![Field::new("id", FieldType::String).required().unique(), Field::new("name", FieldType::String)])
    }

    fn limits(_cx: &Context<NoConfig>, _object: &str, _operation: Operation) -> Result<Limits, CallFailure> {
        Ok(Limits::rows(100).concurrency(2).rate(100, 1_000))
    }

    fn look_up(cx: &Context<NoConfig>, query: &Lookup) -> Result<Option<Found>, CallFailure> {
        cx.http().post("api", "/v1/search").auth("token").read_only().body("text/plain", query.object()).send()?;
        Ok(Some(vec![None; query.len()]))
    }

    fn write(cx: &Context<NoConfig>, batch: &Batch) -> Result<Report, CallFailure> {
        log::debug(&format!("{} rows, {} random bytes", batch.len(), entropy::bytes(8).len()));
        if clock::deadline_unix_ms() <= clock::now_unix_ms() {
            return Err(CallFailure::rejected(Detail::new("late", "there is no time left")));
        }
        let post = |row: &Row| {
            let request = cx.http().post("api", "/v1/things").auth("token").idempotency_key(row.idempotency_key());
            request.body("application/json", format!("{{\"row\":{}}}", row.index()))
        };
        let sent = cx.http().send_all(batch.rows().iter().map(post).collect(), 4);
        let results = batch.rows().iter().zip(sent).map(|(row, answer)| RowResult {
            row: row.index(),
            outcome: match (answer, row.get("name")) {
                (Err(failed), _) => Outcome::Failed(failed.failure),
                (Ok(_), Cell::Null) => Outcome::Done(OutcomeKind::Updated),
                (Ok(_), _) => Outcome::Done(OutcomeKind::Created),
            },
            remote_id: row.match_text().map(str::to_owned),
        });
        Ok(Report::from_results(results.collect()))
    }
}

offtake_sdk::export!(Complete);
