//! Are access tokens got, kept and replaced so that none is lost and no guest sees one?

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stand outside of test functions")]

#[path = "oauth2/authority.rs"]
mod authority;
#[path = "oauth2/place.rs"]
mod place;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use offtake_core::manifest::Manifest;
use offtake_core::ports::{Egress, Request, SendError, Target};
use offtake_egress::{
    Assertion, Audit, Credentials, Grant, Limiters, OAuth2, Options, Outbound, Policy, Quotas, Secret, TokenGrant,
};
use serde_json::{Value, json};

use authority::Authority;
use place::Place;

const CLIENT_SECRET: &str = "client-s3cr3t-marked";
const FIRST_REFRESH: &str = "refresh-0-marked";
const RSA_KEY: &str = include_str!("oauth2/rsa.pem");
const RSA_PUBLIC: &str = include_str!("oauth2/rsa.pub.pem");
const EC_KEY: &str = include_str!("oauth2/ec.pem");
const EC_PUBLIC: &str = include_str!("oauth2/ec.pub.pem");

fn manifest(extra: &Value) -> Manifest {
    let mut oauth2 = json!({
        "endpoint": "login", "path": "/oauth/token",
        "flows": ["client_credentials", "refresh_token", "jwt_bearer"], "scopes": ["crm.write", "crm.read"]
    });
    let more = extra.as_object().unwrap().clone();
    oauth2.as_object_mut().unwrap().extend(more);
    serde_json::from_value(json!({
        "schema": "offtake.manifest/1", "id": "x", "name": "X", "version": "1.0.0", "wit": "offtake:destination@0.1.0",
        "endpoints": {
            "api": {"base": "https://api.example.com", "methods": ["GET", "POST"], "paths": ["/crm/**"]},
            "login": {"base": "https://login.example.com", "methods": ["GET"], "paths": ["/hello"]}
        },
        "credentials": {"token": {"kind": "bearer", "endpoints": ["api"], "oauth2": oauth2}}
    }))
    .unwrap()
}

fn settings(grant: TokenGrant) -> OAuth2 {
    OAuth2 { grant, client_id: "the-client".to_owned(), client_secret: Some(Secret::new(CLIENT_SECRET)), scopes: None }
}

fn rotating(place: &Arc<Place>) -> OAuth2 {
    settings(TokenGrant::RefreshToken { initial: Secret::new(FIRST_REFRESH), vault: place.clone() })
}

fn outbound(authority: &Authority, manifest: &Manifest, oauth2: OAuth2, audit: Option<&Path>) -> Outbound {
    let base = authority.base();
    let overrides = BTreeMap::from([("api".to_owned(), base.clone()), ("login".to_owned(), base)]);
    let grant = Grant { plain_http: true, networks: vec!["127.0.0.1/32".parse().unwrap()], ..Grant::default() };
    let options = Options {
        connection: "crm".to_owned(),
        connector: "x@1.0.0".to_owned(),
        policy: Policy::new(manifest, &overrides, grant).unwrap(),
        credentials: Credentials::new(&manifest.credentials, BTreeMap::from([("token".to_owned(), oauth2)])),
        bucket: "crm".to_owned(),
        quotas: Quotas::default(),
        audit: audit.map(|path| Audit::open(path).unwrap()),
    };
    Outbound::new(options, &Limiters::default()).unwrap()
}

fn request(endpoint: &str, method: &str, path: &str, auth: Option<&str>) -> Request {
    Request {
        method: method.to_owned(),
        target: Target::Endpoint(endpoint.to_owned(), path.to_owned()),
        headers: Vec::new(),
        body: None,
        auth: auth.map(str::to_owned),
        timeout: None,
        idempotency_key: None,
        max_response_bytes: None,
    }
}

async fn get(outbound: &Outbound, path: &str) -> Result<(u16, String), SendError> {
    let response = outbound.send(request("api", "GET", path, Some("token")), &()).await?;
    Ok((response.status, String::from_utf8(response.body).unwrap()))
}

