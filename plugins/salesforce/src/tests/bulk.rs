//! A large batch as a Bulk API 2.0 job.

use offtake_sdk::Effect;
use offtake_sdk::testing::{Reply, Vendor};

use super::*;

fn bulk() -> Call<Salesforce> {
    Call::new(json!({"bulk_above": 2}))
}

fn three() -> Rows {
    Rows::upsert("Contact", "Ext__c")
        .row(json!({"Ext__c": "u-1", "LastName": "Ada, \"A\"", "Account.Ext__c": "a-2"}))
        .row(json!({"Ext__c": "u-2", "LastName": null, "Account.Ext__c": null}))
        .row(json!({"Ext__c": "u-3", "Vip__c": false, "Account.Ext__c": "a-1"}))
}

fn info(state: &str) -> Value {
    json!({"id": "750000000000001AAA", "object": "Contact", "operation": "upsert", "state": state})
}

fn pending(state: JobState) -> (String, u32) {
    let JobState::Pending { job, poll_after_ms } = state else { panic!("{state:?}") };
    (job, poll_after_ms)
}

fn results(state: JobState) -> Vec<RowResult> {
    let JobState::Done(results) = state else { panic!("{state:?}") };
    results
}

fn waiting() -> String {
    json!({"id": "750000000000001AAA", "step": "wait", "asked": 0}).to_string()
}

#[test]
fn a_job_is_made_filled_closed_and_read_back_by_key() {
    let successful = "\"sf__Id\",\"sf__Created\",Account.Ext__c,AccountId,Ext__c,LastName,Vip__c\n\
        \"003000000000003AAA\",\"false\",a-1,,u-3,,false\n\"003000000000001AAA\",\"true\",a-2,,u-1,\"Ada, \"\"A\"\"\",\n";
    let failed = "\"sf__Id\",\"sf__Error\",Account.Ext__c,AccountId,Ext__c,LastName,Vip__c\n\
        \"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --\",,#N/A,u-2,#N/A,\n";
    let vendor = Vendor::scripted([
        Reply::json(200, &info("Open")),
        Reply::status(201),
        Reply::json(200, &info("UploadComplete")),
        Reply::json(200, &info("InProgress")),
        Reply::json(200, &info("JobComplete")),
        Reply::text(200, successful),
        Reply::text(200, failed),
        Reply::text(200, "Account.Ext__c,AccountId,Ext__c,LastName,Vip__c\n"),
    ]);
    let (mut job, _) = pending(bulk().start(three()).unwrap());
    assert_eq!(vendor.requests().len(), 1, "nothing is written before the job is filled and closed");
    let mut waits = Vec::new();
    for _ in 0..3 {
        let (next, wait) = pending(bulk().poll(three(), &job).unwrap());
        (job, _) = (next, waits.push(wait));
    }
    assert_eq!(waits, [100, 1000, 1500]);
    let results = results(bulk().poll(three(), &job).unwrap());
    assert_eq!(results[0], done(0, OutcomeKind::Created, "003000000000001AAA"));
    assert_eq!(results[2], done(2, OutcomeKind::Updated, "003000000000003AAA"));
    let Failure::Rejected(detail) = failure(&results[1]) else { panic!("{results:?}") };
    assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("required_field_missing", Some("LastName")));

    let requests = vendor.requests();
    let asked: Vec<String> =
        requests.iter().map(|request| format!("{} {}", request.method(), request.path())).collect();
    let jobs = "/services/data/v68.0/jobs/ingest";
    let job = format!("{jobs}/750000000000001AAA");
    let expected = [
        format!("POST {jobs}"),
        format!("PUT {job}/batches"),
        format!("PATCH {job}"),
        format!("GET {job}"),
        format!("GET {job}"),
        format!("GET {job}/successfulResults/"),
        format!("GET {job}/failedResults/"),
        format!("GET {job}/unprocessedrecords/"),
    ];
    assert_eq!(asked, expected);
    assert_eq!(
        requests[0].json(),
        json!({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Ext__c", "contentType": "CSV",
               "columnDelimiter": "COMMA", "lineEnding": "LF"})
    );
    // Absent is empty, null is #N/A, and rows of one parent are beside each other.
    let csv = "Account.Ext__c,AccountId,Ext__c,LastName,Vip__c\n,#N/A,u-2,#N/A,\na-1,,u-3,,false\na-2,,u-1,\"Ada, \"\"A\"\"\",\n";
    assert_eq!(requests[1].text(), csv);
    assert!(requests[1].header("content-type").unwrap().starts_with("text/csv"));
    assert_eq!(requests[2].json(), json!({"state": "UploadComplete"}));
}

