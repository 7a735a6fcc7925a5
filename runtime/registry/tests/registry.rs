//! Do connectors and their signatures survive the way through a real registry, and does nothing else pass for one?
//!
//! The registry is Debian's `docker-registry`, which keeps no list of referrers; the other signer is Debian's `minisign`.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

use std::path::Path;
use std::process::Command;

use oci_client::Reference;
use offtake_core::manifest::Manifest;
use offtake_registry::{KeyPair, Place, Registry, RegistryOptions, Signature, SigningKey};
use offtake_test_tools::registry::{Access, Server, log_in};
use sha2::{Digest, Sha256};

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 not much of a component";

fn manifest() -> Manifest {
    serde_json::from_value(serde_json::json!({
        "schema": "offtake.manifest/1", "id": "crm", "name": "CRM", "version": "1.2.0", "wit": "offtake:destination@0.1.0"
    }))
    .unwrap()
}

fn reference(server: &Server, name: &str) -> Reference {
    Place::reference(&format!("{}/{name}", server.host())).unwrap()
}

fn plain() -> Registry {
    Registry::new(&RegistryOptions { plain_http: true, ..RegistryOptions::default() }).unwrap()
}

fn signed(component: &[u8]) -> (KeyPair, Signature) {
    let pair = KeyPair::generate(None).unwrap();
    let signature = SigningKey::read(&pair.secret, None).unwrap().sign(component, "crm 1.2.0").unwrap();
    (pair, signature)
}

