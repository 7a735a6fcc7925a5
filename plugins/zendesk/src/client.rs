//! Requests to Zendesk's API, with its paths as the published description has them, without `.json`.

use offtake_sdk::Context;
use offtake_sdk::http::{Http, Request, encode};

use crate::config::Config;
use crate::object::{Key, Kind};
use crate::vendor_error;

const ENDPOINT: &str = "api";
const CREDENTIAL: &str = "token";

fn http(cx: &Context<Config>) -> Http<'_> {
    cx.http().explained_by(vendor_error::explain)
}

/// A request to a path below `/api/v2`.
pub(crate) fn request<'a>(cx: &'a Context<Config>, method: &str, path: &str) -> Request<'a> {
    http(cx).request(method, ENDPOINT, format!("/api/v2/{path}")).auth(CREDENTIAL)
}

/// A request to a link that Zendesk returned, the next page of a list.
pub(crate) fn page<'a>(cx: &'a Context<Config>, url: &str) -> Request<'a> {
    http(cx).link("GET", url).auth(CREDENTIAL)
}

/// Records by their ids or external ids, at most a hundred.
pub(crate) fn show_many<'a>(cx: &'a Context<Config>, kind: &Kind, key: Key, values: &[&str]) -> Request<'a> {
    let values: Vec<String> = values.iter().map(|value| encode(value)).collect();
    let values = values.join(",");
    let list = if key == Key::Id { "ids" } else { "external_ids" };
    let path = match kind {
        Kind::Custom(object) => {
            format!("custom_objects/{}/records?filter%5B{list}%5D={values}&page%5Bsize%5D=100", encode(object))
        }
        _ => format!("{}/show_many?{list}={values}", kind.wrapper()),
    };
    request(cx, "GET", &path)
}

/// Tickets with an external id, of which there may be several.
pub(crate) fn tickets_of<'a>(cx: &'a Context<Config>, external_id: &str) -> Request<'a> {
    request(cx, "GET", &format!("tickets?external_id={}", encode(external_id)))
}

/// Users with an address, which the search finds among other things.
pub(crate) fn search_user<'a>(cx: &'a Context<Config>, email: &str) -> Request<'a> {
    request(cx, "GET", &format!("users/search?query={}", encode(email)))
}
