//! Bulk import of leads.

use std::time::Duration;

use offtake_sim::marketo::Options;
use serde_json::json;

use super::drive::{bulk, generous, import, start, sync};

#[tokio::test]
async fn a_file_is_imported_with_its_failures_and_warnings() {
    let simulator = start(generous()).await;
    sync(&simulator, json!([{"email": "ada@example.com", "title": "T"}])).await;
    let csv =
        "email,firstName,title,leadScore\nada@example.com,\"Ada, A\",,7\nnew@example.com,N,T,many\nnobody,X,T,1\n";
    let made = import(&simulator, "format=csv&lookupField=email", csv).await;
    assert_eq!(made.body["result"], json!([{"batchId": 1022, "importId": "1022", "status": "Queued"}]));
    let done = bulk(&simulator, "1022.json").await.body["result"][0].clone();
    assert_eq!((&done["status"], &done["numOfLeadsProcessed"]), (&json!("Complete"), &json!(2)));
    assert_eq!((&done["numOfRowsFailed"], &done["numOfRowsWithWarning"]), (&json!(1), &json!(1)));
    let failures = bulk(&simulator, "1022/failures.json").await;
    assert!(failures.headers["content-type"].starts_with("text/csv"));
    let lines: Vec<&str> = failures.text.lines().collect();
    assert_eq!(lines[0], "\"email\",\"firstName\",\"title\",\"leadScore\",\"Import Failure Reason\"");
    assert!(lines[1].starts_with("\"nobody\",\"X\""), "{lines:?}");
    let warnings = bulk(&simulator, "1022/warnings.json").await;
    assert!(
        warnings.text.contains("\"new@example.com\"") && warnings.text.contains("Invalid value for field 'leadScore'")
    );
    let leads = simulator.records("leads");
    assert_eq!(
        (leads.len(), &leads[0].values["firstName"], &leads[0].values["title"]),
        (2, &json!("Ada, A"), &json!("T"))
    );
}

#[tokio::test]
async fn an_import_takes_its_time_and_ten_are_queued() {
    let simulator = start(Options { import_takes: Duration::from_secs(3_600), ..generous() }).await;
    for n in 0..10 {
        let made = import(&simulator, "format=csv", &format!("email\n{n}@example.com\n")).await;
        assert_eq!(made.body["success"], true, "{}", made.text);
    }
    let refused = import(&simulator, "format=csv", "email\nx@example.com\n").await;
    assert_eq!(refused.body["errors"][0], json!({"code": "1016", "message": "Too many imports"}));
    assert_eq!(simulator.limits_crossed(), 1);
    assert_eq!(bulk(&simulator, "1022.json").await.body["result"][0]["status"], "Queued");
    assert_eq!(bulk(&simulator, "1022/failures.json").await.body["success"], false);
    assert!(simulator.records("leads").is_empty());
    simulator.finish_imports();
    assert_eq!(bulk(&simulator, "1022.json").await.body["result"][0]["status"], "Complete");
    assert_eq!(simulator.records("leads").len(), 10);
}

#[tokio::test]
async fn a_file_without_the_lookup_field_fails_whole() {
    let simulator = start(generous()).await;
    import(&simulator, "format=csv&lookupField=phone", "email\na@example.com\n").await;
    assert_eq!(bulk(&simulator, "1022.json").await.body["result"][0]["status"], "Failed");
    assert!(simulator.records("leads").is_empty());
}
