//! What Zendesk does with requests that are in order.

use std::time::Duration;

use offtake_sim::zendesk::{App, Options, Simulator};
use serde_json::{Value, json};

use super::drive::{TOKEN, call, generous, job, people, start};
use crate::support::drive::{Ask, send};

#[tokio::test]
async fn a_job_stores_nothing_before_its_time_and_its_results_are_in_order() {
    let options = Options { job_takes: Duration::from_secs(60), ..generous() };
    let simulator = start(options).await;
    let queued = call(&simulator, "POST", "users/create_or_update_many", &people(3)).await;
    let status = &queued.body["job_status"];
    assert_eq!(
        (status["status"].as_str(), &status["results"], &status["total"]),
        (Some("queued"), &Value::Null, &json!(3))
    );
    assert!(simulator.records("users").is_empty());
    simulator.finish_jobs();
    let path = format!("job_statuses/{}", status["id"].as_str().unwrap());
    let ended = call(&simulator, "GET", &path, &Value::Null).await.body["job_status"].clone();
    assert_eq!((&ended["status"], &ended["progress"]), (&json!("completed"), &json!(3)));
    let emails: Vec<&Value> = ended["results"].as_array().unwrap().iter().map(|result| &result["email"]).collect();
    assert_eq!(emails, ["p0@example.com", "p1@example.com", "p2@example.com"]);
    assert_eq!(simulator.records("users").len(), 3);
}

#[tokio::test]
async fn users_are_found_by_external_id_and_by_every_address() {
    let simulator = start(generous()).await;
    job(&simulator, "POST", "users/create_many", &people(1)).await;
    let more = json!({ "users": [{ "external_id": "X0", "email": "second@example.com", "alias": "A" }] });
    let ended = job(&simulator, "POST", "users/create_or_update_many.json", &more).await;
    assert_eq!(ended["results"][0]["status"], "Updated");
    // An address that is given to a user is added to the others, and the first stays the primary one.
    let user = &simulator.records("users")[0];
    assert_eq!((&user.values["email"], &user.values["alias"]), (&json!("p0@example.com"), &json!("A")));
    let found = call(&simulator, "GET", "users/search.json?query=second%40example.com", &Value::Null).await;
    assert_eq!((&found.body["count"], &found.body["users"][0]["id"].to_string()), (&json!(1), &user.id));
    let identities = call(&simulator, "GET", &format!("users/{}/identities", user.id), &Value::Null).await;
    assert_eq!(identities.body["count"], 2);
    let second = identities.body["identities"][1]["id"].clone();
    let path = format!("users/{}/identities/{second}/make_primary.json", user.id);
    assert_eq!(call(&simulator, "PUT", &path, &json!({})).await.body["identities"][0]["value"], "second@example.com");
    assert_eq!(simulator.records("users")[0].values["email"], "second@example.com");
}

