//! A real client runs against the simulator, unchanged but for the address.

use std::time::Duration;

use offtake_sim::marketo::{App, Options};
use serde_json::json;

use super::drive::{generous, start};
use crate::support::client;

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_works_unchanged() {
    let app = App { client_id: "id".to_owned(), client_secret: "secret".to_owned() };
    let options = Options { app: Some(app), import_takes: Duration::from_millis(50), ..generous() };
    let simulator = start(options).await;
    let list = simulator.add_list("High Value");
    let mut command = client::python("marketo", "crud.py");
    command.args([simulator.base_url(), "id".to_owned(), "secret".to_owned(), list.to_string()]);
    client::run(command).await;
    let leads = simulator.records("leads");
    let kept: Vec<(&str, bool)> =
        leads.iter().map(|lead| (lead.values["firstName"].as_str().unwrap(), lead.deleted)).collect();
    assert_eq!(kept, [("ADA", false), ("grace", false), ("edith", true), ("bulk-1", false), ("bulk-2", false)]);
    let members = simulator.records(&list.to_string());
    assert_eq!(members.iter().map(|lead| &lead.values["firstName"]).collect::<Vec<_>>(), [&json!("grace")]);
    assert_eq!(simulator.records("car_c").iter().map(|car| car.deleted).collect::<Vec<_>>(), [false, true]);
    assert!(simulator.journal().iter().all(|entry| entry.status == Some(200)), "refusals too");
    assert_eq!(simulator.limits_crossed(), 0);
}
