//! Requests to Salesforce's REST API and Bulk API 2.0, with their paths.

use offtake_sdk::http::{Request, encode};
use offtake_sdk::{CallFailure, Context};
use serde_json::json;

use crate::config::Config;
use crate::vendor_error;

const ENDPOINT: &str = "api";
const CREDENTIAL: &str = "token";

/// Winter '27. Salesforce keeps a version for at least three years.
const BASE: &str = "/services/data/v68.0";

/// "Up to 25 subrequests": REST API guide, "Batch".
pub(crate) const DESCRIBES_MAX: usize = 25;

/// A SOQL query. Its first page.
pub(crate) fn query<'a>(cx: &'a Context<Config>, soql: &str) -> Request<'a> {
    request(cx, "GET", format!("{BASE}/query?q={}", encode(soql)))
}

/// A further page of a query, by the path that the page before it names.
///
/// # Errors
/// Fatal, where the path leads anywhere else.
pub(crate) fn next_page<'a>(cx: &'a Context<Config>, path: &str) -> Result<Request<'a>, CallFailure> {
    if path.starts_with("/services/data/") {
        Ok(request(cx, "GET", path.to_owned()))
    } else {
        Err(CallFailure::unreadable("the next page of the query is not a path of the API"))
    }
}

/// All objects of the org.
pub(crate) fn describe_global(cx: &Context<Config>) -> Request<'_> {
    request(cx, "GET", format!("{BASE}/sobjects"))
}

/// An object's fields.
pub(crate) fn describe<'a>(cx: &'a Context<Config>, object: &str) -> Request<'a> {
    request(cx, "GET", format!("{BASE}/sobjects/{}/describe", encode(object)))
}

/// The fields of several objects, at most [`DESCRIBES_MAX`], by a batch that counts as one request.
pub(crate) fn describe_all<'a>(cx: &'a Context<Config>, objects: &[&str]) -> Request<'a> {
    let version = BASE.rsplit('/').next().unwrap_or_default();
    let describe =
        |object: &&str| json!({"method": "GET", "url": format!("{version}/sobjects/{}/describe", encode(object))});
    let body = json!({"batchRequests": objects.iter().map(describe).collect::<Vec<_>>()});
    request(cx, "POST", format!("{BASE}/composite/batch")).read_only().json(&body)
}

/// sObject Collections: insert (POST) and update (PATCH).
pub(crate) fn collection<'a>(cx: &'a Context<Config>, method: &str) -> Request<'a> {
    request(cx, method, format!("{BASE}/composite/sobjects"))
}

/// sObject Collections: upsert by an external id.
pub(crate) fn collection_upsert<'a>(cx: &'a Context<Config>, object: &str, key: &str) -> Request<'a> {
    request(cx, "PATCH", format!("{BASE}/composite/sobjects/{}/{}", encode(object), encode(key)))
}

/// sObject Collections: delete. Ids are letters and digits.
pub(crate) fn collection_delete<'a>(cx: &'a Context<Config>, ids: &[&str]) -> Request<'a> {
    let ids: Vec<String> = ids.iter().map(|id| encode(id)).collect();
    request(cx, "DELETE", format!("{BASE}/composite/sobjects?ids={}&allOrNone=false", ids.join(",")))
}

/// A Bulk API 2.0 ingest job that is yet to be made.
pub(crate) fn new_job(cx: &Context<Config>) -> Request<'_> {
    request(cx, "POST", format!("{BASE}/jobs/ingest"))
}

/// A Bulk API 2.0 ingest job, or what belongs to it.
pub(crate) fn job<'a>(cx: &'a Context<Config>, method: &str, id: &str, part: &str) -> Request<'a> {
    let path = format!("{BASE}/jobs/ingest/{}{part}", encode(id));
    cx.http().explained_by(vendor_error::explain_job).request(method, ENDPOINT, path).auth(CREDENTIAL)
}

fn request<'a>(cx: &'a Context<Config>, method: &str, path: String) -> Request<'a> {
    cx.http().explained_by(vendor_error::explain).request(method, ENDPOINT, path).auth(CREDENTIAL)
}
