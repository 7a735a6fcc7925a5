//! The calls about catalogs. Bulk calls are accepted with 202 and applied later.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::Braze;
use super::catalog::{Catalog, Change};
use super::reply::{self, Answer, Refusal};
use super::workspace::Work;

type Shared = State<Arc<Braze>>;

fn no_catalog(name: &str) -> Refusal {
    Refusal::catalog(404, "catalog-not-found", "Could not find catalog", "catalog_name", &[name.to_owned()])
}

pub(super) async fn list(State(braze): Shared) -> Answer {
    let catalogs: Vec<Value> = braze.with(|workspace| workspace.catalogs.iter().map(Catalog::show).collect());
    Ok(Json(json!({ "catalogs": catalogs, "message": "success" })).into_response())
}

pub(super) async fn create(State(braze): Shared, body: Bytes) -> Answer {
    let body = reply::object(&body)?;
    let given = reply::list(&body, "catalogs")?;
    let [given] = given else { return Err(Refusal::bad("Invalid Request")) };
    let fields: Vec<(&str, &str)> = given["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|field| Some((field["name"].as_str()?, field["type"].as_str()?)))
        .filter(|(name, _)| *name != "id")
        .collect();
    let name = given["name"].as_str().filter(|name| !name.is_empty()).ok_or_else(|| Refusal::bad("Invalid Request"))?;
    let catalog = Catalog::new(name, &fields);
    let shown = catalog.show();
    if !braze.with(|workspace| workspace.add_catalog(catalog)) {
        let values = [name.to_owned()];
        return Err(Refusal::catalog(
            400,
            "catalog-name-already-exists",
            "The catalog name already exists",
            "name",
            &values,
        ));
    }
    reply::created(json!({ "catalogs": [shown], "message": "success" }))
}

pub(super) async fn drop_catalog(State(braze): Shared, Path(name): Path<String>) -> Answer {
    let found = braze.with(|workspace| {
        let before = workspace.catalogs.len();
        workspace.catalogs.retain(|catalog| catalog.name != name);
        workspace.catalogs.len() < before
    });
    if found {
        Ok((StatusCode::OK, Json(json!({ "message": "success" }))).into_response())
    } else {
        Err(no_catalog(&name))
    }
}

async fn change(braze: &Braze, name: String, change: Change, body: &Bytes) -> Answer {
    let body = reply::object(body)?;
    braze.with(|workspace| {
        let catalog =
            workspace.catalogs.iter().find(|catalog| catalog.name == name).ok_or_else(|| no_catalog(&name))?;
        let items = catalog.judge(change, body.get("items"))?;
        workspace.accept(Work::Items(name, change, items));
        Ok::<(), Refusal>(())
    })?;
    reply::accepted()
}

pub(super) async fn add(State(braze): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    change(&braze, name, Change::Add, &body).await
}

pub(super) async fn replace(State(braze): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    change(&braze, name, Change::Replace, &body).await
}

pub(super) async fn edit(State(braze): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    change(&braze, name, Change::Edit, &body).await
}

pub(super) async fn remove(State(braze): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    change(&braze, name, Change::Remove, &body).await
}

pub(super) async fn items(State(braze): Shared, Path(name): Path<String>) -> Answer {
    let items = braze.with(|workspace| {
        let catalog = workspace.catalogs.iter().find(|catalog| catalog.name == name);
        catalog.map(|catalog| json!(catalog.items.iter().take(50).collect::<Vec<_>>()))
    });
    let items = items.ok_or_else(|| no_catalog(&name))?;
    Ok(Json(json!({ "items": items, "message": "success" })).into_response())
}

pub(super) async fn item(State(braze): Shared, Path((name, id)): Path<(String, String)>) -> Answer {
    let found = braze.with(|workspace| {
        let catalog =
            workspace.catalogs.iter().find(|catalog| catalog.name == name).ok_or_else(|| no_catalog(&name))?;
        let missing =
            || Refusal::catalog(404, "item-not-found", "Could not find item", "item_id", std::slice::from_ref(&id));
        catalog.find(&id).cloned().ok_or_else(missing)
    })?;
    Ok(Json(json!({ "items": [found], "message": "success" })).into_response())
}
