//! Is a secret replaced when it should be, and sent only where it may go?

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::Secret;
use super::*;

fn bound(secret: Secret) -> Slots {
    let slot = CredentialSlot {
        kind: CredentialKind::Bearer,
        header: "Authorization".into(),
        endpoints: vec!["api".into()],
        description: String::new(),
        optional: false,
        oauth2: None,
    };
    let declared = BTreeMap::from([("token".to_owned(), slot)]);
    let credentials = Credentials::new(&declared, BTreeMap::from([("token".to_owned(), secret)]));
    let none = |_: &str, _: &CredentialSlot, _| Err(PolicyError("no exchange here".to_owned()));
    Slots::new(credentials, Arc::default(), none).unwrap()
}

fn sent(slots: &Slots) -> (String, Version) {
    let (_, value, version) = slots.header("token", "api").unwrap();
    (value.to_str().unwrap().to_owned(), version)
}

fn is_kept_back(slots: &Slots, secret: &str) -> bool {
    slots.kept_back.redact(secret) == super::super::kept_back::REDACTED
}

#[tokio::test]
async fn a_refused_secret_is_read_again_once_and_replaced_where_it_is_another() {
    // What is found in its place, and whether there is then something to try.
    let cases = [
        (Ok("the-new-secret\n"), true),
        (Ok("the-old-secret"), false),
        (Ok("the-old-secret\n"), false),
        (Ok("no header\ntext"), false),
        (Err("the file is gone"), false),
    ];
    for (found, replaced) in cases {
        let reads = Arc::new(AtomicUsize::new(0));
        let counted = reads.clone();
        let secret = Secret::new("the-old-secret").read_again_by(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            found.map(SecretString::from).map_err(str::to_owned)
        });
        let slots = bound(secret);
        let (_, refused) = sent(&slots);
        let together = futures::future::join_all((0..5).map(|_| slots.refresh("token", refused))).await;
        assert_eq!(together, [replaced; 5], "{found:?}");
        assert_eq!(slots.refresh("token", refused).await, replaced, "a late 401 of the same value");
        assert_eq!(reads.load(Ordering::SeqCst), 1, "{found:?}");
        let now = if replaced { "Bearer the-new-secret" } else { "Bearer the-old-secret" };
        assert_eq!(sent(&slots).0, now, "{found:?}");
        assert!(is_kept_back(&slots, "the-old-secret"));
        assert_eq!(is_kept_back(&slots, "the-new-secret"), replaced, "{found:?}");
        assert!(!slots.refresh("other", refused).await);
    }
    assert!(!bound(Secret::new("s3cr3t")).refresh("token", 0).await, "there is no way to read it again");
}

#[tokio::test]
async fn rotations_have_an_end_and_no_value_is_forgotten() {
    let next = AtomicUsize::new(1);
    // Each begins with the one before.
    let secret = |number: usize| format!("secret{}", "x".repeat(number));
    let again = move || Ok(SecretString::from(secret(next.fetch_add(1, Ordering::SeqCst))));
    let slots = bound(Secret::new(secret(0)).read_again_by(again));
    let mut rotations = 0;
    while slots.refresh("token", sent(&slots).1).await {
        rotations += 1;
    }
    assert_eq!(rotations, ROTATIONS_MAX);
    for number in 0..=100 {
        assert!(is_kept_back(&slots, &secret(number)), "{number}");
    }
}

#[test]
fn a_secret_goes_to_its_endpoints_only() {
    let slots = bound(Secret::new("pat-na1-s3cr3t/+\n"));
    let (name, value, _) = slots.header("token", "api").unwrap();
    assert_eq!((name.as_str(), value.to_str().unwrap()), ("authorization", "Bearer pat-na1-s3cr3t/+"));
    assert!(value.is_sensitive());
    for (slot, endpoint) in [("token", "other"), ("none", "api")] {
        let refused = slots.header(slot, endpoint);
        assert!(matches!(refused, Err(SendError::Refused { refusal: Refusal::UnknownCredential, .. })));
        assert!(slots.check(slot, endpoint).is_err());
    }
}

#[test]
fn secrets_have_no_debug_text() {
    let secret = Secret::new("s3cr3t");
    let shown = format!("{secret:?}");
    let credentials = Credentials::new(&BTreeMap::new(), BTreeMap::from([("token".to_owned(), secret)]));
    assert!(!format!("{shown} {credentials:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn a_refusal_that_only_the_connector_can_read_renews_what_was_sent_before_it() {
    let secret = Secret::new("the-old-secret").read_again_by(|| Ok(SecretString::from("the-new-secret")));
    let slots = bound(secret);
    let began = StdInstant::now();
    assert!(slots.renew(began).await);
    assert_eq!(sent(&slots).0, "Bearer the-new-secret");
    assert!(slots.renew(began).await, "a call that began before is told of the new value");
    assert!(!slots.renew(StdInstant::now()).await, "there is no third value");
    assert!(!bound(Secret::new("s3cr3t")).renew(StdInstant::now()).await);
}
