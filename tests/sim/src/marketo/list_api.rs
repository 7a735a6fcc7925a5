//! Static lists: their members, and the lists themselves as assets.

use serde_json::{Value, json};

use super::answer::{Answer, Reason, Refusal};
use super::ask::Ask;
use super::lead_api::{leads, page, skipped};
use super::store::{List, Store};
use crate::clock;

const MEMBERS_MAX: usize = 300;

/// `GET lists.json`.
pub(super) fn all(store: &Store, ask: &Ask) -> Answer {
    let name = ask.parameter("name");
    let lists = store.lists.iter().filter(|list| name.as_ref().is_none_or(|name| *name == list.name));
    let show = |list: &List| {
        let at = clock::seconds(list.made);
        json!({"id": list.id, "name": list.name, "createdAt": at, "updatedAt": at, "workspaceName": "Default"})
    };
    Ok(json!({"result": lists.map(show).collect::<Vec<_>>()}))
}

/// The members of a list, as leads.
pub(super) fn members(store: &Store, id: &str, ask: &Ask) -> Answer {
    let list = store.lists.iter().find(|list| list.id.to_string() == id).ok_or_else(|| no_list(id))?;
    let table = leads(store)?;
    let places: Vec<usize> = list.members.iter().flat_map(|id| table.find(&[("id", json!(id))])).collect();
    page(table, &places, ask)
}

/// Adds or removes members, by ids in the body or, as recorded of a removal, in the query.
pub(super) fn change(store: &mut Store, id: &str, add: bool, ask: &Ask) -> Answer {
    let mut ids: Vec<Value> = ask.parameters("id").iter().flat_map(|ids| ids.split(',')).map(number).collect();
    if ids.is_empty() {
        let body = ask.json()?;
        let input = body.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
        ids = input.iter().map(|lead| lead.get("id").cloned().unwrap_or_default()).collect();
    }
    if ids.is_empty() {
        return Err(Refusal::new("702", "No data found: input"));
    }
    if ids.len() > MEMBERS_MAX {
        return Err(Refusal::new("1003", format!("Too many records: {} of at most {MEMBERS_MAX}", ids.len())));
    }
    let known: Vec<bool> =
        ids.iter().map(|id| leads(store).is_ok_and(|table| table.record(&plain(id)).is_some())).collect();
    let list = store.list_mut(id).ok_or_else(|| no_list(id))?;
    let change = |(id, known): (&Value, bool)| match (add, known) {
        (_, false) => skipped(id, &Reason::new("1004", "Lead not found")),
        (true, true) => {
            list.members.insert(plain(id));
            json!({"id": id, "status": "added"})
        }
        (false, true) if list.members.remove(&plain(id)) => json!({"id": id, "status": "removed"}),
        (false, true) => skipped(id, &Reason::new("1015", "Lead not in list")),
    };
    let results: Vec<Value> = ids.iter().zip(known).map(change).collect();
    Ok(json!({"result": results}))
}

fn number(text: &str) -> Value {
    text.trim().parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
}

fn plain(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn no_list(id: &str) -> Refusal {
    Refusal::new("1013", format!("Static list '{id}' not found"))
}

/// Assets have an envelope of their own, with `errors` and `warnings`.
fn asset(result: Option<Vec<Value>>) -> Answer {
    Ok(match result {
        Some(result) => json!({"errors": [], "warnings": [], "result": result}),
        None => json!({"errors": [], "warnings": ["No assets found for the given search criteria."]}),
    })
}

fn show_asset(list: &List) -> Value {
    let at = list.made.strftime("%Y-%m-%dT%H:%M:%SZ+0000").to_string();
    json!({"id": list.id, "name": list.name, "createdAt": at, "updatedAt": at, "folder": list.folder,
           "computedUrl": format!("https://app-ab39.marketo.com/#ST{}A1", list.id), "workspace": "Default"})
}

/// `GET staticList/byName.json`.
pub(super) fn by_name(store: &Store, ask: &Ask) -> Answer {
    let name = ask.parameter("name").ok_or_else(|| Refusal::new("701", "name cannot be blank"))?;
    let found = store.lists.iter().find(|list| list.name == name);
    asset(found.map(|list| vec![show_asset(list)]))
}

/// `POST staticLists.json`, a form.
pub(super) fn create(store: &mut Store, ask: &Ask) -> Answer {
    let name = ask.parameter("name").ok_or_else(|| Refusal::new("701", "name cannot be blank"))?;
    let folder: Value =
        ask.parameter("folder").and_then(|folder| serde_json::from_str(&folder).ok()).unwrap_or_default();
    if !folder.is_object() {
        return Err(Refusal::new("701", "folder cannot be blank"));
    }
    if store.lists.iter().any(|list| list.name == name) {
        return Err(Refusal::new("709", format!("Static list name '{name}' already exists")));
    }
    let folder = json!({"id": folder.get("id"), "type": folder.get("type")});
    let id = store.add_list(&name, folder);
    let made = store.lists.iter().find(|list| list.id == id);
    asset(made.map(|list| vec![show_asset(list)]))
}

/// `POST staticList/{id}/delete.json`.
pub(super) fn delete(store: &mut Store, id: &str) -> Answer {
    let place = store.lists.iter().position(|list| list.id.to_string() == id);
    let Some(place) = place else { return Err(Refusal::new("702", "Static list not found")) };
    let list = store.lists.remove(place);
    asset(Some(vec![json!({"id": list.id})]))
}
