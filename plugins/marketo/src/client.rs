//! Requests to Marketo's REST API, with their paths. The token goes in the header alone.

use offtake_sdk::Context;
use offtake_sdk::http::{Request, encode};

use crate::config::Config;
use crate::refusal;

const ENDPOINT: &str = "api";
const CREDENTIAL: &str = "token";

/// Less than the 8 KB of a URI by its path, and by the host's name.
const QUERY_BYTES_MAX: usize = 7_500;

/// A request below `/rest/v1`; `path` is made of names that are safe or encoded, and may have a query.
pub(crate) fn rest<'a>(cx: &'a Context<Config>, method: &str, path: &str) -> Request<'a> {
    request(cx, method, format!("/rest/v1/{path}"))
}

/// A request below `/bulk/v1`.
pub(crate) fn bulk<'a>(cx: &'a Context<Config>, method: &str, path: &str) -> Request<'a> {
    request(cx, method, format!("/bulk/v1/{path}"))
}

/// A question, as recorded: a query where a URI holds it ("8 KB"), else a form that stands for one.
pub(crate) fn question<'a>(cx: &'a Context<Config>, path: &str, parameters: &[(&str, &str)]) -> Request<'a> {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let query = pairs.join("&");
    if query.len() <= QUERY_BYTES_MAX {
        return rest(cx, "GET", &format!("{path}?{query}"));
    }
    let form = format!("_method=GET&{query}");
    rest(cx, "POST", path).body("application/x-www-form-urlencoded", form).read_only()
}

/// An object's path, segment by segment.
pub(crate) fn object_path(object: &str) -> String {
    object.split('/').map(encode).collect::<Vec<_>>().join("/")
}

fn request<'a>(cx: &'a Context<Config>, method: &str, path: String) -> Request<'a> {
    cx.http().refused_by(refusal::read).request(method, ENDPOINT, path).auth(CREDENTIAL)
}