#[test]
fn a_batch_goes_as_a_job_only_where_a_job_can_say_the_same() {
    let id = "003000000000001AAA";
    let cases = [
        ("at most so many rows", Rows::upsert("C", "E").row(json!({"E": "1"})).row(json!({"E": "2"})), false),
        (
            "more rows",
            Rows::upsert("C", "E").row(json!({"E": "1"})).row(json!({"E": "2"})).row(json!({"E": "3"})),
            true,
        ),
        (
            "an insert, whose rows nothing tells apart",
            Rows::insert("C").row(json!({"E": "1"})).row(json!({"E": "2"})).row(json!({"E": "3"})),
            false,
        ),
        (
            "a text that CSV takes for null",
            Rows::upsert("C", "E").row(json!({"E": "1"})).row(json!({"E": "2"})).row(json!({"E": "3", "T": "#N/A"})),
            false,
        ),
        (
            "a list that CSV takes for null",
            Rows::upsert("C", "E").row(json!({"E": "1"})).row(json!({"E": "2"})).row(json!({"E": "3", "T": ["#N/A"]})),
            false,
        ),
        (
            "ids at hand",
            Rows::delete("C", "E")
                .row_of(id, json!({"E": "1"}))
                .row_of("003000000000002", json!({"E": "2"}))
                .row_of("003000000000003", json!({"E": "3"})),
            true,
        ),
        (
            "ids to find",
            Rows::delete("C", "E").row_of(id, json!({"E": "1"})).row(json!({"E": "2"})).row(json!({"E": "3"})),
            false,
        ),
    ];
    for (why, rows, is_job) in cases {
        let _vendor = Vendor::answering(|request| match request.path() {
            "/services/data/v68.0/jobs/ingest" => Reply::json(200, &info("Open")),
            path if path.contains("/query?") => Reply::json(200, &json!({"records": []})),
            _ => {
                let ids = request.path().matches("003").count();
                let records = request.json()["records"].as_array().map_or(ids, Vec::len);
                Reply::json(200, &vec![saved(id); records])
            }
        });
        let state = bulk().start(rows).unwrap();
        assert_eq!(matches!(state, JobState::Pending { .. }), is_job, "{why}");
    }
}

#[test]
fn an_update_is_read_back_by_id() {
    let rows = || {
        let rows = Rows::update("Contact", "Id").row(json!({"Id": "003000000000001", "LastName": "A"}));
        rows.row(json!({"Id": "003000000000002AAA", "LastName": "B"})).row(json!({"Id": "003000000000003AAA"}))
    };
    let vendor = Vendor::scripted([
        Reply::json(200, &info("JobComplete")),
        Reply::text(200, "sf__Id,sf__Created,Id,LastName\n003000000000001AAA,false,003000000000001,A\n"),
        Reply::text(200, "sf__Id,sf__Error,Id,LastName\n,MALFORMED_ID:bad id:Id --,003000000000002AAA,B\n"),
        Reply::text(200, "Id,LastName\n003000000000003AAA,\n"),
    ]);
    let results = results(bulk().poll(rows(), &waiting()).unwrap());
    assert_eq!(results[0], done(0, OutcomeKind::Updated, "003000000000001AAA"));
    assert!(matches!(failure(&results[1]), Failure::Rejected(detail) if detail.code == "malformed_id"));
    assert!(matches!(failure(&results[2]), Failure::Transient(detail) if detail.code == "not_processed"));
    assert_eq!(vendor.requests().len(), 4);
}

