//! What Marketo does with what it takes.

use std::time::Duration;

use offtake_sim::marketo::{Fault, Options};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, start, sync};
use crate::support::drive::{Ask, send};

#[tokio::test]
async fn a_sync_creates_and_then_updates_in_the_order_of_the_request() {
    let simulator = start(generous()).await;
    let first = sync(
        &simulator,
        json!([{"email": "ada@example.com", "firstName": "Ada", "title": "T"}, {"email": "b@example.com"}]),
    )
    .await;
    assert_eq!(first.body["result"], json!([{"id": 7149, "status": "created"}, {"id": 7150, "status": "created"}]));
    let again = sync(&simulator, json!([{"email": "B@example.com", "lastName": "B"}, {"email": "ada@example.com", "firstName": null, "title": ""}])).await;
    assert_eq!(again.body["result"], json!([{"id": 7150, "status": "updated"}, {"id": 7149, "status": "updated"}]));
    let leads = simulator.records("leads");
    let names: Vec<&str> = leads[0].values.keys().map(String::as_str).collect();
    assert_eq!((names, leads.len()), (vec!["email"], 2), "null and the empty text clear");
}

#[tokio::test]
async fn racing_syncs_of_one_key_make_two_records() {
    let simulator = start(Options { write_takes: Duration::from_secs(1), ..generous() }).await;
    let ada = || json!([{"email": "ada@example.com"}]);
    let (one, two) = tokio::join!(sync(&simulator, ada()), sync(&simulator, ada()));
    assert_eq!(
        (&one.body["result"][0]["status"], &two.body["result"][0]["status"]),
        (&json!("created"), &json!("created"))
    );
    assert_eq!(simulator.records("leads").len(), 2);
    // From now on nobody can say which is meant.
    let third = sync(&simulator, ada()).await;
    assert_eq!(third.body["result"][0]["reasons"][0]["code"], "1007");
}

#[tokio::test]
async fn an_action_says_what_may_happen() {
    let simulator = start(generous()).await;
    sync(&simulator, json!([{"email": "ada@example.com"}])).await;
    let ada = json!([{"email": "ada@example.com", "firstName": "A"}]);
    let new = json!([{"email": "new@example.com"}]);
    for (action, input, status, code) in [
        ("createOnly", &ada, "skipped", json!("1005")),
        ("updateOnly", &new, "skipped", json!("1004")),
        ("updateOnly", &ada, "updated", Value::Null),
        ("createOnly", &new, "created", Value::Null),
        ("createDuplicate", &ada, "created", Value::Null),
    ] {
        let body = json!({"action": action, "lookupField": "email", "input": input});
        let result = call(&simulator, "POST", "leads.json", &body).await.body["result"][0].clone();
        assert_eq!(
            (result["status"].as_str(), &result["reasons"][0]["code"]),
            (Some(status), &code),
            "{action}: {result}"
        );
    }
    let by_id =
        json!({"action": "updateOnly", "lookupField": "id", "input": [{"id": 7149, "email": "other@example.com"}]});
    assert_eq!(call(&simulator, "POST", "leads.json", &by_id).await.body["result"][0]["status"], "updated");
    assert_eq!(simulator.records("leads")[0].values["email"], "other@example.com");
}

#[tokio::test]
async fn leads_are_found_in_a_query_or_a_form() {
    let simulator = start(generous()).await;
    let people: Vec<Value> = (0..5).map(|n| json!({"email": format!("{n}@example.com")})).collect();
    sync(&simulator, json!(people)).await;
    let query = "leads.json?filterType=email&filterValues=1%40example.com,3@example.com,none@example.com&fields=email";
    let found = call(&simulator, "GET", query, &Value::Null).await;
    assert_eq!(
        found.body["result"],
        json!([{"email": "1@example.com", "id": 7150}, {"email": "3@example.com", "id": 7152}])
    );
    let form = Ask::new("POST", "/rest/v1/leads.json").bearer(TOKEN).body(
        "application/x-www-form-urlencoded",
        "_method=GET&filterType=id&filterValues=7149%2C7150%2C7151&batchSize=2",
    );
    let first = send(&simulator.base_url(), &form).await.unwrap();
    assert_eq!(first.body["result"].as_array().unwrap().len(), 2);
    let token = first.body["nextPageToken"].as_str().unwrap().replace('=', "%3D");
    let next = format!("leads.json?filterType=id&filterValues=7149,7150,7151&batchSize=2&nextPageToken={token}");
    let second = call(&simulator, "GET", &next, &Value::Null).await;
    assert_eq!((second.body["result"].as_array().unwrap().len(), second.body.get("nextPageToken")), (1, None));
    assert_eq!(
        call(&simulator, "GET", "lead/7149.json", &Value::Null).await.body["result"][0]["email"],
        "0@example.com"
    );
}