#[tokio::test]
async fn null_clears_and_absent_leaves_alone() {
    let simulator = start(generous()).await;
    let made = call(
        &simulator,
        "POST",
        "users/create_or_update",
        &json!({ "user": {
            "name": "Ada", "external_id": "a1", "phone": "1", "tags": ["x"],
            "user_fields": { "numeric_field": "17", "date_field": "2026-03-01T22:00:00Z", "checkbox_field": true } } }),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let fields = &made.body["user"]["user_fields"];
    assert_eq!((&fields["numeric_field"], &fields["date_field"]), (&json!(17), &json!("2026-03-01T00:00:00+00:00")));
    assert_eq!(made.body["user"]["tags"], json!(["x", "checkedbox"]));
    let clear = json!({ "user": { "external_id": "A1", "phone": null, "user_fields": { "numeric_field": null } } });
    let cleared = call(&simulator, "POST", "users/create_or_update", &clear).await;
    assert_eq!(cleared.status, 200, "{cleared:?}");
    let user = &cleared.body["user"];
    assert_eq!((&user["phone"], &user["user_fields"]["numeric_field"]), (&Value::Null, &Value::Null));
    assert_eq!((&user["name"], &user["user_fields"]["date_field"]), (&json!("Ada"), &fields["date_field"]));
    assert_eq!(user["external_id"], "A1");
}

#[tokio::test]
async fn a_completed_job_may_have_failures_and_a_job_of_failures_fails() {
    let simulator = start(generous()).await;
    let mixed = json!({ "users": [
        { "name": "A", "email": "a@example.com" }, { "name": "B", "email": "bad" }, { "name": "C", "email": "c@example.com" } ] });
    let ended = job(&simulator, "POST", "users/create_or_update_many", &mixed).await;
    assert_eq!((ended["status"].as_str(), ended["results"].as_array().unwrap().len()), (Some("completed"), 3));
    assert_eq!(ended["results"][1]["details"], "Email: bad is not properly formatted");
    assert_eq!((&ended["results"][1]["id"], &ended["results"][1]["status"]), (&json!(1), &json!("Failed")));
    let ended = job(&simulator, "POST", "tickets/create_many", &json!({ "tickets": [{ "subject": "S" }] })).await;
    assert_eq!((ended["status"].as_str(), &ended["progress"]), (Some("failed"), &json!(0)));
    let expected = json!([{ "index": 0, "error": "TicketCreateFailed", "details": "Description: cannot be blank" }]);
    assert_eq!(ended["results"], expected);
}

#[tokio::test]
async fn organizations_and_tickets_are_made_changed_and_destroyed() {
    let simulator = start(generous()).await;
    let made =
        json!({ "organizations": [{ "name": "One", "external_id": "o1" }, { "name": "Two", "external_id": "o2" }] });
    let ended = job(&simulator, "POST", "organizations/create_many", &made).await;
    let ids: Vec<u64> =
        ended["results"].as_array().unwrap().iter().map(|result| result["id"].as_u64().unwrap()).collect();
    let change = json!({ "organizations": [{ "id": ids[0], "details": "D" }, { "id": ids[1], "name": "One" }] });
    let ended = job(&simulator, "PUT", "organizations/update_many", &change).await;
    assert_eq!(ended["results"][0], json!({ "action": "update", "id": ids[0], "status": "Updated", "success": true }));
    assert_eq!(ended["results"][1]["details"], "Name: One has already been taken");
    let shown = call(&simulator, "GET", "organizations/show_many?external_ids=O1,o2,o3", &Value::Null).await;
    assert_eq!((&shown.body["count"], &shown.body["organizations"][0]["details"]), (&json!(2), &json!("D")));
    let ended = job(&simulator, "DELETE", "organizations/destroy_many?external_ids=o1,o9", &Value::Null).await;
    assert_eq!((&ended["results"][0]["status"], &ended["results"][1]["index"]), (&json!("Deleted"), &json!(1)));
    assert_eq!(simulator.records("organizations").len(), 1);

    let ticket = json!({ "tickets": [{ "subject": "S", "comment": { "body": "B" }, "tags": ["a"],
        "requester": { "name": "Ada", "email": "ada@example.com" } }] });
    let ended = job(&simulator, "POST", "tickets/create_many", &ticket).await;
    let id = ended["results"][0]["id"].clone();
    let change =
        json!({ "tickets": [{ "id": id, "additional_tags": ["b"], "remove_tags": ["a"], "status": "solved" }] });
    job(&simulator, "PUT", "tickets/update_many", &change).await;
    let stored = &simulator.records("tickets")[0].values;
    assert_eq!(
        (&stored["tags"], &stored["status"], &stored["description"]),
        (&json!(["b"]), &json!("solved"), &json!("B"))
    );
    assert_eq!(simulator.records("users").len(), 1, "the requester");
    job(&simulator, "DELETE", &format!("tickets/destroy_many?ids={id}"), &Value::Null).await;
    assert!(simulator.records("tickets").is_empty());
}

#[tokio::test]
async fn custom_objects_are_written_by_jobs() {
    let simulator = start(generous()).await;
    assert!(simulator.add_custom_object("car", &[("seats", "integer"), ("colour", "text")]));
    let upsert = |seats: Value| {
        json!({ "job": { "action": "create_or_update_by_external_id", "items": [
        { "name": "N", "external_id": "c1", "custom_object_fields": { "seats": seats } } ] } })
    };
    for (seats, status) in [(json!(4), "Created"), (json!(5), "Updated"), (json!("many"), "")] {
        let ended = job(&simulator, "POST", "custom_objects/car/jobs", &upsert(seats)).await;
        assert_eq!(ended["results"][0]["status"].as_str().unwrap_or_default(), status, "{ended}");
    }
    let found =
        call(&simulator, "GET", "custom_objects/car/records?filter%5Bexternal_ids%5D=c1,c2", &Value::Null).await;
    assert_eq!(found.body["custom_object_records"][0]["custom_object_fields"], json!({ "seats": 5, "colour": null }));
    let delete = json!({ "job": { "action": "delete_by_external_id", "items": ["c1", "c2"] } });
    let ended = job(&simulator, "POST", "custom_objects/car/jobs", &delete).await;
    assert_eq!((&ended["results"][0]["status"], &ended["results"][1]["index"]), (&json!("Deleted"), &json!(1)));
    assert!(simulator.records("car").is_empty());
}

#[tokio::test]
async fn unknown_attributes_are_dropped_with_a_warning() {
    let simulator = start(generous()).await;
    let given = json!({ "users": [{ "name": "A", "shoe_size": 44, "created_at": "2020-01-01T00:00:00Z" }] });
    let reply = call(&simulator, "POST", "users/create_many", &given).await;
    let warning = &reply.headers["x-zendesk-api-warn"];
    assert_eq!(
        warning,
        r#"Removed restricted keys ["created_at", "shoe_size"] from parameters according to whitelist"#
    );
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens() {
    let app = App { client_id: "offtake".to_owned(), client_secret: "s".to_owned(), refresh_token: "first".to_owned() };
    let simulator = Simulator::start(Options { app: Some(app), ..generous() }).await.unwrap();
    let base = simulator.base_url();
    let grant = async |secret: &str, refresh: &str| {
        let body = json!({ "grant_type": "refresh_token", "client_id": "offtake", "client_secret": secret,
            "refresh_token": refresh });
        send(&base, &Ask::new("POST", "/oauth/tokens").json(&body)).await.unwrap()
    };
    assert_eq!(grant("wrong", "first").await.body["error"], "invalid_client");
    let issued = grant("s", "first").await;
    assert_eq!((issued.status, &issued.body["token_type"]), (200, &json!("bearer")));
    let reused = grant("s", "first").await;
    assert_eq!((reused.status, &reused.body["error"]), (400, &json!("invalid_grant")), "the first one is used up");
    assert_eq!(call(&simulator, "GET", "users", &Value::Null).await.body["error"], "invalid_token", "{TOKEN} is gone");
    let with = async |token: &str| send(&base, &Ask::new("GET", "/api/v2/users").bearer(token)).await.unwrap().status;
    assert_eq!(with(issued.body["access_token"].as_str().unwrap()).await, 200);
    simulator.expire_token();
    assert_eq!(with(issued.body["access_token"].as_str().unwrap()).await, 401);
    assert_eq!(grant("s", issued.body["refresh_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn jobs_are_killed_and_forgotten() {
    let simulator = start(Options { job_takes: Duration::from_secs(60), ..generous() }).await;
    let queue = async || {
        let queued = call(&simulator, "POST", "users/create_many", &people(2)).await;
        format!("job_statuses/{}", queued.body["job_status"]["id"].as_str().unwrap())
    };
    let path = queue().await;
    simulator.kill_jobs();
    let status = call(&simulator, "GET", &path, &Value::Null).await;
    assert_eq!((&status.body["job_status"]["status"], simulator.records("users").len()), (&json!("killed"), 0));
    let path = queue().await;
    simulator.forget_jobs();
    assert_eq!(call(&simulator, "GET", &path, &Value::Null).await.status, 404);
    assert_eq!(simulator.records("users").len(), 2, "what is forgotten has been done");
}
