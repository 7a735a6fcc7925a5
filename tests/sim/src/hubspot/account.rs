//! `account-info`: which portal a token belongs to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::HubSpot;
use crate::lock;

pub(super) async fn details(State(shared): State<Arc<HubSpot>>) -> Json<Value> {
    let portal = lock(&shared.portal).id;
    Json(json!({
        "portalId": portal,
        "accountType": "DEVELOPER_TEST",
        "timeZone": "US/Eastern",
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "utcOffset": "-05:00",
        "utcOffsetMilliseconds": -18_000_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }))
}

/// The older endpoint with a part of the same, which the recordings show.
pub(super) async fn me(State(shared): State<Arc<HubSpot>>) -> Json<Value> {
    let portal = lock(&shared.portal).id;
    Json(json!({
        "portalId": portal,
        "timeZone": "US/Eastern",
        "accountType": "DEVELOPER_TEST",
        "currency": "USD",
        "utcOffset": "-05:00",
        "utcOffsetMilliseconds": -18_000_000,
    }))
}
