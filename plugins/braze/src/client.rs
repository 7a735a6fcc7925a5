//! Requests to Braze's API, with its paths.

use offtake_sdk::Context;
use offtake_sdk::http::{Request, encode};

use crate::config::Config;
use crate::vendor_error;

const ENDPOINT: &str = "api";
const CREDENTIAL: &str = "token";

/// A request to a path of the API.
pub(crate) fn request<'a>(cx: &'a Context<Config>, method: &str, path: &str) -> Request<'a> {
    cx.http().explained_by(vendor_error::explain).request(method, ENDPOINT, path).auth(CREDENTIAL)
}

/// A request whose refusal carries the whole body: [`vendor_error::explain_objects`].
pub(crate) fn track(cx: &Context<Config>) -> Request<'_> {
    cx.http().explained_by(vendor_error::explain_objects).post(ENDPOINT, "/users/track").auth(CREDENTIAL)
}

/// A bulk call about the items of a catalog.
pub(crate) fn items<'a>(cx: &'a Context<Config>, method: &str, catalog: &str) -> Request<'a> {
    let path = format!("/catalogs/{}/items", encode(catalog));
    cx.http().explained_by(vendor_error::explain_objects).request(method, ENDPOINT, path).auth(CREDENTIAL)
}

/// A request to a link that Braze returned, the next page of a list.
pub(crate) fn page<'a>(cx: &'a Context<Config>, url: &str) -> Request<'a> {
    cx.http().explained_by(vendor_error::explain).link("GET", url).auth(CREDENTIAL)
}
