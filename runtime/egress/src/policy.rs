//! Decides, without a socket, whether and how a guest's request may leave.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use offtake_core::manifest::{CredentialKind, Endpoint, Manifest};
use offtake_core::ports::{Refusal, Request, SendError, Target};
use url::{Host, Url};

use crate::Grant;
use crate::credential::{ID, TIMESTAMP};

/// A JSON API takes a handful; more is an attempt to fill somebody's memory.
const HEADERS_MAX: usize = 64;
/// Servers refuse more than 8 to 16 KiB.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// The largest body that any of the supported vendors takes in one request is 10 MB.
const REQUEST_BYTES_MAX: usize = 16 << 20;
/// Longer URLs are refused by common servers.
const URL_BYTES_MAX: usize = 8 << 10;

/// Headers that belong to the host or to the connection.
const FORBIDDEN_HEADERS: [&str; 21] = [
    // A compressed or partial answer could carry a secret past the redaction.
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    // These change the method that was checked.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// What a connection may send, from its manifest and the operator's grant.
#[derive(Debug, Clone)]
pub struct Policy {
    endpoints: BTreeMap<String, (Url, Endpoint)>,
    credential_headers: Vec<HeaderName>,
    idempotency_header: Option<HeaderName>,
    grant: Grant,
}

/// The manifest or the operator's settings contradict themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(pub String);

impl PolicyError {
    /// Stable code.
    pub const CODE: &'static str = "OFT-E310";
}

/// A request that may be sent, before its credential is added.
#[derive(Debug)]
pub(crate) struct Approved {
    pub(crate) endpoint: String,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
}

// === impl Policy ===

impl Policy {
    /// Joins what a manifest asks for with base URLs that the operator puts in place of its own.
    ///
    /// # Errors
    /// [`PolicyError`] (OFT-E310) for a base that is no origin, or is plain http without the grant.
    pub fn new(manifest: &Manifest, overrides: &BTreeMap<String, String>, grant: Grant) -> Result<Self, PolicyError> {
        if let Some(name) = overrides.keys().find(|name| !manifest.endpoints.contains_key(*name)) {
            return Err(PolicyError(format!("the connector has no endpoint `{name}`")));
        }
        let mut endpoints = BTreeMap::new();
        for (name, endpoint) in &manifest.endpoints {
            let base = overrides.get(name).unwrap_or(&endpoint.base);
            endpoints.insert(name.clone(), (origin(name, base, &grant)?, endpoint.clone()));
        }
        let header = |name: &str| {
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| PolicyError(format!("`{name}` is not a header name")))
        };
        let slots = manifest.credentials.values().map(|slot| header(&slot.header));
        let mut credential_headers: Vec<HeaderName> = slots.collect::<Result<_, _>>()?;
        if manifest.credentials.values().any(|slot| slot.kind == CredentialKind::StandardWebhooks) {
            credential_headers.extend([ID, TIMESTAMP]);
        }
        let idempotency_header = manifest.idempotency_header.as_deref().map(header).transpose()?;
        let chosen_by_guest = idempotency_header
            .iter()
            .filter(|name| FORBIDDEN_HEADERS.contains(&name.as_str()) || credential_headers.contains(name));
        let for_secrets = ["authorization", "cookie"];
        let misused = credential_headers
            .iter()
            .filter(|name| FORBIDDEN_HEADERS.contains(&name.as_str()) && !for_secrets.contains(&name.as_str()));
        if let Some(name) = chosen_by_guest.chain(misused).next() {
            return Err(PolicyError(format!("the manifest may not use the header `{name}`")));
        }
        Ok(Self { endpoints, credential_headers, idempotency_header, grant })
    }

    pub(crate) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Where the host itself asks for access tokens. The guest's methods and paths do not matter here: it cannot choose
    /// what is sent.
    pub(crate) fn token_url(&self, endpoint: &str, path: &str) -> Result<Url, PolicyError> {
        let (base, _) = self.endpoints.get(endpoint).ok_or_else(|| {
            PolicyError(format!("the manifest has no endpoint `{endpoint}` to get access tokens from"))
        })?;
        let url = join(base, path).map_err(|error| PolicyError(error.to_string()))?;
        self.check_host(&url)
            .and_then(|()| self.check_address(&url))
            .map_err(|error| PolicyError(error.to_string()))?;
        Ok(url)
    }

    /// Whether the operator lets this host be reached at all.
    fn check_host(&self, url: &Url) -> Result<(), SendError> {
        let host = url.host_str().unwrap_or_default();
        let denied = |code, why: &str| Err(refused(Refusal::DeniedByPolicy, code, format!("{host} {why}")));
        if self.grant.block.host(host) {
            return denied("OFT-E309", "is on the block list of offtake.yml (`block.hosts`)");
        }
        if !self.grant.connector.host(host) {
            return denied("OFT-E308", "is not granted to this connector (`plugins.ID.hosts` of offtake.yml)");
        }
        Ok(())
    }

    /// Checks everything about a request that can be known before its name is resolved.
    pub(crate) fn approve(&self, request: &Request) -> Result<Approved, SendError> {
        if request.body.as_ref().is_some_and(|body| body.len() > REQUEST_BYTES_MAX) {
            return Err(refused(
                Refusal::TooLarge,
                "OFT-E305",
                format!("the request body is over {REQUEST_BYTES_MAX} bytes"),
            ));
        }
        let (name, endpoint, url) = self.locate(&request.target)?;
        self.check_host(&url)?;
        self.check_address(&url)?;
        if !endpoint.methods.contains(&request.method) {
            return Err(denied(format!("{} is not among the methods of endpoint `{name}`", request.method)));
        }
        if !endpoint.paths.iter().any(|pattern| path_matches(pattern, url.path())) {
            return Err(denied(format!("{} is not among the paths of endpoint `{name}`", url.path())));
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| invalid("the method is not a token".to_owned()))?;
        Ok(Approved { endpoint: name.to_owned(), method, headers: self.headers(request)?, url })
    }

    fn locate(&self, target: &Target) -> Result<(&str, &Endpoint, Url), SendError> {
        match target {
            Target::Endpoint(name, path) => {
                let found = self.endpoints.get_key_value(name);
                let (name, (base, endpoint)) =
                    found.ok_or_else(|| denied(format!("endpoint `{name}` is not in the manifest")))?;
                Ok((name, endpoint, join(base, path)?))
            }
            Target::Absolute(text) => {
                if text.len() > URL_BYTES_MAX {
                    return Err(invalid(format!("the URL is over {URL_BYTES_MAX} bytes")));
                }
                let url = Url::parse(text).map_err(|error| invalid(format!("not a URL: {error}")))?;
                plain_path(text, &url)?;
                let found = self.endpoints.iter().find(|(_, (base, endpoint))| {
                    base.origin() == url.origin() && endpoint.paths.iter().any(|path| path_matches(path, url.path()))
                });
                let host = url.host_str().unwrap_or("it");
                let (name, (_, endpoint)) =
                    found.ok_or_else(|| denied(format!("{host} is not an endpoint of the manifest")))?;
                Ok((name, endpoint, url))
            }
        }
    }

    /// A literal address never meets the resolver, so it is checked here.
    fn check_address(&self, url: &Url) -> Result<(), SendError> {
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        if self.grant.allows(literal) {
            return Ok(());
        }
        Err(not_granted(&literal.to_string()))
    }

    fn headers(&self, request: &Request) -> Result<HeaderMap, SendError> {
        let bytes: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if request.headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
            return Err(refused(
                Refusal::TooLarge,
                "OFT-E305",
                format!("more than {HEADERS_MAX} headers or {HEADER_BYTES_MAX} bytes of them"),
            ));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid("a header's name is not a token".to_owned()))?;
            if FORBIDDEN_HEADERS.contains(&name.as_str()) || self.credential_headers.contains(&name) {
                return Err(invalid(format!("the header `{name}` is set by the host alone")));
            }
            let value = HeaderValue::from_str(value)
                .map_err(|_| invalid(format!("the value of `{name}` is not header text")))?;
            headers.append(name, value);
        }
        if let (Some(name), Some(key)) = (&self.idempotency_header, &request.idempotency_key) {
            let value =
                HeaderValue::from_str(key).map_err(|_| invalid("the idempotency key is not header text".to_owned()))?;
            headers.insert(name.clone(), value);
        }
        Ok(headers)
    }
}