#[test]
fn a_file_that_does_not_fit_the_object_is_the_schemas_fault() {
    let mut failed = info("Failed");
    failed["errorMessage"] = json!("InvalidBatch : Field name not found : Shoe__c");
    let _vendor = Vendor::scripted([
        Reply::json(200, &failed),
        Reply::text(200, ""),
        Reply::text(200, ""),
        Reply::text(200, "Ext__c\nu-1\nu-2\nu-3\n"),
    ]);
    let results = results(bulk().poll(three(), &waiting()).unwrap());
    assert_eq!(results.len(), 3);
    assert!(matches!(failure(&results[0]), Failure::SchemaChanged(d) if d.field.as_deref() == Some("Shoe__c")));
}

#[test]
fn a_row_that_stands_in_no_file_is_unknown() {
    let _vendor = Vendor::scripted([
        Reply::json(200, &info("JobComplete")),
        Reply::text(200, "sf__Id,sf__Created,Ext__c\n003000000000001AAA,true,u-1\n003000000000009AAA,true,u-9\n"),
        Reply::text(200, "sf__Id,sf__Error,Ext__c\n"),
        Reply::text(200, "Ext__c\n"),
    ]);
    assert_eq!(results(bulk().poll(three(), &waiting()).unwrap()).len(), 1);
}

#[test]
fn a_page_of_a_proxy_is_no_result_file() {
    let html = || Reply::text(200, "<html>\n<body>maintenance</body>");
    let _vendor = Vendor::scripted([Reply::json(200, &info("JobComplete")), html(), html(), html()]);
    assert_eq!(bulk().poll(three(), &waiting()).unwrap_err().effect, Effect::Unknown);
}

#[test]
fn a_step_whose_answer_was_lost_is_not_taken_twice() {
    let at = |step: &str| json!({"id": "750000000000001AAA", "step": step, "asked": 0}).to_string();
    let refusal = json!([{"errorCode": "INVALIDJOBSTATE", "message": "The job is not open"}]);
    // The job is under way already: it is waited for.
    for step in ["upload", "close"] {
        let _vendor = Vendor::scripted([Reply::json(400, &refusal), Reply::json(200, &info("InProgress"))]);
        let (job, _) = pending(bulk().poll(three(), &at(step)).unwrap());
        assert!(job.contains("\"wait\""), "{job}");
    }
    // It is still open: nothing was written, and after the job is aborted nothing will be.
    let replies = [Reply::json(400, &refusal), Reply::json(200, &info("Open")), Reply::json(200, &info("Aborted"))];
    let vendor = Vendor::scripted(replies);
    let results = results(bulk().poll(three(), &at("upload")).unwrap());
    assert!(results.iter().all(|result| matches!(failure(result), Failure::Transient(_))));
    assert_eq!(vendor.requests()[2].json(), json!({"state": "Aborted"}));
}

#[test]
fn a_quota_that_runs_out_leaves_the_job_to_be_asked_for_again() {
    let limited = json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]);
    for step in ["upload", "close", "wait"] {
        let _vendor = Vendor::scripted([Reply::json(403, &limited)]);
        let job = json!({"id": "750000000000001AAA", "step": step, "asked": 0}).to_string();
        assert!(matches!(bulk().poll(three(), &job).unwrap_err().failure, Failure::RateLimited(_)), "{step}");
    }
}

#[test]
fn a_job_that_is_gone_leaves_its_rows_unknown() {
    let gone = json!([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]);
    let _vendor = Vendor::scripted([Reply::json(404, &gone)]);
    let failed = bulk().poll(three(), &waiting()).unwrap_err();
    assert!(matches!(failed.failure, Failure::Fatal(_)));
    assert_eq!(failed.effect, Effect::Unknown);
}
