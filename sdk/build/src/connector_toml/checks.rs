//! What a value in `connector.toml` must look like, one function a kind, each with the words that mend it.

use std::collections::BTreeMap;

use crate::manifest::Endpoint;

pub(super) type Check = Result<(), String>;

const ID_BYTES_MAX: usize = 63;

/// `[a-z][a-z0-9-]{0,62}`.
pub(crate) fn id(text: &str) -> Check {
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    let goes_on = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    ensure(starts && goes_on && text.len() <= ID_BYTES_MAX, || {
        format!("{text:?} must be lowercase letters, digits and dashes, a letter first, {ID_BYTES_MAX} at most")
    })
}

/// A name of an endpoint or a credential slot.
pub(super) fn slot(text: &str) -> Check {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    ensure(fits, || format!("the name {text:?} must be letters, digits, dashes and underscores"))
}

/// Semantic Versioning 2.0.0.
pub(super) fn version(text: &str) -> Check {
    let (numbers_and_pre, build) = text.split_once('+').map_or((text, None), |(left, build)| (left, Some(build)));
    let (numbers, pre) =
        numbers_and_pre.split_once('-').map_or((numbers_and_pre, None), |(numbers, pre)| (numbers, Some(pre)));
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let is_tag = |tag: &str| {
        tag.split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    };
    let fits = numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && pre.is_none_or(is_tag)
        && build.is_none_or(is_tag);
    ensure(fits, || format!("{text:?} must be a semantic version such as \"1.2.0\""))
}

/// `https://host[:port]`, and nothing after it.
pub(super) fn origin(text: &str) -> Check {
    let Some(authority) = text.strip_prefix("https://") else {
        return Err(format!("{text:?} must begin with https:// (the operator may override it for a test)"));
    };
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let host_fits = !host.is_empty()
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        });
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    ensure(host_fits && port_fits, || {
        format!("{text:?} must be an origin such as \"https://api.example.com\", lowercase, without a path")
    })
}

/// A method token in capitals.
pub(super) fn method(text: &str) -> Check {
    one_of(text, &["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"])
}

/// A path pattern: a star stands for whole segments alone.
pub(super) fn path(text: &str) -> Check {
    let Some(rest) = text.strip_prefix('/') else {
        return Err(format!("{text:?} must begin with \"/\""));
    };
    let segments_fit = rest.split('/').all(|segment| !segment.contains('*') || matches!(segment, "*" | "**"));
    let plain =
        !text.contains(['?', '#', '%', ' ']) && !text.contains("//") && !rest.split('/').any(|part| part == "..");
    ensure(segments_fit && plain, || {
        format!("{text:?} must be plain segments, where * is one whole segment and ** any number")
    })
}

/// A path, without any pattern.
pub(super) fn plain_path(text: &str) -> Check {
    path(text)?;
    ensure(!text.contains('*'), || format!("{text:?} must be one path, without *"))
}

/// Ways to an access token.
pub(super) fn flow(text: &str) -> Check {
    one_of(text, &["client_credentials", "refresh_token", "jwt_bearer"])
}

/// Ways to write a token request.
pub(super) fn token_request(text: &str) -> Check {
    one_of(text, &["form", "json", "query"])
}

/// Places of a client's secret.
pub(super) fn client_auth(text: &str) -> Check {
    one_of(text, &["body", "basic"])
}

/// RFC 6749 §3.3.
pub(super) fn scope(text: &str) -> Check {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    ensure(fits, || format!("{text:?} must be one scope, without spaces"))
}

fn one_of(text: &str, known: &[&str]) -> Check {
    ensure(known.contains(&text), || format!("{text:?} must be one of {}", known.join(", ")))
}

/// A header name that the host can leave to a connector's manifest.
pub(super) fn header(text: &str) -> Check {
    const KEPT: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "cookie"];
    let is_token =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    ensure(is_token && !KEPT.contains(&text.to_ascii_lowercase().as_str()), || {
        format!("{text:?} must be the name of a header that is the connector's to use, such as \"Authorization\"")
    })
}

/// Where Standard Webhooks 1.0 puts signatures.
pub(super) const SIGNATURE_HEADER: &str = "webhook-signature";

/// The only header that a signature may have.
pub(super) fn signature_header(text: &str) -> Check {
    one_of(text, &[SIGNATURE_HEADER])
}

/// The kinds of credential.
pub(super) fn kind(text: &str) -> Check {
    one_of(text, &["bearer", "header", "basic", "standard_webhooks"])
}

/// An endpoint that is declared in the same file.
pub(super) fn known_endpoint(name: &str, endpoints: &BTreeMap<String, Endpoint>) -> Check {
    ensure(endpoints.contains_key(name), || {
        let known: Vec<&str> = endpoints.keys().map(String::as_str).collect();
        format!(
            "there is no endpoint {name:?}; there is {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        )
    })
}

fn ensure(fits: bool, message: impl FnOnce() -> String) -> Check {
    if fits { Ok(()) } else { Err(message()) }
}
