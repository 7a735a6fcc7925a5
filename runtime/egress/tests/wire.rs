//! What leaves, and what comes back, on a real socket?

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

#[path = "wire/hostile.rs"]
mod hostile;
#[path = "wire/tls.rs"]
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as Incoming, State};
use axum::http::StatusCode;
use axum::response::Response as Answer;
use offtake_core::destination::Rate;
use offtake_core::manifest::Manifest;
use offtake_core::ports::{Egress, Request, SendError, Target};
use offtake_egress::{Audit, Credentials, Grant, Limiters, Options, Outbound, Policy, Quotas, Secret};

const SECRET: &str = "pat-na1-0123456789";
/// Begins with the other, as versions of a secret may.
const ROTATED: &str = "pat-na1-0123456789-b";

type Seen = Arc<Mutex<Vec<(String, String)>>>;

async fn vendor() -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let answer = |State(seen): State<Seen>, request: Incoming| async move {
        let path = request.uri().path().to_owned();
        let told = if path == "/crm/signed" { "webhook-signature" } else { "authorization" };
        let sent = request.headers().get(told).map_or("", |value| value.to_str().unwrap()).to_owned();
        drop(request);
        seen.lock().unwrap().push((path.clone(), sent.clone()));
        match path.as_str() {
            "/crm/redirect" => Answer::builder()
                .status(302)
                .header("location", "http://127.0.0.1:1/crm/x")
                .body(Body::empty())
                .unwrap(),
            "/crm/huge" => Answer::new(Body::from(vec![b'x'; 17 << 20])),
            "/crm/guarded" if sent != format!("Bearer {ROTATED}") => {
                Answer::builder().status(401).body(Body::from(format!("{sent} is no more"))).unwrap()
            }
            "/crm/guarded" => Answer::new(Body::from(format!("{sent} is good"))),
            "/crm/busy" => Answer::builder().status(429).header("retry-after", "1").body(Body::empty()).unwrap(),
            "/crm/day" => {
                Answer::builder().header("sforce-limit-info", "api-usage=95/100").body(Body::empty()).unwrap()
            }
            "/crm/slow" => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Answer::new(Body::empty())
            }
            "/crm/echo" => {
                let body = format!("you said {sent}");
                Answer::builder().header("x-echo", &sent).header("set-cookie", "a=b").body(Body::from(body)).unwrap()
            }
            _ => Answer::builder().status(StatusCode::NOT_FOUND).body(Body::from("no")).unwrap(),
        }
    };
    let router = Router::new().fallback(answer).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, seen)
}

fn outbound(base: &str, networks: &[&str], audit: Option<&Path>) -> Outbound {
    outbound_among(&Limiters::default(), base, networks, audit)
}

fn outbound_among(limiters: &Limiters, base: &str, networks: &[&str], audit: Option<&Path>) -> Outbound {
    outbound_with(Secret::new(SECRET.to_owned()), limiters, base, networks, audit)
}

fn outbound_with(secret: Secret, limiters: &Limiters, base: &str, networks: &[&str], audit: Option<&Path>) -> Outbound {
    let manifest: Manifest = serde_json::from_value(serde_json::json!({
        "schema": "offtake.manifest/1", "id": "x", "name": "X", "version": "1.0.0", "wit": "offtake:destination@0.1.0",
        "endpoints": {"api": {"base": "https://api.example.com", "methods": ["GET"], "paths": ["/crm/**"]}},
        "credentials": {"token": {"kind": "bearer", "header": "Authorization", "endpoints": ["api"]}},
        "quotas": {"daily": {"header": "Sforce-Limit-Info", "prefix": "api-usage="}}
    }))
    .unwrap();
    let grant = Grant {
        plain_http: true,
        networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
        ..Grant::default()
    };
    let overrides = BTreeMap::from([("api".to_owned(), base.to_owned())]);
    let secrets = BTreeMap::from([("token".to_owned(), secret)]);
    let options = Options {
        connection: "crm".to_owned(),
        connector: "x@1.0.0".to_owned(),
        policy: Policy::new(&manifest, &overrides, grant).unwrap(),
        credentials: Credentials::new(&manifest.credentials, secrets),
        bucket: "crm".to_owned(),
        quotas: Quotas::new(manifest.quotas, 0.05),
        audit: audit.map(|path| Audit::open(path).unwrap()),
    };
    Outbound::new(options, limiters).unwrap()
}

fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        target: Target::Endpoint("api".to_owned(), path.to_owned()),
        headers: Vec::new(),
        body: None,
        auth: Some("token".to_owned()),
        timeout: Some(Duration::from_millis(500)),
        idempotency_key: None,
        max_response_bytes: None,
    }
}

#[tokio::test]
async fn d13_redirects_are_answers_and_not_followed() {
    let (address, seen) = vendor().await;
    let outbound = outbound(&format!("http://{address}"), &["127.0.0.1/32"], None);
    let response = outbound.send(get("/crm/redirect"), &()).await.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(outbound.requests(), 1);
}

#[tokio::test]
async fn d9_an_answer_past_the_cap_is_cut_and_its_effect_unknown() {
    let (address, _) = vendor().await;
    let outbound = outbound(&format!("http://{address}"), &["127.0.0.1/32"], None);
    let mut small = get("/crm/echo");
    small.max_response_bytes = Some(4);
    for request in [get("/crm/huge"), small] {
        let request = Request { timeout: None, ..request };
        assert!(matches!(outbound.send(request, &()).await, Err(SendError::Reset(why)) if why.contains("OFT-E112")));
    }
}

#[tokio::test]
async fn the_secret_arrives_and_does_not_come_back() {
    let (address, seen) = vendor().await;
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let outbound = outbound(&format!("http://{address}"), &["127.0.0.1/32"], Some(&audit));
    let response = outbound.send(get("/crm/echo?after=1"), &()).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].1, format!("Bearer {SECRET}"));
    let body = String::from_utf8(response.body).unwrap();
    assert_eq!(body, "you said Bearer [redacted]");
    assert!(response.headers.iter().any(|(name, value)| name == "x-echo" && value == "Bearer [redacted]"));
    assert!(response.headers.iter().all(|(name, _)| name != "set-cookie"));
    let line = std::fs::read_to_string(&audit).unwrap();
    assert!(
        line.contains("\"status\":200") && line.contains("/crm/echo") && line.contains("\"credential\":\"token\""),
        "{line}"
    );
    assert!(!line.contains(SECRET) && !line.contains("after="), "{line}");
    assert!(line.contains("\"request_sha256\":null"), "{line}");
    outbound.send(Request { body: Some(b"abc".to_vec()), ..get("/crm/echo") }, &()).await.unwrap();
    let line = std::fs::read_to_string(&audit).unwrap();
    assert!(line.contains("\"request_sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""));
}

#[tokio::test]
async fn without_the_grant_nothing_is_dialled_under_any_name() {
    let (address, seen) = vendor().await;
    let port = address.port();
    for base in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}"), format!("http://[::1]:{port}")]
    {
        let outbound = outbound(&base, &["127.0.0.2/32"], None);
        let refused = outbound.send(get("/crm/echo"), &()).await;
        assert!(matches!(refused, Err(SendError::Refused { code: "OFT-E301", .. })), "{base}: {refused:?}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_the_wire_says_tells_whether_anything_was_sent() {
    let (address, _) = vendor().await;
    let granted = ["127.0.0.0/8"];
    let slow = outbound(&format!("http://{address}"), &granted, None).send(get("/crm/slow"), &()).await;
    assert_eq!(slow, Err(SendError::Timeout));
    let closed = outbound("http://127.0.0.1:1", &granted, None).send(get("/crm/x"), &()).await;
    assert!(matches!(closed, Err(SendError::Connect(_))), "{closed:?}");
    let nowhere = outbound("http://offtake.invalid", &granted, None).send(get("/crm/x"), &()).await;
    assert!(matches!(nowhere, Err(SendError::Dns(_))), "{nowhere:?}");
    let plain = outbound(&format!("https://localhost:{}", address.port()), &["127.0.0.0/8", "::1/128"], None)
        .send(get("/crm/x"), &())
        .await;
    assert!(matches!(plain, Err(SendError::Tls(_))), "{plain:?}");
}

#[tokio::test]
async fn requests_keep_the_vendors_distance() {
    let (address, _) = vendor().await;
    let outbound = outbound(&format!("http://{address}"), &["127.0.0.1/32"], None);
    outbound.keep_to(&[Rate { requests: 11, window: Duration::from_millis(1_000) }]);
    let started = Instant::now();
    for _ in 0..6 {
        outbound.send(get("/crm/x"), &()).await.unwrap();
    }
    assert!(started.elapsed() >= Duration::from_millis(465), "six requests have five gaps of 93 ms");
}

#[tokio::test]
async fn d1_a_refusal_for_the_rate_pauses_all_connections_with_the_credential() {
    let (address, seen) = vendor().await;
    let limiters = Limiters::default();
    let base = format!("http://{address}");
    let [one, other] = [(); 2].map(|()| outbound_among(&limiters, &base, &["127.0.0.1/32"], None));
    let started = Instant::now();
    assert_eq!(one.send(get("/crm/busy"), &()).await.unwrap().status, 429);
    assert_eq!(other.send(get("/crm/x"), &()).await.unwrap().status, 404);
    assert!(started.elapsed() >= Duration::from_secs(1), "the vendor asked for a second");
    let started = Instant::now();
    one.pause(Duration::from_millis(400));
    other.send(get("/crm/x"), &()).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(400), "the connector asked for it");
    assert_eq!(seen.lock().unwrap().len(), 3, "a pause refuses nothing");
}

#[tokio::test]
async fn the_rest_of_a_quota_is_left_to_others_by_all_connections_with_the_credential() {
    let (address, seen) = vendor().await;
    let limiters = Limiters::default();
    let base = format!("http://{address}");
    let [one, other] = [(); 2].map(|()| outbound_among(&limiters, &base, &["127.0.0.1/32"], None));
    assert_eq!(one.send(get("/crm/day"), &()).await.unwrap().status, 200);
    for way_out in [one, other] {
        let refused = way_out.send(get("/crm/x"), &()).await;
        let Err(SendError::Refused { code: "OFT-E312", message, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(message, "95 of the 100 requests of the daily quota are used, and 5 % are left to others");
    }
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn signatures_are_made_at_their_endpoints_and_their_headers_are_the_hosts() {
    let (address, seen) = vendor().await;
    let manifest: Manifest = serde_json::from_value(serde_json::json!({
        "schema": "offtake.manifest/1", "id": "x", "name": "X", "version": "1.0.0", "wit": "offtake:destination@0.1.0",
        "endpoints": {
            "api": {"base": "https://api.example.com", "methods": ["GET"], "paths": ["/crm/**"]},
            "other": {"base": "https://other.example.com", "methods": ["GET"], "paths": ["/crm/**"]}
        },
        "credentials": {"signing": {
            "kind": "standard_webhooks", "header": "webhook-signature", "endpoints": ["api"], "optional": true}}
    }))
    .unwrap();
    let grant = Grant { plain_http: true, networks: vec!["127.0.0.1/32".parse().unwrap()], ..Grant::default() };
    let base = format!("http://{address}");
    let overrides = BTreeMap::from([("api".to_owned(), base.clone()), ("other".to_owned(), base)]);
    let outbound = |secret: &str| {
        let secrets = BTreeMap::from([("signing".to_owned(), Secret::new(secret.to_owned()))]);
        let options = Options {
            connection: "crm".to_owned(),
            connector: "x@1.0.0".to_owned(),
            policy: Policy::new(&manifest, &overrides, grant.clone()).unwrap(),
            credentials: Credentials::new(&manifest.credentials, secrets),
            bucket: "crm".to_owned(),
            quotas: Quotas::default(),
            audit: None,
        };
        Outbound::new(options, &Limiters::default()).unwrap()
    };
    let signing = outbound("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let bare = Request { auth: None, ..get("/crm/signed") };
    signing.send(bare.clone(), &()).await.unwrap();
    let elsewhere = Target::Endpoint("other".to_owned(), "/crm/signed".to_owned());
    signing.send(Request { target: elsewhere, ..bare.clone() }, &()).await.unwrap();
    let signatures: Vec<bool> = seen.lock().unwrap().iter().map(|(_, sent)| sent.starts_with("v1,")).collect();
    assert_eq!(signatures, [true, false]);
    for name in ["webhook-id", "Webhook-Timestamp", "webhook-signature"] {
        let forged = Request { headers: vec![(name.to_owned(), "x".to_owned())], ..bare.clone() };
        assert!(matches!(signing.send(forged, &()).await, Err(SendError::Refused { code: "OFT-E304", .. })), "{name}");
    }
    for (way_out, request) in
        [(&signing, Request { auth: Some("signing".to_owned()), ..bare.clone() }), (&outbound("no base64!"), bare)]
    {
        let refused = way_out.send(request, &()).await;
        assert!(matches!(refused, Err(SendError::Refused { code: "OFT-E306", .. })), "{refused:?}");
    }
    assert_eq!(seen.lock().unwrap().len(), 2, "what is refused does not leave");
}

#[tokio::test]
async fn a_request_that_is_given_up_is_written_down() {
    let (address, seen) = vendor().await;
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let outbound = outbound(&format!("http://{address}"), &["127.0.0.1/32"], Some(&audit));
    let unanswered = Request { timeout: None, ..get("/crm/slow?secret=1") };
    {
        let mut sending = std::pin::pin!(outbound.send(unanswered, &()));
        while seen.lock().unwrap().is_empty() {
            assert!(tokio::time::timeout(Duration::from_millis(10), &mut sending).await.is_err());
        }
    }
    // One that never left is none of the requests that left.
    outbound.pause(Duration::from_secs(60));
    assert!(tokio::time::timeout(Duration::from_millis(10), outbound.send(get("/crm/x"), &())).await.is_err());
    let lines = std::fs::read_to_string(&audit).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("/crm/slow\"") && lines.contains("\"error\":\"abandoned"), "{lines}");
    assert!(lines.contains("\"status\":null"), "{lines}");
}

#[tokio::test]
async fn a_rotated_secret_is_read_again_and_the_request_sent_once_more() {
    let (address, seen) = vendor().await;
    let folder = tempfile::tempdir().unwrap();
    // What stands in the secret's place when it is refused, and the status and the requests that come of it.
    let cases = [(ROTATED, 200, 2), (SECRET, 401, 1), ("pat-na1-neither", 401, 2)];
    for (found, status, requests) in cases {
        seen.lock().unwrap().clear();
        let audit = folder.path().join(format!("{found}.jsonl"));
        let secret = Secret::new(SECRET.to_owned()).read_again_by(|| Ok(found.into()));
        let base = format!("http://{address}");
        let outbound = outbound_with(secret, &Limiters::default(), &base, &["127.0.0.1/32"], Some(&audit));
        let response = outbound.send(get("/crm/guarded"), &()).await.unwrap();
        assert_eq!((response.status, outbound.requests()), (status, requests), "{found}");
        let body = String::from_utf8(response.body).unwrap();
        assert!(body.starts_with("Bearer [redacted] is"), "{found}: {body}");
        let sent: Vec<String> = seen.lock().unwrap().iter().map(|(_, sent)| sent.clone()).collect();
        let expected = [format!("Bearer {SECRET}"), format!("Bearer {found}")];
        assert_eq!(sent, expected[..sent.len()], "{found}");
        let lines = std::fs::read_to_string(&audit).unwrap();
        let statuses = ["\"status\":401".to_owned(), format!("\"status\":{status}")];
        let told = lines.lines().zip(&statuses).filter(|(line, status)| line.contains(*status)).count();
        assert_eq!((lines.lines().count(), told), (sent.len(), sent.len()), "{lines}");
        assert_eq!(outbound.redact(&format!("{SECRET} {found}")), "[redacted] [redacted]");
        assert!(!lines.contains("pat-na1"), "{lines}");
    }
}

#[tokio::test]
async fn a_request_without_a_secret_is_not_sent_again() {
    let (address, _) = vendor().await;
    let secret = Secret::new(SECRET.to_owned()).read_again_by(|| Ok(ROTATED.into()));
    let base = format!("http://{address}");
    let outbound = outbound_with(secret, &Limiters::default(), &base, &["127.0.0.1/32"], None);
    let bare = Request { auth: None, ..get("/crm/guarded") };
    assert_eq!(outbound.send(bare, &()).await.unwrap().status, 401);
    assert_eq!(outbound.requests(), 1);
}