fn code(result: &Result<(u16, String), SendError>) -> &'static str {
    match result {
        Err(SendError::Refused { code, .. }) => code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn every_flow_is_asked_in_the_vendors_way() {
    let assertion = |key: &str| {
        TokenGrant::JwtBearer(Assertion {
            key: Secret::new(key),
            key_id: Some("k1".to_owned()),
            issuer: "the-client".to_owned(),
            subject: "robot@example.com".to_owned(),
            audience: "https://login.example.com".to_owned(),
        })
    };
    let refresh = || TokenGrant::RefreshToken { initial: Secret::new(FIRST_REFRESH), vault: Place::new() };
    let cases: Vec<(&str, TokenGrant, Value)> = vec![
        ("client credentials, form", TokenGrant::ClientCredentials, json!({})),
        ("client credentials, basic", TokenGrant::ClientCredentials, json!({"client_auth": "basic"})),
        ("client credentials, JSON", TokenGrant::ClientCredentials, json!({"request": "json"})),
        ("client credentials, query", TokenGrant::ClientCredentials, json!({"request": "query"})),
        ("refresh token, form", refresh(), json!({})),
        ("refresh token, JSON", refresh(), json!({"request": "json"})),
        ("assertion, RSA", assertion(RSA_KEY), json!({})),
        ("assertion, P-256", assertion(EC_KEY), json!({})),
    ];
    for (what, grant, extra) in cases {
        let authority = Authority::start().await;
        let outbound = outbound(&authority, &manifest(&extra), settings(grant), None);
        assert_eq!(get(&outbound, "/crm/x").await.unwrap().0, 200, "{what}");
        assert_eq!(authority.issued(), 1, "{what}");
        let asked = authority.last_asked();
        assert_eq!(asked.get("scope").map(String::as_str), Some("crm.write crm.read"), "{what}");
    }
}

#[tokio::test]
async fn one_token_serves_all_calls_until_it_expires() {
    let authority = Authority::start().await;
    let outbound = outbound(&authority, &manifest(&json!({})), settings(TokenGrant::ClientCredentials), None);
    let together = futures::future::join_all((0..20).map(|_| get(&outbound, "/crm/x"))).await;
    assert!(together.iter().all(|result| result.as_ref().is_ok_and(|(status, _)| *status == 200)));
    assert_eq!(authority.issued(), 1);
    authority.expires_in.store(2, Ordering::SeqCst);
    authority.revoke();
    // The vendor says 401: the token is replaced once, without anybody noticing.
    assert_eq!(get(&outbound, "/crm/x").await.unwrap().0, 200);
    assert_eq!(authority.issued(), 2);
    // A token that lives for two seconds is replaced after one and a half, before the vendor refuses it.
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    authority.refusals.store(0, Ordering::SeqCst);
    assert_eq!(get(&outbound, "/crm/x").await.unwrap().0, 200);
    assert_eq!((authority.issued(), authority.refusals.load(Ordering::SeqCst)), (3, 0));
}

#[tokio::test]
async fn a_token_that_the_vendor_refuses_again_is_not_asked_for_a_third_time() {
    let authority = Authority::start().await;
    let outbound = outbound(&authority, &manifest(&json!({})), settings(TokenGrant::ClientCredentials), None);
    let (status, _) = get(&outbound, "/crm/forbidden").await.unwrap();
    assert_eq!((status, authority.issued()), (401, 2));
}

#[tokio::test]
async fn a_replaced_refresh_token_is_on_disk_before_its_access_token_is_used() {
    let authority = Authority::start().await;
    let place = Place::new();
    let outbound = outbound(&authority, &manifest(&json!({})), rotating(&place), None);
    place.fail(true);
    assert_eq!(code(&get(&outbound, "/crm/x").await), "OFT-A006");
    assert_eq!((authority.issued(), authority.used()), (1, 0), "what was not kept was not used");
    place.fail(false);
    // The vendor has replaced the first token, so it must not be asked with it again: the pair in memory is kept now.
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(get(&outbound, "/crm/x").await.unwrap().0, 200);
    assert_eq!(authority.issued(), 1);
    assert!(place.text().unwrap().contains("refresh-1"));
}

#[tokio::test]
async fn connections_and_processes_share_what_was_replaced() {
    let authority = Authority::start().await;
    let place = Place::new();
    let first = outbound(&authority, &manifest(&json!({})), rotating(&place), None);
    let second = outbound(&authority, &manifest(&json!({})), rotating(&place), None);
    let (one, two) = tokio::join!(get(&first, "/crm/x"), get(&second, "/crm/x"));
    assert_eq!((one.unwrap().0, two.unwrap().0), (200, 200));
    assert_eq!(authority.issued(), 1, "the second found the token that the first had kept");
    // Each refreshes in turn, always with the newest refresh token, for the vendor refuses every other; and the other one
    // finds what was kept.
    for (refreshing, other) in [(&first, &second), (&second, &first), (&first, &second), (&second, &first)] {
        authority.revoke();
        assert_eq!(get(refreshing, "/crm/x").await.unwrap().0, 200);
        assert_eq!(get(other, "/crm/x").await.unwrap().0, 200);
    }
    let third = outbound(&authority, &manifest(&json!({})), rotating(&place), None);
    assert_eq!(get(&third, "/crm/x").await.unwrap().0, 200);
    assert_eq!(authority.issued(), 5);
}

#[tokio::test]
async fn a_call_that_is_given_up_loses_no_refresh_token() {
    let authority = Authority::start().await;
    let place = Place::new();
    let outbound = outbound(&authority, &manifest(&json!({})), rotating(&place), None);
    authority.slow.store(true, Ordering::SeqCst);
    let given_up = tokio::time::timeout(Duration::from_millis(100), get(&outbound, "/crm/x")).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(place.text().unwrap().contains("refresh-1"), "the exchange went on without the call");
    assert_eq!(get(&outbound, "/crm/x").await.unwrap().0, 200);
    assert_eq!(authority.issued(), 1);
}

#[tokio::test]
async fn another_first_refresh_token_makes_the_kept_pair_void() {
    let authority = Authority::start().await;
    let place = Place::new();
    assert_eq!(
        get(&outbound(&authority, &manifest(&json!({})), rotating(&place), None), "/crm/x").await.unwrap().0,
        200
    );
    authority.accept("refresh-consented-again");
    let renewed =
        settings(TokenGrant::RefreshToken { initial: Secret::new("refresh-consented-again"), vault: place.clone() });
    let renewed = outbound(&authority, &manifest(&json!({})), renewed, None);
    assert_eq!(get(&renewed, "/crm/x").await.unwrap().0, 200);
    assert_eq!(authority.last_asked().get("refresh_token").unwrap(), "refresh-consented-again");
}

#[tokio::test]
async fn a_refused_client_is_told_so_and_not_asked_for_again_at_once() {
    let authority = Authority::start().await;
    let mut oauth2 = settings(TokenGrant::ClientCredentials);
    oauth2.client_secret = Some(Secret::new("wrong-s3cr3t"));
    let outbound = outbound(&authority, &manifest(&json!({})), oauth2, None);
    for _ in 0..5 {
        let refused = get(&outbound, "/crm/x").await;
        assert_eq!(code(&refused), "OFT-A004");
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("invalid_client") && !said.contains("wrong-s3cr3t"), "{said}");
    }
    assert_eq!((authority.asked(), authority.used()), (1, 0));
}