async fn push(registry: &Registry, reference: &Reference, signature: Option<&Signature>) -> String {
    let pushed = registry.push(reference, COMPONENT.to_vec(), &manifest(), (&[], &[]), signature).await;
    pushed.unwrap().reference
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_comes_back_with_its_signatures() {
    let server = Server::start(Access::Open);
    let registry = plain();
    let tagged = reference(&server, "acme/crm:1.2.0");
    let (pair, first) = signed(COMPONENT);
    let (_, second) = signed(COMPONENT);
    let by_digest = push(&registry, &tagged, Some(&first)).await;
    assert_eq!(push(&registry, &tagged, Some(&second)).await, by_digest, "the same component makes the same artifact");
    assert_eq!(push(&registry, &tagged, Some(&first)).await, by_digest);
    for reference in [tagged, Place::reference(&by_digest).unwrap()] {
        let pulled = registry.pull(&reference).await.unwrap();
        assert_eq!((pulled.component.as_slice(), pulled.reference.as_str()), (COMPONENT, by_digest.as_str()));
        assert_eq!(pulled.signatures, [first.clone(), second.clone()]);
        assert!(pulled.signatures.iter().any(|signature| signature.verify(COMPONENT, &pair.key).is_ok()));
    }
    let unsigned = reference(&server, "acme/unsigned:1.0.0");
    push(&registry, &unsigned, None).await;
    assert_eq!(registry.pull(&unsigned).await.unwrap().signatures, [], "signatures belong to their repository");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_name_and_a_registry_that_is_down_are_told_apart() {
    let server = Server::start(Access::Open);
    let missing = plain().pull(&reference(&server, "acme/none:1.0.0")).await.unwrap_err();
    assert_eq!(missing.code(), "OFT-P041", "{missing}");
    let host = server.host();
    drop(server);
    let down = plain().pull(&Place::reference(&format!("{host}/acme/crm:1.2.0")).unwrap()).await.unwrap_err();
    assert_eq!(down.code(), "OFT-P040", "{down}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_blob_and_a_strange_artifact_are_refused() {
    let server = Server::start(Access::Open);
    let registry = plain();
    let tagged = reference(&server, "acme/crm:1.2.0");
    let (_, signature) = signed(COMPONENT);
    push(&registry, &tagged, Some(&signature)).await;
    let digest = format!("{:x}", Sha256::digest(COMPONENT));
    for tampered in
        [b"short".to_vec(), COMPONENT.iter().map(|byte| byte ^ 1).collect(), [COMPONENT, b"longer"].concat()]
    {
        server.replace_blob(&digest, &tampered);
        let refused = registry.pull(&tagged).await.unwrap_err();
        assert!(["OFT-P043", "OFT-P040"].contains(&refused.code()), "{refused}");
    }
    server.replace_blob(&digest, COMPONENT);
    assert!(registry.pull(&tagged).await.is_ok());
    // A signature's own artifact is in the same repository, and is no connector.
    let listed =
        registry.pull(&reference(&server, &format!("acme/crm:sha256-{}", server.subject("acme/crm", "1.2.0")))).await;
    assert_eq!(listed.unwrap_err().code(), "OFT-P042");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_with_a_login_and_a_certificate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Access::Closed(folder.path()));
    let docker_config = Some(log_in(folder.path(), &server.host(), Some("tester:registry-s3cr3t")));
    let ca_file = Some(folder.path().join("ca.pem"));
    let trusting = RegistryOptions { plain_http: false, ca_file, docker_config };
    let tagged = reference(&server, "acme/crm:1.2.0");
    let (pair, signature) = signed(COMPONENT);

    let strange = RegistryOptions { ca_file: None, ..trusting.clone() };
    let strange = Registry::new(&strange).unwrap().pull(&tagged).await.unwrap_err();
    assert_eq!(strange.code(), "OFT-P040", "a certificate of nobody known: {strange}");

    let registry = Registry::new(&trusting).unwrap();
    push(&registry, &tagged, Some(&signature)).await;
    let pulled = registry.pull(&tagged).await.unwrap();
    assert!(pulled.signatures.first().unwrap().verify(&pulled.component, &pair.key).is_ok());

    for login in [None, Some("tester:wrong")] {
        log_in(folder.path(), &server.host(), login);
        let refused = Registry::new(&trusting).unwrap().pull(&tagged).await.unwrap_err();
        assert_eq!(refused.code(), "OFT-P040", "{login:?}: {refused}");
        assert!(!refused.to_string().contains("wrong"), "{refused}");
    }
}

fn minisign(folder: &Path, args: &[&str]) -> bool {
    let output = Command::new("minisign").args(args).current_dir(folder).output().unwrap();
    output.status.success()
}

#[test]
fn minisign_takes_our_signatures_and_we_take_its() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crm.wasm");
    std::fs::write(&file, COMPONENT).unwrap();

    // Ours, checked by theirs.
    let (pair, signature) = signed(COMPONENT);
    assert_eq!(signature.put_beside(&file).unwrap(), folder.path().join("crm.wasm.minisig"));
    assert!(minisign(folder.path(), &["-V", "-q", "-m", "crm.wasm", "-P", &pair.key]));
    std::fs::write(folder.path().join("ours.pub"), &pair.public).unwrap();
    assert!(minisign(folder.path(), &["-V", "-q", "-m", "crm.wasm", "-p", "ours.pub"]));
    std::fs::write(&file, b"something else").unwrap();
    assert!(!minisign(folder.path(), &["-V", "-q", "-m", "crm.wasm", "-P", &pair.key]));
    std::fs::write(&file, COMPONENT).unwrap();

    // Theirs, checked by ours; and their secret key signs here.
    assert!(minisign(folder.path(), &["-G", "-W", "-p", "their.pub", "-s", "their.key"]));
    assert!(minisign(folder.path(), &["-S", "-s", "their.key", "-m", "crm.wasm"]));
    let key = std::fs::read_to_string(folder.path().join("their.pub")).unwrap();
    let key = key.lines().nth(1).unwrap();
    let theirs = Signature::beside(&file).unwrap().unwrap();
    assert!(theirs.verify(COMPONENT, key).is_ok());
    assert!(theirs.verify(b"something else", key).is_err());
    assert!(theirs.verify(COMPONENT, &pair.key).is_err());
    let secret = std::fs::read_to_string(folder.path().join("their.key")).unwrap();
    let ours = SigningKey::read(&secret.into(), None).unwrap();
    assert_eq!(ours.public(), key);
    ours.sign(COMPONENT, "crm 1.2.0").unwrap().put_beside(&file).unwrap();
    assert!(minisign(folder.path(), &["-V", "-q", "-m", "crm.wasm", "-P", key]));
}
