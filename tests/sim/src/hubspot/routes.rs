//! Which path leads to which handler.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};

use super::error::Refusal;
use super::{
    HubSpot, account, association_api, batch, batch_read, list_api, oauth, property_api, schema_api, search, single,
};

type Routes = Router<Arc<HubSpot>>;

/// The versions of the API that answer, all in the same way.
const VERSIONS: [&str; 3] = ["2025-09", "2026-03", "2026-09"];

/// The API behind the gate.
pub(super) fn gated(hubspot: Arc<HubSpot>) -> Router {
    let mut router = Routes::new()
        .nest("/crm/v3/objects", objects())
        .nest("/crm/v3/properties", properties())
        .nest("/crm/v3/schemas", schemas())
        .nest("/crm/v4/associations", associations())
        .nest("/crm/v3/lists", lists())
        .route("/account-info/v3/details", get(account::details))
        .route("/integrations/v1/me", get(account::me));
    for version in VERSIONS {
        router = router
            .nest(&format!("/crm/objects/{version}"), objects())
            .nest(&format!("/crm/properties/{version}"), properties())
            .nest(&format!("/crm/associations/{version}"), associations())
            .nest(&format!("/crm/lists/{version}"), lists())
            .nest(&format!("/crm-object-schemas/{version}/schemas"), schemas())
            .route(&format!("/account-info/{version}/details"), get(account::details));
    }
    router.fallback(async || Refusal::not_found("resource not found")).with_state(hubspot)
}

/// The endpoint that gives out tokens.
pub(super) fn open(hubspot: Arc<HubSpot>) -> Router {
    Routes::new().route("/oauth/2026-03/token", post(oauth::token)).with_state(hubspot)
}

fn objects() -> Routes {
    Routes::new()
        .route("/{object}", get(single::list).post(single::create))
        .route("/{object}/{id}", get(single::read).patch(single::update).delete(single::archive))
        .route("/{object}/search", post(search::search))
        .route("/{object}/batch/create", post(batch::create))
        .route("/{object}/batch/update", post(batch::update))
        .route("/{object}/batch/upsert", post(batch::upsert))
        .route("/{object}/batch/archive", post(batch::archive))
        .route("/{object}/batch/read", post(batch_read::read))
}

fn associations() -> Routes {
    Routes::new()
        .route("/{from}/{to}/labels", get(association_api::labels).post(association_api::define))
        .route("/{from}/{to}/batch/create", post(association_api::create))
        .route("/{from}/{to}/batch/associate/default", post(association_api::associate_default))
        .route("/{from}/{to}/batch/archive", post(association_api::archive))
        .route("/{from}/{to}/batch/labels/archive", post(association_api::archive_labels))
}

fn lists() -> Routes {
    Routes::new()
        .route("/", post(list_api::create))
        .route("/search", post(list_api::search))
        .route("/{list}/memberships/add", put(list_api::add))
        .route("/{list}/memberships/remove", put(list_api::remove))
}

fn properties() -> Routes {
    Routes::new()
        .route("/{object}", get(property_api::list).post(property_api::create))
        .route("/{object}/{name}", get(property_api::read).delete(property_api::archive))
}

fn schemas() -> Routes {
    Routes::new().route("/", get(schema_api::list).post(schema_api::create)).route("/{object}", get(schema_api::read))
}
