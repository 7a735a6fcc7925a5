//! One line for each request that left or was refused: who, where, how much, what came of it. No bodies, no queries,
//! no secrets. A request whose call ended before its answer came has its line, too.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use offtake_core::ports::{Request, Response};
use offtake_core::run::cut;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

use crate::credential::KeptBack;

/// At this size the file is set aside as `.1`, which replaces the one before.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Of each text that a guest chose: a line cannot push others out of the file.
const AUDITED_BYTES_MAX: usize = 512;

/// An append-only file of JSON lines. Whoever writes into one file shares one value of this: it is set aside when it is
/// full.
#[derive(Debug, Clone)]
pub struct Audit {
    path: PathBuf,
    file: Arc<Mutex<(File, u64)>>,
}

/// What is written down of one request.
#[derive(Debug, Serialize)]
struct Line<'a> {
    at_ms: u128,
    connection: &'a str,
    connector: &'a str,
    method: &'a str,
    /// Without query and fragment.
    url: &'a str,
    credential: Option<&'a str>,
    /// The host's own request for an access token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    token_request: bool,
    idempotency_key: Option<&'a str>,
    request_bytes: usize,
    /// Of the body: tells what was sent without holding it.
    request_sha256: Option<String>,
    status: Option<u16>,
    response_bytes: usize,
    /// Since it left: its wait for its turn is not counted.
    ms: u128,
    error: Option<String>,
}

/// A request of the host for an access token.
pub(crate) struct TokenRequestSent<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
    pub(crate) slot: &'a str,
    pub(crate) bytes: usize,
    pub(crate) started: Instant,
}

/// Writes down what one connection sends.
pub(crate) struct Trail {
    connection: String,
    connector: String,
    audit: Option<Audit>,
    kept_back: Arc<KeptBack>,
}

impl Trail {
    pub(crate) fn new(connection: String, connector: String, audit: Option<Audit>, kept_back: Arc<KeptBack>) -> Self {
        Self { connection, connector, audit, kept_back }
    }

    pub(crate) fn connection(&self) -> &str {
        &self.connection
    }

    /// A request of the guest, and its answer or what became of it.
    pub(crate) fn request(&self, request: &Request, url: &str, started: Instant, result: Result<&Response, String>) {
        let (response, error) = (result.as_ref().ok(), result.as_ref().err());
        self.write(&Line {
            method: cut(&request.method, AUDITED_BYTES_MAX),
            url: cut(url, AUDITED_BYTES_MAX),
            credential: request.auth.as_deref().map(|slot| cut(slot, AUDITED_BYTES_MAX)),
            idempotency_key: request.idempotency_key.as_deref().map(|key| cut(key, AUDITED_BYTES_MAX)),
            request_bytes: request.body.as_ref().map_or(0, Vec::len),
            request_sha256: request.body.as_deref().map(sha256),
            status: response.map(|response| response.status),
            response_bytes: response.map_or(0, |response| response.body.len()),
            error: error.map(|error| self.kept_back.redact(cut(error, AUDITED_BYTES_MAX))),
            ..self.line(started)
        });
    }

    /// A request of the host for an access token, and status and size of its answer.
    pub(crate) fn token_request(&self, sent: &TokenRequestSent<'_>, result: Result<(u16, usize), String>) {
        let (answer, error) = (result.as_ref().ok(), result.as_ref().err());
        let mut bare = sent.url.clone();
        bare.set_query(None);
        self.write(&Line {
            method: sent.method,
            url: bare.as_str(),
            credential: Some(sent.slot),
            token_request: true,
            request_bytes: sent.bytes,
            status: answer.map(|(status, _)| *status),
            response_bytes: answer.map_or(0, |(_, bytes)| *bytes),
            error: error.map(|error| self.kept_back.redact(cut(error, AUDITED_BYTES_MAX))),
            ..self.line(sent.started)
        });
    }

    fn line(&self, started: Instant) -> Line<'_> {
        Line {
            at_ms: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis()),
            connection: &self.connection,
            connector: &self.connector,
            method: "",
            url: "",
            credential: None,
            token_request: false,
            idempotency_key: None,
            request_bytes: 0,
            request_sha256: None,
            status: None,
            response_bytes: 0,
            ms: started.elapsed().as_millis(),
            error: None,
        }
    }

    fn write(&self, line: &Line<'_>) {
        let Some(audit) = &self.audit else { return };
        if let Err(error) = audit.write(line) {
            tracing::error!(code = "OFT-E311", %error, "the audit line of a request could not be written");
        }
    }
}

impl Audit {
    /// Opens or makes the file, readable by its owner alone.
    ///
    /// # Errors
    /// The I/O error of opening it.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = append(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new((file, length))) })
    }

    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1 > FILE_BYTES_MAX {
            std::fs::rename(&self.path, self.path.with_extension("jsonl.1"))?;
            *open = (append(&self.path)?, 0);
        }
        open.0.write_all(&bytes)?;
        open.1 += bytes.len() as u64;
        Ok(())
    }
}

fn sha256(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