#[tokio::test]
async fn leads_go_on_lists_and_off_them_by_id() {
    let simulator = start(generous()).await;
    sync(&simulator, json!([{"email": "ada@example.com"}, {"email": "grace@example.com"}])).await;
    let list = simulator.add_list("High Value");
    let path = format!("lists/{list}/leads.json");
    let added = call(&simulator, "POST", &path, &json!({"input": [{"id": 7149}, {"id": 1}]})).await;
    assert_eq!(added.body["result"][0], json!({"id": 7149, "status": "added"}));
    assert_eq!(added.body["result"][1]["reasons"][0]["code"], "1004");
    let members = call(&simulator, "GET", &format!("list/{list}/leads.json"), &Value::Null).await;
    assert_eq!(members.body["result"].as_array().unwrap().len(), 1);
    let removed = call(&simulator, "DELETE", &format!("{path}?id=7149&id=7150"), &Value::Null).await;
    assert_eq!(removed.body["result"][0], json!({"id": 7149, "status": "removed"}));
    assert_eq!(removed.body["result"][1]["reasons"], json!([{"code": "1015", "message": "Lead not in list"}]));
    assert!(simulator.records(&list.to_string()).is_empty());
}

#[tokio::test]
async fn a_lead_is_deleted_in_three_ways() {
    let simulator = start(generous()).await;
    let people: Vec<Value> = (0..3).map(|n| json!({"email": format!("{n}@example.com")})).collect();
    sync(&simulator, json!(people)).await;
    for (method, path, id) in [
        ("POST", "leads/delete.json", 7149),
        ("POST", "leads.json?_method=DELETE", 7150),
        ("DELETE", "leads.json", 7151),
    ] {
        let deleted = call(&simulator, method, path, &json!({"input": [{"id": id}]})).await;
        assert_eq!(deleted.body["result"], json!([{"id": id, "status": "deleted"}]), "{method} {path}");
        let again = call(&simulator, method, path, &json!({"input": [{"id": id}]})).await;
        assert_eq!(again.body["result"][0]["reasons"][0]["code"], "1004");
    }
    assert!(simulator.records("leads").iter().all(|lead| lead.deleted));
}

#[tokio::test]
async fn other_objects_have_dedupe_fields_and_an_id() {
    let simulator = start(generous()).await;
    let company = json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": [{"externalCompanyId": "c-1", "company": "Acme"}]});
    let made = call(&simulator, "POST", "companies.json", &company).await;
    assert_eq!(made.body["result"], json!([{"seq": 0, "id": 1232, "status": "created"}]));
    let seat =
        |place: &str| json!({"action": "createOrUpdate", "input": [{"row": "1", "place": place, "taken": true}]});
    let first = call(&simulator, "POST", "customobjects/seat_c.json", &seat("a")).await;
    call(&simulator, "POST", "customobjects/seat_c.json", &seat("b")).await;
    let again = call(&simulator, "POST", "customobjects/seat_c.json", &seat("A")).await;
    assert_eq!(again.body["result"][0]["marketoGUID"], first.body["result"][0]["marketoGUID"]);
    assert_eq!(simulator.records("seat_c").len(), 2);
    let by_id = json!({"deleteBy": "idField", "input": [{"marketoGUID": first.body["result"][0]["marketoGUID"]}, {"marketoGUID": "none"}]});
    let gone = call(&simulator, "POST", "customobjects/seat_c/delete.json", &by_id).await;
    assert_eq!(
        (&gone.body["result"][0]["status"], &gone.body["result"][1]["reasons"][0]["code"]),
        (&json!("deleted"), &json!("1013"))
    );
    let described = call(&simulator, "GET", "customobjects/seat_c/describe.json", &Value::Null).await;
    assert_eq!(described.body["result"][0]["dedupeFields"], json!(["row", "place"]));
    let found = call(
        &simulator,
        "GET",
        "companies.json?filterType=externalCompanyId&filterValues=C-1&fields=company",
        &Value::Null,
    )
    .await;
    assert_eq!(found.body["result"][0]["company"], "Acme");
}

#[tokio::test]
async fn faults_store_what_they_say() {
    let simulator = start(generous()).await;
    simulator.script([Fault::hangup_after(1).on("leads")]);
    let body = json!({"input": [{"email": "a@example.com"}, {"email": "b@example.com"}]});
    let ask = Ask::new("POST", "/rest/v1/leads.json").bearer(TOKEN).json(&body);
    assert!(send(&simulator.base_url(), &ask).await.is_err());
    assert_eq!(simulator.records("leads").len(), 1);
}
