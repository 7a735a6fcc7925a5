//! Is a server that cannot prove who it is told nothing?

use std::net::SocketAddr;
use std::sync::Arc;

use offtake_core::ports::{Egress, SendError};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_rustls::TlsAcceptor;

use super::{get, outbound};

/// A certificate for these names, valid in these years.
fn config(names: &[&str], years: (i32, i32)) -> ServerConfig {
    let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// A server that reports what it was told once a handshake was through.
async fn server(config: ServerConfig) -> (SocketAddr, Receiver<Vec<u8>>) {
    let (tell, told) = channel(8);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut heard = vec![0; 4_096];
            if let Ok(mut stream) = acceptor.accept(stream).await
                && let Ok(read) = stream.read(&mut heard).await
            {
                heard.truncate(read);
                tell.try_send(heard).unwrap();
            }
        }
    });
    (address, told)
}

/// No certificate here has an issuer that anybody trusts: a root of one's own cannot be added, so what is wrong besides
/// is never looked at.
#[tokio::test]
async fn d12_certificates_that_prove_nothing_are_refused_before_anything_is_said() {
    let cases = [
        ("self-signed", config(&["localhost"], (2020, 2090))),
        ("expired", config(&["localhost"], (2020, 2021))),
        ("not yet valid", config(&["localhost"], (2080, 2090))),
        ("of another host", config(&["example.com"], (2020, 2090))),
        ("of no host", config(&[], (2020, 2090))),
    ];
    for (name, config) in cases {
        let (address, mut told) = server(config).await;
        let base = format!("https://localhost:{}", address.port());
        let outbound = outbound(&base, &["127.0.0.0/8", "::1/128"], None);
        let result = outbound.send(get("/crm/x"), &()).await;
        assert!(matches!(&result, Err(SendError::Tls(why)) if why.contains("certificate")), "{name}: {result:?}");
        assert!(told.try_recv().is_err(), "{name}: nothing was said");
    }
}

#[tokio::test]
async fn d12_a_server_of_an_older_protocol_is_refused() {
    // A ServerHello, whole but for its version: of SSL 3.0, TLS 1.0 and TLS 1.1.
    for minor in [0_u8, 1, 2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let old = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = vec![22, 3, minor, 0, 42, 2, 0, 0, 38, 3, minor];
            hello.extend([7; 32]);
            hello.extend([0, 0, 0x2f, 0]);
            let mut heard = vec![0; 4_096];
            assert!(stream.read(&mut heard).await.unwrap() > 0);
            stream.write_all(&hello).await.unwrap();
            let mut rest = Vec::new();
            drop(stream.read_to_end(&mut rest).await);
            rest
        });
        let outbound = outbound(&format!("https://127.0.0.1:{port}"), &["127.0.0.0/8"], None);
        let result = outbound.send(get("/crm/x"), &()).await;
        assert!(matches!(result, Err(SendError::Tls(_))), "3.{minor}: {result:?}");
        let rest = old.await.unwrap();
        assert_eq!(rest.first(), Some(&21), "an alert, and nothing else: {rest:?}");
    }
}
