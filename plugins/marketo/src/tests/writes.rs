//! Insert, update, upsert and delete of leads and other objects.

use offtake_sdk::Operation;
use offtake_sdk::testing::Vendor;

use super::*;

#[test]
fn leads_are_found_by_the_match_key_and_results_have_the_order_of_the_rows() {
    let answer = json!([
        {"id": 7149, "status": "created"},
        {"id": 7150, "status": "updated"},
        skipped("1003", "Invalid value for field 'email_field' and value 'bademail'"),
    ]);
    let vendor = Vendor::scripted([success(answer)]);
    let rows = Rows::upsert("leads", "email")
        .row(json!({"email": "ada@example.com", "firstName": "Ada", "score": 7}))
        .row(json!({"email": "grace@example.com", "lastName": null, "title": ""}))
        .row(json!({"email": "edith@example.com", "email_field": "bademail"}));
    let results = write(rows).unwrap();
    assert_eq!(results[0], done(0, OutcomeKind::Created, "7149"));
    assert_eq!(results[1], done(1, OutcomeKind::Updated, "7150"));
    let Failure::Rejected(detail) = failure(&results[2]) else { panic!("{:?}", results[2]) };
    assert_eq!((detail.code.as_str(), detail.field.as_deref()), ("marketo_1003", Some("email_field")));

    let request = &vendor.requests()[0];
    assert_eq!((request.method(), request.path()), ("POST", "/rest/v1/leads.json"));
    assert_eq!((request.endpoint(), request.auth()), (Some("api"), Some("token")));
    assert_eq!(
        request.json(),
        json!({"action": "createOrUpdate", "lookupField": "email", "input": [
            {"email": "ada@example.com", "firstName": "Ada", "score": 7},
            {"email": "grace@example.com", "lastName": null, "title": null},
            {"email": "edith@example.com", "email_field": "bademail"},
        ]})
    );
}

#[test]
fn every_operation_has_its_call() {
    let lead = json!({"email": "ada@example.com"});
    let company = json!({"externalCompanyId": "c-1", "company": "Acme"});
    let car = json!({"vin": "v-1", "colour": "red"});
    let cases = [
        (
            Rows::insert("leads").row(lead.clone()),
            "/rest/v1/leads.json",
            json!({"action": "createOnly", "lookupField": "email", "input": [lead]}),
        ),
        (
            Rows::update("leads", "id").row(json!({"id": 7149, "title": "T"})),
            "/rest/v1/leads.json",
            json!({"action": "updateOnly", "lookupField": "id", "input": [{"id": 7149, "title": "T"}]}),
        ),
        (
            Rows::upsert("companies", "externalCompanyId").row(company.clone()),
            "/rest/v1/companies.json",
            json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": [company]}),
        ),
        (
            Rows::update("companies", "id").row(json!({"id": 5, "company": "A"})),
            "/rest/v1/companies.json",
            json!({"action": "updateOnly", "dedupeBy": "idField", "input": [{"id": 5, "company": "A"}]}),
        ),
        (
            Rows::delete("companies", "externalCompanyId").row(json!({"externalCompanyId": "c-1"})),
            "/rest/v1/companies/delete.json",
            json!({"deleteBy": "dedupeFields", "input": [{"externalCompanyId": "c-1"}]}),
        ),
        (
            Rows::insert("customobjects/car_c").row(car.clone()),
            "/rest/v1/customobjects/car_c.json",
            json!({"action": "createOnly", "dedupeBy": "dedupeFields", "input": [car]}),
        ),
        (
            Rows::upsert("customobjects/car_c", "vin").and_match("owner").row(json!({"vin": "v", "owner": "o"})),
            "/rest/v1/customobjects/car_c.json",
            json!({"action": "createOrUpdate", "dedupeBy": "dedupeFields", "input": [{"vin": "v", "owner": "o"}]}),
        ),
        (
            Rows::delete("customobjects/car_c", "marketoGUID").row(json!({"marketoGUID": "g-1"})),
            "/rest/v1/customobjects/car_c/delete.json",
            json!({"deleteBy": "idField", "input": [{"marketoGUID": "g-1"}]}),
        ),
        (
            Rows::delete("leads", "id").row(json!({"id": "7149"})),
            "/rest/v1/leads/delete.json",
            json!({"input": [{"id": 7149}]}),
        ),
    ];
    for (rows, path, body) in cases {
        let vendor = Vendor::scripted([success(json!([{"seq": 0, "id": 1, "status": "updated"}]))]);
        assert!(matches!(write(rows).unwrap()[0].outcome, Outcome::Done(_)), "{path}");
        let request = &vendor.requests()[0];
        assert_eq!((request.method(), request.path(), request.json()), ("POST", path, body));
    }
}