fn origin(name: &str, base: &str, grant: &Grant) -> Result<Url, PolicyError> {
    let wrong = |why: &str| PolicyError(format!("endpoint `{name}`: `{base}` {why}"));
    let url = Url::parse(base).map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    match url.scheme() {
        "https" => {}
        "http" if grant.plain_http => {}
        "http" => return Err(wrong("is plain http, which `allow.plain_http` does not grant")),
        _ => return Err(wrong("is neither https nor http")),
    }
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !bare || url.host().is_none() || url.path() != "/" {
        return Err(wrong("is not an origin: scheme, host and port alone"));
    }
    Ok(url)
}

fn join(base: &Url, path: &str) -> Result<Url, SendError> {
    if !path.starts_with('/') || path.starts_with("//") || path.len() > URL_BYTES_MAX {
        return Err(invalid(format!("a path begins with one `/` and has at most {URL_BYTES_MAX} bytes")));
    }
    let url = base.join(path).map_err(|error| invalid(format!("not a path: {error}")))?;
    if url.origin() != base.origin() {
        return Err(denied("the path leads to another origin".to_owned()));
    }
    plain_path(path, &url)?;
    Ok(url)
}

/// What is checked must be what the server sees: no dot segments, no backslashes, no user, no control characters.
fn plain_path(text: &str, url: &Url) -> Result<(), SendError> {
    let path = text.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    let dots = path.split(['/', '\\']).any(|segment| segment == "." || segment == "..");
    if dots || path.contains('\\') || path.contains("%2f") || path.contains("%5c") {
        return Err(invalid("the path has dot segments or encoded slashes".to_owned()));
    }
    if text.chars().any(char::is_control) || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("the URL has control characters or a user".to_owned()));
    }
    Ok(())
}