#[tokio::test]
async fn an_outage_of_the_authority_is_no_refusal() {
    let authority = Authority::start().await;
    authority.down.store(true, Ordering::SeqCst);
    let outbound = outbound(&authority, &manifest(&json!({})), settings(TokenGrant::ClientCredentials), None);
    assert!(matches!(get(&outbound, "/crm/x").await, Err(SendError::Connect(_))));
}

#[tokio::test]
async fn tokens_come_back_to_no_guest_and_stand_in_no_audit() {
    let authority = Authority::start().await;
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let place = Place::new();
    let outbound = outbound(&authority, &manifest(&json!({})), rotating(&place), Some(&audit));
    let mut heard = String::new();
    for _ in 0..3 {
        let (status, body) = get(&outbound, "/crm/echo").await.unwrap();
        assert_eq!(status, 200);
        heard.push_str(&body);
        authority.revoke();
    }
    let lines = std::fs::read_to_string(&audit).unwrap();
    for marked in [CLIENT_SECRET, "refresh-0", "refresh-1", "access-1-marked", "access-2-marked", "access-3-marked"] {
        assert!(!heard.contains(marked), "{marked} in {heard}");
        assert!(!lines.contains(marked), "{marked} in {lines}");
    }
    assert!(heard.contains("[redacted]"));
    let of_host = lines.lines().filter(|line| line.contains("\"token_request\":true")).count();
    assert_eq!((of_host, lines.contains("/oauth/token")), (3, true));
}

#[tokio::test]
async fn the_guest_cannot_ask_for_tokens_itself() {
    let authority = Authority::start().await;
    let outbound = outbound(&authority, &manifest(&json!({})), settings(TokenGrant::ClientCredentials), None);
    for (endpoint, method, auth) in [
        ("login", "GET", None),
        ("login", "POST", None),
        ("api", "GET", Some("token")),
        ("login", "GET", Some("token")),
    ] {
        let refused = outbound.send(request(endpoint, method, "/oauth/token", auth), &()).await;
        assert!(matches!(refused, Err(SendError::Refused { .. })), "{endpoint} {method}");
    }
    assert_eq!(authority.asked(), 0);
}