#[test]
fn other_objects_have_a_guid_and_a_place() {
    let answer = json!([
        {"seq": 1, "marketoGUID": "g-2", "status": "updated"},
        {"seq": 0, "marketoGUID": "g-1", "status": "created"},
    ]);
    let _vendor = Vendor::scripted([success(answer)]);
    let rows = Rows::upsert("customobjects/car_c", "vin").row(json!({"vin": "1"})).row(json!({"vin": "2"}));
    let mut results = write(rows).unwrap();
    results.sort_by_key(|result| result.row);
    assert_eq!(results, [done(0, OutcomeKind::Created, "g-1"), done(1, OutcomeKind::Updated, "g-2")]);
}

#[test]
fn a_key_is_never_twice_in_a_call() {
    let vendor = Vendor::scripted([success(json!([{"id": 1, "status": "created"}]))]);
    let rows = Rows::upsert("leads", "email")
        .row(json!({"email": "ada@example.com"}))
        .row(json!({"email": " ADA@example.com"}))
        .row(json!({"email": ""}))
        .row(json!({"firstName": "x"}));
    let results = write(rows).unwrap();
    assert_eq!(vendor.requests()[0].json()["input"].as_array().unwrap().len(), 1);
    assert!(matches!(failure(&results[1]), Failure::Transient(detail) if detail.code == "duplicate_key_in_batch"));
    for result in &results[2..] {
        assert!(matches!(failure(result), Failure::Rejected(detail) if detail.code == "match_key_empty"));
    }
}

#[test]
fn a_call_has_three_hundred_rows_and_a_megabyte() {
    for (count, text, sizes) in [(700, 1, vec![300, 300, 100]), (3, 400_000, vec![2, 1])] {
        let vendor = Vendor::answering(|request| {
            let inputs = request.json()["input"].as_array().unwrap().len();
            success((0..inputs).map(|n| json!({"id": n, "status": "updated"})).collect())
        });
        let rows = (0..count).fold(Rows::upsert("leads", "email"), |rows, n| {
            rows.row(json!({"email": format!("{n}@example.com"), "title": "x".repeat(text)}))
        });
        assert_eq!(write(rows).unwrap().len(), count);
        let sent: Vec<usize> =
            vendor.requests().iter().map(|request| request.json()["input"].as_array().unwrap().len()).collect();
        assert_eq!(sent, sizes);
    }
}