/// `*` is one segment, `**` any number of them.
fn path_matches(pattern: &str, path: &str) -> bool {
    fn walk(pattern: &[&str], path: &[&str]) -> bool {
        match (pattern, path) {
            ([], []) => true,
            (["**", rest @ ..], _) => walk(rest, path) || matches!(path, [_, tail @ ..] if walk(pattern, tail)),
            ([first, rest @ ..], [segment, tail @ ..]) => (*first == "*" || first == segment) && walk(rest, tail),
            _ => false,
        }
    }
    let split = |text: &'_ str| -> Vec<String> { text.trim_start_matches('/').split('/').map(str::to_owned).collect() };
    let (pattern, path) = (split(pattern), split(path));
    let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    walk(&pattern, &path)
}

pub(crate) fn refused(refusal: Refusal, code: &'static str, message: String) -> SendError {
    SendError::Refused { refusal, code, message }
}

fn denied(message: String) -> SendError {
    refused(Refusal::DeniedByPolicy, "OFT-E302", message)
}

fn invalid(message: String) -> SendError {
    refused(Refusal::InvalidRequest, "OFT-E304", message)
}

pub(crate) fn not_granted(address: &str) -> SendError {
    refused(
        Refusal::DeniedByPolicy,
        "OFT-E301",
        format!("{address} is not a public address that `allow.networks` of the connection grants, or is blocked"),
    )
}

#[cfg(test)]
mod tests {
    use offtake_core::grant::{Block, Granted};

    use super::*;

    fn manifest() -> Manifest {
        serde_json::from_value(serde_json::json!({
            "schema": "offtake.manifest/1", "id": "x", "name": "X", "version": "1.0.0", "wit": "offtake:destination@0.1.0",
            "endpoints": {"api": {"base": "https://api.example.com", "methods": ["GET", "POST"], "paths": ["/crm/**", "/one/*/two"]}},
            "credentials": {"key": {"kind": "header", "header": "X-Api-Key", "endpoints": ["api"]}},
            "idempotency_header": "Idempotency-Key"
        }))
        .unwrap()
    }

    fn policy() -> Policy {
        Policy::new(&manifest(), &BTreeMap::new(), Grant::default()).unwrap()
    }

    fn request(target: Target) -> Request {
        Request {
            method: "GET".into(),
            target,
            headers: Vec::new(),
            body: None,
            auth: None,
            timeout: None,
            idempotency_key: Some("k1".into()),
            max_response_bytes: None,
        }
    }

