//! A large batch of leads as a bulk import.

use offtake_sdk::Effect;
use offtake_sdk::testing::Vendor;

use super::*;

fn bulk() -> Call<Marketo> {
    Call::new(json!({"bulk_above": 2}))
}

fn three() -> Rows {
    Rows::upsert("leads", "email")
        .row(json!({"email": "ada@example.com", "title": "T, \"t\""}))
        .row(json!({"email": "grace@example.com", "title": "T"}))
        .row(json!({"email": "Edith@example.com", "title": "T"}))
}

fn job() -> String {
    json!({"batch": 1022, "asked": 0}).to_string()
}

fn status(status: &str, failed: u32, warned: u32) -> Reply {
    success(json!([{"batchId": 1022, "importId": "1022", "status": status, "numOfLeadsProcessed": 3,
                    "numOfRowsFailed": failed, "numOfRowsWithWarning": warned, "message": "m"}]))
}

fn results(state: JobState) -> Vec<RowResult> {
    let JobState::Done(results) = state else { panic!("{state:?}") };
    results
}

#[test]
fn an_import_is_sent_as_a_file_and_read_back_by_key() {
    let failures = "email,title,Import Failure Reason\r\nedith@example.com,T,Invalid email address\r\n";
    let warnings = "email,title,Import Warning Reason\r\ngrace@example.com,T,Invalid value for title\r\n";
    let vendor = Vendor::scripted([
        success(json!([{"batchId": 1022, "importId": "1022", "status": "Queued"}])),
        status("Importing", 0, 0),
        status("Complete", 1, 1),
        Reply::text(200, failures),
        Reply::text(200, warnings),
    ]);
    let JobState::Pending { job, poll_after_ms } = bulk().start(three()).unwrap() else { panic!() };
    assert_eq!(poll_after_ms, 5_000);
    let JobState::Pending { job, poll_after_ms } = bulk().poll(three(), &job).unwrap() else { panic!() };
    assert_eq!(poll_after_ms, 10_000);
    let results = results(bulk().poll(three(), &job).unwrap());
    let accepted = |result: &RowResult| result.outcome == Outcome::Done(OutcomeKind::Accepted);
    let row = |n: u32| results.iter().find(|result| result.row == n).unwrap();
    assert!(accepted(row(0)));
    assert!(matches!(failure(row(1)), Failure::Rejected(detail) if detail.code == "import_warning"));
    assert!(matches!(failure(row(2)), Failure::Rejected(detail) if detail.message == "Invalid email address"));

    let requests = vendor.requests();
    assert_eq!(
        (requests[0].method(), requests[0].path()),
        ("POST", "/bulk/v1/leads.json?format=csv&lookupField=email")
    );
    assert!(requests[0].header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    let file = "email,title\nada@example.com,\"T, \"\"t\"\"\"\ngrace@example.com,T\nEdith@example.com,T\n";
    assert!(
        requests[0].text().contains(&format!("Content-Type: text/csv\r\n\r\n{file}\r\n--")),
        "{}",
        requests[0].text()
    );
    let asked: Vec<String> = requests[2..].iter().map(|request| request.path().to_owned()).collect();
    let batch = "/bulk/v1/leads/batch/1022";
    assert_eq!(asked, [format!("{batch}.json"), format!("{batch}/failures.json"), format!("{batch}/warnings.json")]);
}

#[test]
fn a_batch_is_imported_only_where_csv_can_say_the_same() {
    let rows = |third: Value| {
        Rows::upsert("leads", "email")
            .row(json!({"email": "1@example.com", "title": "T"}))
            .row(json!({"email": "2@example.com", "title": "T"}))
            .row(third)
    };
    for (why, rows, is_import) in [
        ("full rows", rows(json!({"email": "3@example.com", "title": "T"})), true),
        ("a null, which an empty cell may not say", rows(json!({"email": "3@example.com", "title": null})), false),
        ("an empty text", rows(json!({"email": "3@example.com", "title": ""})), false),
        ("a field that is absent", rows(json!({"email": "3@example.com"})), false),
        ("another field", rows(json!({"email": "3@example.com", "phone": "1"})), false),
    ] {
        let _vendor = Vendor::answering(|request| {
            if request.path().starts_with("/bulk") {
                return success(json!([{"batchId": 1, "status": "Queued"}]));
            }
            let inputs = request.json()["input"].as_array().unwrap().len();
            success((0..inputs).map(|n| json!({"id": n, "status": "updated"})).collect())
        });
        assert_eq!(matches!(bulk().start(rows).unwrap(), JobState::Pending { .. }), is_import, "{why}");
    }
    let _vendor =
        Vendor::answering(|_| success(json!([{"id": 1, "status": "updated"}, {"id": 2, "status": "updated"}])));
    let few =
        Rows::upsert("leads", "email").row(json!({"email": "1@example.com"})).row(json!({"email": "2@example.com"}));
    assert!(matches!(bulk().start(few).unwrap(), JobState::Done(_)), "at most so many rows");
}

#[test]
fn failures_that_are_not_all_named_leave_the_others_unknown() {
    for file in [
        "email,title,Import Failure Reason\nedith@example.com,T,no\n",
        "email,title,r\nedith@example.com,T,no\nx@example.com,T,no\n",
    ] {
        let _vendor = Vendor::scripted([status("Complete", 2, 0), Reply::text(200, file)]);
        let results = results(bulk().poll(three(), &job()).unwrap());
        assert_eq!(results.len(), 1, "{results:?}");
        assert_eq!(results[0].row, 2);
    }
}

#[test]
fn an_import_that_failed_goes_again() {
    let _vendor = Vendor::scripted([status("Failed", 0, 0)]);
    let results = results(bulk().poll(three(), &job()).unwrap());
    assert!(results.iter().all(|result| matches!(failure(result), Failure::Transient(d) if d.code == "import_failed")));
}

#[test]
fn too_many_imports_are_a_limit() {
    let _vendor = Vendor::scripted([refusal("1016", "Too many imports")]);
    let failed = bulk().start(three()).unwrap_err();
    assert!(matches!(failed.failure, Failure::RateLimited(_)));
    assert_eq!(failed.effect, Effect::None);
}

#[test]
fn an_import_whose_number_cannot_be_read_is_unknown() {
    let _vendor = Vendor::scripted([Reply::text(200, "<html>")]);
    assert_eq!(bulk().start(three()).unwrap_err().effect, Effect::Unknown);
}

#[test]
fn a_question_that_is_refused_says_nothing_of_the_rows() {
    for (code, is_auth) in [("602", true), ("606", false)] {
        let _vendor = Vendor::scripted([refusal(code, "…")]);
        let failed = bulk().poll(three(), &job()).unwrap_err();
        assert_eq!(matches!(failed.failure, Failure::Auth(_)), is_auth);
        assert_eq!(matches!(failed.failure, Failure::RateLimited(_)), !is_auth);
    }
}