#[test]
fn leads_are_deleted_by_the_id_that_is_known_or_found() {
    let found = json!([{"id": 7150, "email": "Grace@example.com"}]);
    let answer = json!([{"id": 7149, "status": "deleted"}, {"id": 7150, "status": "deleted"}, skipped("1004", "Lead not found")]);
    let vendor = Vendor::scripted([success(found), success(answer)]);
    let rows = Rows::delete("leads", "email")
        .row_of("7149", json!({"email": "ada@example.com"}))
        .row(json!({"email": "grace@example.com"}))
        .row_of("7151", json!({"email": "edith@example.com"}))
        .row(json!({"email": "nobody@example.com"}));
    let results = write(rows).unwrap();
    assert!(results.iter().all(|result| result.outcome == Outcome::Done(OutcomeKind::Deleted)), "{results:?}");
    assert_eq!(results.len(), 4);
    let [question, delete] = &vendor.requests()[..] else { panic!() };
    let query = "filterType=email&filterValues=grace%40example.com%2Cnobody%40example.com&fields=email%2Cid";
    assert_eq!((question.method(), question.path()), ("GET", format!("/rest/v1/leads.json?{query}").as_str()));
    assert_eq!(delete.json(), json!({"input": [{"id": 7149}, {"id": 7150}, {"id": 7151}]}));
}

#[test]
fn a_key_that_is_not_clear_deletes_nothing() {
    let two = json!([{"id": 1, "email": "ada@example.com"}, {"id": 2, "email": "ada@example.com"}]);
    for (found, email, code) in [
        (Some(two), "ada@example.com", "match_key_not_unique"),
        (Some(json!([{"id": 1, "email": "another@example.com"}])), "ada@example.com", "lead_not_identified"),
        (None, "a,b@example.com", "lead_not_identified"),
    ] {
        let _vendor = Vendor::scripted(found.map(success));
        let results = write(Rows::delete("leads", "email").row(json!({"email": email}))).unwrap();
        assert!(matches!(failure(&results[0]), Failure::Rejected(detail) if detail.code == code), "{results:?}");
    }
}

#[test]
fn what_an_object_cannot_take_is_misconfigured() {
    for (object, operation) in
        [("leads", Operation::Append), ("leads", Operation::MemberAdd), ("lists/7", Operation::Upsert)]
    {
        let rows = Rows::of(object, operation, Some("email")).row(json!({"email": "ada@example.com"}));
        assert!(matches!(write(rows).unwrap_err().failure, Failure::Misconfigured(_)), "{object} {operation:?}");
    }
}

#[test]
fn new_leads_are_made_in_the_partition_of_the_connection() {
    let vendor = Vendor::scripted([success(json!([{"id": 1, "status": "created"}]))]);
    let call = Call::<Marketo>::new(json!({"partition": "Europe"}));
    call.start(Rows::upsert("leads", "email").row(json!({"email": "ada@example.com"}))).unwrap();
    assert_eq!(vendor.requests()[0].json()["partitionName"], "Europe");
}

#[test]
fn a_lookup_reads_values_by_key() {
    let found = json!([{"id": 2, "email": "GRACE@example.com", "title": "T"}]);
    let vendor = Vendor::scripted([success(found)]);
    let rows = [json!({"email": "ada@example.com"}), json!({"email": "grace@example.com"}), json!({"email": null})];
    let found = marketo().look_up("leads", "email", &["title", "phone"], &rows).unwrap().unwrap();
    assert_eq!(found, [Value::Null, json!({"title": "T", "phone": null}), Value::Null]);
    assert!(vendor.requests()[0].path().contains("fields=email%2Cphone%2Ctitle"));
    assert_eq!(marketo().look_up("lists/7", "email", &[], &rows).unwrap(), None);
}

#[test]
fn a_question_that_is_too_long_for_a_uri_is_a_form() {
    let vendor = Vendor::answering(|_| success(json!([])));
    let rows: Vec<Value> = (0..700).map(|n| json!({"email": format!("somebody-{n:03}@example.com")})).collect();
    assert_eq!(marketo().look_up("leads", "email", &["title"], &rows).unwrap().unwrap().len(), 700);
    let asked = vendor.requests();
    assert_eq!(asked.iter().map(|request| request.method()).collect::<Vec<_>>(), ["POST", "POST", "GET"]);
    assert!(asked[0].text().starts_with("_method=GET&filterType=email&filterValues=somebody-000%40example.com%2C"));
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(asked.iter().all(|request| request.path().len() < 8_000));
}
