//! Requests to HubSpot's API, with its paths.

use offtake_sdk::http::{Request, encode};
use offtake_sdk::{Context, Response};

use crate::config::Config;
use crate::vendor_error;

const ENDPOINT: &str = "api";
const CREDENTIAL: &str = "token";

/// The date-based version of every path. HubSpot supports one for eighteen months.
const VERSION: &str = "2026-03";

/// A GET request for the portal.
pub(crate) fn account(cx: &Context<Config>) -> Request<'_> {
    get(cx, format!("/account-info/{VERSION}/details"))
}

/// A GET request for the account's custom objects.
pub(crate) fn custom_schemas(cx: &Context<Config>) -> Request<'_> {
    get(cx, format!("/crm-object-schemas/{VERSION}/schemas"))
}

/// A GET request for an object's properties.
pub(crate) fn properties<'a>(cx: &'a Context<Config>, object: &str) -> Request<'a> {
    get(cx, format!("/crm/properties/{VERSION}/{}", encode(object)))
}

/// A POST request to one of an object's batch calls: create, update, upsert, read, archive.
pub(crate) fn batch<'a>(cx: &'a Context<Config>, object: &str, call: &str) -> Request<'a> {
    let explain =
        if call == "update" { vendor_error::explain_update } else { vendor_error::explain as fn(&Response) -> _ };
    let path = format!("/crm/objects/{VERSION}/{}/batch/{call}", encode(object));
    cx.http().explained_by(explain).post(ENDPOINT, path).auth(CREDENTIAL)
}

/// A GET request for the labels of associations from one type to another.
pub(crate) fn labels<'a>(cx: &'a Context<Config>, from: &str, to: &str) -> Request<'a> {
    get(cx, format!("/crm/associations/{VERSION}/{}/{}/labels", encode(from), encode(to)))
}

/// A POST request to one of the batch calls of associations. There 404 is about records.
pub(crate) fn associations<'a>(cx: &'a Context<Config>, from: &str, to: &str, call: &str) -> Request<'a> {
    let path = format!("/crm/associations/{VERSION}/{}/{}/{call}", encode(from), encode(to));
    cx.http().explained_by(vendor_error::explain_update).post(ENDPOINT, path).auth(CREDENTIAL)
}

/// A POST request that finds lists. It changes nothing.
pub(crate) fn lists(cx: &Context<Config>) -> Request<'_> {
    let path = format!("/crm/lists/{VERSION}/search");
    cx.http().explained_by(vendor_error::explain).post(ENDPOINT, path).auth(CREDENTIAL).read_only()
}

/// A PUT request that adds members to a list, or removes them.
pub(crate) fn memberships<'a>(cx: &'a Context<Config>, list: &str, call: &str) -> Request<'a> {
    let path = format!("/crm/lists/{VERSION}/{}/memberships/{call}", encode(list));
    cx.http().explained_by(vendor_error::explain).put(ENDPOINT, path).auth(CREDENTIAL)
}

fn get(cx: &Context<Config>, path: String) -> Request<'_> {
    cx.http().explained_by(vendor_error::explain).get(ENDPOINT, path).auth(CREDENTIAL)
}
