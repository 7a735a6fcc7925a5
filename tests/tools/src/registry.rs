//! Debian's `docker-registry` on a free port of loopback, with its files in a folder of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot have its registry fails"
)]

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// `tester` with the password `registry-s3cr3t`, as `htpasswd -B` writes it.
const USERS: &str = "tester:$2y$05$Fcx5Xvrzuioy3CN2ZcYpMe.qIht6ekgHS9znd2KzBrauCNjWruTN.\n";

/// Who is let in.
pub enum Access<'a> {
    /// Everybody, over plain http.
    Open,
    /// Those with a login, over TLS with a certificate whose authority is put into this folder as `ca.pem`.
    Closed(&'a Path),
}

/// A registry that ends with this value.
pub struct Server {
    port: u16,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts it, and waits until it answers.
    pub fn start(access: Access<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Another process may take a port that was free a moment ago.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let config = folder.path().join("config.yml");
            std::fs::write(&config, text(folder.path(), port, &access)).unwrap();
            let mut child = Command::new("docker-registry")
                .args(["serve", config.to_str().unwrap()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            for _ in 0..200 {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Self { port, folder, child };
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            drop(child.kill());
            drop(child.wait());
        }
        panic!("docker-registry does not start");
    }

    /// Host and port, as they stand in a reference.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Puts other bytes into the registry's files than the digest says.
    pub fn replace_blob(&self, digest: &str, bytes: &[u8]) {
        let start = digest.get(..2).unwrap();
        let path = self.store().join(format!("blobs/sha256/{start}/{digest}/data"));
        std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
    }

    /// The digest that a tag leads to, in hex.
    pub fn subject(&self, repository: &str, tag: &str) -> String {
        let link = self.store().join(format!("repositories/{repository}/_manifests/tags/{tag}/current/link"));
        let digest = std::fs::read_to_string(link).unwrap();
        digest.trim_start_matches("sha256:").to_owned()
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("data/docker/registry/v2")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(folder: &Path, port: u16, access: &Access<'_>) -> String {
    let data = folder.join("data");
    let open = format!(
        "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp:\n  addr: 127.0.0.1:{port}\n",
        data.display()
    );
    match access {
        Access::Open => open,
        Access::Closed(authority) => {
            certify(folder, authority);
            std::fs::write(folder.join("users"), USERS).unwrap();
            let folder = folder.display();
            format!(
                "{open}  tls: {{ certificate: {folder}/server.pem, key: {folder}/server.key }}\nauth:\n  htpasswd: {{ realm: test, path: {folder}/users }}\n"
            )
        }
    }
}

fn certify(folder: &Path, authority: &Path) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&server_key, &issuer).unwrap();
    std::fs::write(authority.join("ca.pem"), root.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), server.pem()).unwrap();
    std::fs::write(folder.join("server.key"), server_key.serialize_pem()).unwrap();
}

/// Writes what `docker login` would have kept.
pub fn log_in(folder: &Path, host: &str, login: Option<&str>) -> PathBuf {
    let auths = match login {
        Some(login) => serde_json::json!({ host: { "auth": base64(login) } }),
        None => serde_json::json!({}),
    };
    let path = folder.join("config.json");
    std::fs::write(&path, serde_json::json!({ "auths": auths }).to_string()).unwrap();
    path
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
