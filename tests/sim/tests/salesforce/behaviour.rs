//! What a Salesforce org does with what it takes.

use std::time::Duration;

use offtake_sim::salesforce::{Fault, Options};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, create, generous, start, typed, upsert};
use crate::support::drive::{Ask, send};

#[tokio::test]
async fn an_upsert_creates_and_then_updates_in_the_order_of_the_request() {
    let simulator = start(generous()).await;
    let first = upsert(
        &simulator,
        json!([{"Ext__c": "u-1", "LastName": "A", "Phone": "1"}, {"Ext__c": "u-2", "LastName": "B"}]),
    )
    .await;
    assert_eq!((&first.body[0]["created"], &first.body[1]["created"]), (&json!(true), &json!(true)));
    let again =
        upsert(&simulator, json!([{"Ext__c": "U-2", "LastName": "B2"}, {"Ext__c": "u-1", "Phone": null}])).await;
    assert_eq!(again.body[0]["id"], first.body[1]["id"], "keys are compared without regard to case");
    assert_eq!(again.body[0]["created"], false);
    let records = simulator.records("Contact");
    assert_eq!(records.len(), 2);
    assert_eq!(
        (records[0].values.get("Phone"), &records[0].values["LastName"]),
        (None, &json!("A")),
        "null clears, absent stays"
    );
    assert_eq!(records[1].values["LastName"], "B2");
}

#[tokio::test]
async fn references_go_by_external_id() {
    let simulator = start(generous()).await;
    let account = create(&simulator, "Account", &json!({"Name": "Acme", "Ext__c": "a-1"})).await;
    let region = create(&simulator, "Region__c", &json!({"Name": "North", "Code__c": "N"})).await;
    let record = json!({"Ext__c": "u-1", "LastName": "A", "Account": {"Ext__c": "a-1"}, "Region__r": {"Code__c": "n"}});
    let saved = upsert(&simulator, json!([record])).await;
    let contact = saved.body[0]["id"].as_str().unwrap();
    let stored = &simulator.records("Contact")[0].values;
    assert_eq!((&stored["AccountId"], &stored["Region__c"]), (&json!(account), &json!(region)));
    let who = json!({"Subject": "Call", "Who": {"attributes": {"type": "Contact"}, "Ext__c": "u-1"}});
    create(&simulator, "Task", &who).await;
    assert_eq!(simulator.records("Task")[0].values["WhoId"], contact);
    let soql = "query?q=SELECT+Id,Account.Ext__c,LastName+FROM+Contact+WHERE+Ext__c+IN+('u-1')";
    let found = call(&simulator, "GET", soql, &Value::Null).await;
    assert_eq!(found.body["records"][0]["Account"]["Ext__c"], "a-1");
}

#[tokio::test]
async fn all_or_none_means_it() {
    let simulator = start(generous()).await;
    let records = [json!({"LastName": "A"}), json!({"FirstName": "B"})].map(|record| typed("Contact", &record));
    let body = json!({"allOrNone": true, "records": records});
    let reply = call(&simulator, "POST", "composite/sobjects", &body).await;
    let codes: Vec<&Value> = (0..2).map(|n| &reply.body[n]["errors"][0]["statusCode"]).collect();
    assert_eq!(codes, [&json!("ALL_OR_NONE_OPERATION_ROLLED_BACK"), &json!("REQUIRED_FIELD_MISSING")]);
    assert!(simulator.records("Contact").is_empty());
}

#[tokio::test]
async fn deleted_records_are_in_the_recycle_bin() {
    let simulator = start(generous()).await;
    let id = create(&simulator, "Contact", &json!({"LastName": "A", "Ext__c": "u-1"})).await;
    let path = format!("composite/sobjects?ids={},0034S000005YJYwQAO&allOrNone=false", id.get(..15).unwrap());
    let deleted = call(&simulator, "DELETE", &path, &Value::Null).await;
    assert_eq!(deleted.body[0], json!({"id": id, "success": true, "errors": []}));
    assert_eq!(deleted.body[1]["errors"][0]["statusCode"], "INVALID_CROSS_REFERENCE_KEY");
    let again = call(&simulator, "DELETE", &path, &Value::Null).await;
    assert_eq!(again.body[0]["errors"][0]["statusCode"], "ENTITY_IS_DELETED");
    assert!(simulator.records("Contact")[0].deleted);
    for (way, count) in [("query", 0), ("queryAll", 1)] {
        let found = call(&simulator, "GET", &format!("{way}?q=SELECT+Id+FROM+Contact"), &Value::Null).await;
        assert_eq!(found.body["totalSize"], count);
    }
    // Its external id is free again.
    assert_eq!(upsert(&simulator, json!([{"Ext__c": "u-1", "LastName": "B"}])).await.body[0]["created"], true);
}