    fn refusal(request: &Request) -> Option<Refusal> {
        match policy().approve(request) {
            Err(SendError::Refused { refusal, .. }) => Some(refusal),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn paths_of_the_manifest_are_allowed_and_no_others() {
        let cases = [
            ("/crm/objects/2026-03/contacts", None),
            ("/crm/x?after=1&b=..", None),
            ("/one/a/two", None),
            ("/one/a/b/two", Some(Refusal::DeniedByPolicy)),
            ("/oauth/token", Some(Refusal::DeniedByPolicy)),
            ("/crm/../oauth/token", Some(Refusal::InvalidRequest)),
            ("/crm/%2e%2E/oauth", Some(Refusal::InvalidRequest)),
            ("/crm/%2foauth", Some(Refusal::InvalidRequest)),
            ("/crm\\..\\oauth", Some(Refusal::InvalidRequest)),
            ("//evil.example/crm/x", Some(Refusal::InvalidRequest)),
            ("crm/x", Some(Refusal::InvalidRequest)),
            ("/crm/a\r\nb", Some(Refusal::InvalidRequest)),
        ];
        for (path, expected) in cases {
            assert_eq!(refusal(&request(Target::Endpoint("api".into(), path.into()))), expected, "{path}");
        }
    }

    #[test]
    fn absolute_links_pass_the_same_check() {
        let cases = [
            ("https://api.example.com/crm/next?after=2", None),
            ("https://API.EXAMPLE.COM:443/crm/next", None),
            ("http://api.example.com/crm/next", Some(Refusal::DeniedByPolicy)),
            ("https://api.example.com:444/crm/next", Some(Refusal::DeniedByPolicy)),
            ("https://api.example.com.evil.example/crm/next", Some(Refusal::DeniedByPolicy)),
            ("https://api.example.com@evil.example/crm/x", Some(Refusal::InvalidRequest)),
            ("https://user@api.example.com/crm/x", Some(Refusal::InvalidRequest)),
            ("https://169.254.169.254/crm/x", Some(Refusal::DeniedByPolicy)),
            ("file:///etc/passwd", Some(Refusal::DeniedByPolicy)),
        ];
        for (url, expected) in cases {
            assert_eq!(refusal(&request(Target::Absolute(url.into()))), expected, "{url}");
        }
    }

    #[test]
    fn headers_of_the_host_are_not_the_guests() {
        for name in ["Authorization", "HOST", "cookie", "x-api-key", "Transfer-Encoding", "Content-Length"] {
            let mut request = request(Target::Endpoint("api".into(), "/crm/x".into()));
            request.headers = vec![(name.into(), "v".into())];
            assert_eq!(refusal(&request), Some(Refusal::InvalidRequest), "{name}");
        }
        let mut smuggled = request(Target::Endpoint("api".into(), "/crm/x".into()));
        smuggled.headers = vec![("X-A".into(), "1\r\nAuthorization: Bearer x".into())];
        assert_eq!(refusal(&smuggled), Some(Refusal::InvalidRequest));
        smuggled.headers = vec![("X-A".into(), "1".into()); 65];
        assert_eq!(refusal(&smuggled), Some(Refusal::TooLarge));
    }

    #[test]
    fn a_manifest_cannot_claim_the_hosts_headers() {
        for header in ["Host", "Authorization", "Cookie", "x-api-key", "Content-Length", "Accept-Encoding"] {
            let mut manifest = manifest();
            manifest.idempotency_header = Some(header.to_owned());
            assert!(Policy::new(&manifest, &BTreeMap::new(), Grant::default()).is_err(), "{header}");
        }
        let mut manifest = manifest();
        manifest.credentials.values_mut().for_each(|slot| slot.header = "Host".to_owned());
        assert!(Policy::new(&manifest, &BTreeMap::new(), Grant::default()).is_err());
    }

    #[test]
    fn the_operator_narrows_what_may_be_reached() {
        let target = request(Target::Endpoint("api".into(), "/crm/x".into()));
        let hosts = |hosts: &[&str]| hosts.iter().map(|host| host.parse().unwrap()).collect::<Vec<_>>();
        let granted = |list: &[&str]| Granted { hosts: Some(hosts(list)), ..Granted::default() };
        let block = |list: &[&str]| Block { hosts: hosts(list), networks: Vec::new() };
        let cases = [
            (Granted::default(), Block::default(), None),
            (granted(&["api.example.com"]), Block::default(), None),
            (granted(&["*.example.com"]), Block::default(), None),
            (granted(&["files.example.com"]), Block::default(), Some("OFT-E308")),
            (granted(&[]), Block::default(), Some("OFT-E308")),
            (granted(&["api.example.com"]), block(&["*.example.com"]), Some("OFT-E309")),
        ];
        for (connector, block, expected) in cases {
            let grant = Grant { connector: connector.clone(), block, ..Grant::default() };
            let approved = Policy::new(&manifest(), &BTreeMap::new(), grant).unwrap().approve(&target);
            let code = match approved {
                Err(SendError::Refused { code, .. }) => Some(code),
                _ => None,
            };
            assert_eq!(code, expected, "{connector:?}");
        }
    }

    #[test]
    fn the_idempotency_key_goes_into_the_manifests_header() {
        let approved = policy().approve(&request(Target::Endpoint("api".into(), "/crm/x".into()))).unwrap();
        assert_eq!(approved.headers.get("idempotency-key").unwrap(), "k1");
    }

    #[test]
    fn plain_http_and_loopback_each_need_their_grant() {
        let sim = BTreeMap::from([("api".to_owned(), "http://127.0.0.1:9".to_owned())]);
        assert!(Policy::new(&manifest(), &sim, Grant::default()).is_err());
        let http = Grant { plain_http: true, ..Grant::default() };
        let target = request(Target::Endpoint("api".into(), "/crm/x".into()));
        let half = Policy::new(&manifest(), &sim, http.clone()).unwrap();
        assert!(matches!(half.approve(&target), Err(SendError::Refused { code: "OFT-E301", .. })));
        let whole = Grant { networks: vec!["127.0.0.0/8".parse().unwrap()], ..http };
        assert!(Policy::new(&manifest(), &sim, whole).unwrap().approve(&target).is_ok());
        let unknown = BTreeMap::from([("other".to_owned(), "https://a.example".to_owned())]);
        assert!(Policy::new(&manifest(), &unknown, Grant::default()).is_err());
    }
}
