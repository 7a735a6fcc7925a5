//! What every request has: the credential's slot and the configured headers.

use std::collections::BTreeMap;

use offtake_sdk::Http;
use offtake_sdk::http::Request;

use crate::config::Config;

const ENDPOINT: &str = "api";

/// A request with the connection's headers, and those of the operation, which go before.
pub(crate) fn to<'a>(
    config: &Config,
    http: Http<'a>,
    method: &str,
    path: impl Into<String>,
    headers: &BTreeMap<String, String>,
) -> Request<'a> {
    let mut request = http.request(method, ENDPOINT, path);
    if let Some(slot) = config.auth.slot() {
        request = request.auth(slot);
    }
    let general = config.headers.iter().filter(|(name, _)| !headers.keys().any(|own| own.eq_ignore_ascii_case(name)));
    for (name, value) in general.chain(headers) {
        request = request.header(name, value.as_str());
    }
    request
}