#[tokio::test]
async fn a_parent_is_locked_while_a_child_is_written() {
    let simulator = start(Options { write_takes: Duration::from_secs(2), ..generous() }).await;
    let account = json!({"records": [typed("Account", &json!({"Ext__c": "a-1", "Name": "Acme"}))]});
    call(&simulator, "PATCH", "composite/sobjects/Account/Ext__c", &account).await;
    let child = |key: &str| json!([{"Ext__c": key, "LastName": "A", "Account": {"Ext__c": "a-1"}}]);
    let other = json!([{"Ext__c": "u-3", "LastName": "C"}]);
    let (first, second, third) =
        tokio::join!(upsert(&simulator, child("u-1")), upsert(&simulator, child("u-2")), upsert(&simulator, other));
    let failed: Vec<&Value> =
        [&first, &second].into_iter().map(|reply| &reply.body[0]).filter(|one| one["success"] == false).collect();
    assert_eq!(failed.len(), 1, "one has the lock and the other has not");
    assert_eq!(failed[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    assert_eq!(third.body[0]["success"], true);
    // The lock ends with the request.
    assert_eq!(upsert(&simulator, child("u-4")).await.body[0]["success"], true);
}

#[tokio::test]
async fn single_records_are_kept_by_external_id_as_well() {
    let simulator = start(generous()).await;
    let path = "sobjects/Contact/Ext__c/u%2F1";
    let made = call(&simulator, "PATCH", path, &json!({"LastName": "A"})).await;
    assert_eq!((made.status, &made.body["created"]), (201, &json!(true)));
    assert!(made.headers["location"].ends_with(made.body["id"].as_str().unwrap()));
    let changed = call(&simulator, "PATCH", path, &json!({"LastName": "B"})).await;
    assert_eq!((changed.status, &changed.body["created"]), (200, &json!(false)));
    let old = Ask::new("PATCH", "/services/data/v45.0/sobjects/Contact/Ext__c/u%2F1")
        .bearer(TOKEN)
        .json(&json!({"LastName": "C"}));
    assert_eq!(send(&simulator.base_url(), &old).await.unwrap().status, 204);
    let read = call(&simulator, "GET", path, &Value::Null).await;
    assert_eq!((&read.body["LastName"], &read.body["Ext__c"]), (&json!("C"), &json!("u/1")));
    // A key that is not unique leads to several records.
    for _ in 0..2 {
        create(&simulator, "Contact", &json!({"LastName": "A", "Email": "ada@example.com"})).await;
    }
    let several = call(&simulator, "PATCH", "sobjects/Contact/Email/ada@example.com", &json!({"LastName": "B"})).await;
    assert_eq!((several.status, several.body.as_array().unwrap().len()), (300, 2));
}

#[tokio::test]
async fn a_query_has_pages() {
    let simulator = start(generous()).await;
    for from in (0..2_200).step_by(200) {
        let records: Vec<Value> =
            (from..from + 200).map(|n| json!({"Ext__c": format!("u-{n}"), "LastName": "A"})).collect();
        upsert(&simulator, json!(records)).await;
    }
    let first = call(&simulator, "GET", "query?q=SELECT+Id+FROM+Contact", &Value::Null).await;
    assert_eq!((&first.body["done"], first.body["records"].as_array().unwrap().len()), (&json!(false), 2_000));
    let next = first.body["nextRecordsUrl"].as_str().unwrap().strip_prefix("/services/data/v68.0/").unwrap();
    let second = call(&simulator, "GET", next, &Value::Null).await;
    assert_eq!((&second.body["done"], second.body["records"].as_array().unwrap().len()), (&json!(true), 200));
}

#[tokio::test]
async fn faults_store_what_they_say() {
    let simulator = start(generous()).await;
    simulator.script([Fault::hangup_after(1).on("composite/sobjects")]);
    let records = json!([{"Ext__c": "u-1", "LastName": "A"}, {"Ext__c": "u-2", "LastName": "B"}]);
    let body = json!({"records": records.as_array().unwrap().iter().map(|record| typed("Contact", record)).collect::<Vec<_>>()});
    let ask = Ask::new("PATCH", "/services/data/v68.0/composite/sobjects/Contact/Ext__c").bearer(TOKEN).json(&body);
    assert!(send(&simulator.base_url(), &ask).await.is_err());
    assert_eq!(simulator.records("Contact").len(), 1);
}

#[tokio::test]
async fn people_are_members_of_campaigns_and_have_topics() {
    let simulator = start(generous()).await;
    let contact = create(&simulator, "Contact", &json!({"LastName": "A"})).await;
    let campaign = create(&simulator, "Campaign", &json!({"Name": "High Value"})).await;
    let topic = create(&simulator, "Topic", &json!({"Name": "Churned"})).await;
    let member = create(&simulator, "CampaignMember", &json!({"CampaignId": campaign, "ContactId": contact})).await;
    let assigned = create(&simulator, "TopicAssignment", &json!({"TopicId": topic, "EntityId": contact})).await;
    let path = format!("composite/sobjects?ids={member}%2C{assigned}");
    let gone = call(&simulator, "DELETE", &path, &Value::Null).await;
    assert_eq!(
        gone.body,
        json!([{"id": member, "success": true, "errors": []}, {"id": assigned, "success": true, "errors": []}])
    );
}

#[tokio::test]
async fn a_batch_answers_each_of_its_requests() {
    let simulator = start(generous()).await;
    let ask = |url: &str| json!({"method": "GET", "url": url});
    let asks =
        ["v68.0/sobjects/Contact/describe", "v68.0/sobjects/Shoe__c/describe", "v68.0/query?q=SELECT+Id+FROM+Contact"];
    let body = json!({"batchRequests": asks.map(ask)});
    let reply = call(&simulator, "POST", "composite/batch", &body).await;
    let results = &reply.body["results"];
    let statuses: Vec<u64> = (0..3).map(|n| results[n]["statusCode"].as_u64().unwrap()).collect();
    assert_eq!((statuses, &reply.body["hasErrors"]), (vec![200, 404, 200], &json!(true)));
    assert_eq!(
        (&results[0]["result"]["name"], &results[1]["result"][0]["errorCode"]),
        (&json!("Contact"), &json!("NOT_FOUND"))
    );
    let many = json!({"batchRequests": vec![ask(asks[0]); 26]});
    assert_eq!(call(&simulator, "POST", "composite/batch", &many).await.status, 400);
}
