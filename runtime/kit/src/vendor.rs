//! The vendor: a server on loopback that says what the script says, unless it is told to fail.

mod fault;
mod relay;
mod serve;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) use self::fault::{ELSEWHERE, Fault, Plan, Scope};
pub(crate) use self::relay::Relay;
use crate::error::Error;
use crate::recording::Recording;
use crate::script::{Answer, Asked, Script};

/// A running vendor; it ends when this is dropped.
pub(crate) struct Vendor {
    /// Where each endpoint of the manifest is.
    pub(crate) bases: BTreeMap<String, String>,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// Who says what a vendor that is well says.
#[derive(Clone)]
pub(crate) enum Source {
    /// The script.
    Script,
    /// A recording.
    Recording(Arc<Recording>),
    /// A vendor elsewhere.
    Elsewhere(Arc<Relay>),
}

/// Writes answers down.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) recording: Arc<Recording>,
    /// Texts that are left out.
    pub(crate) secrets: Arc<Vec<String>>,
}

pub(super) struct Shared {
    script: Arc<Script>,
    source: Source,
    plan: Plan,
    /// Where answers are written down, and the secrets that are not.
    recorder: Option<Recorder>,
    /// What links in answers lead to.
    links: Option<String>,
    seen: Mutex<Vec<Exchange>>,
}

/// A request that arrived, and what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) endpoint: String,
    pub(crate) method: String,
    /// With query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// It changes nothing at the vendor.
    pub(crate) only_reads: bool,
    pub(crate) said: Said,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// What a vendor says that is well.
    Answer(Answer),
    /// A fault of the kit's.
    Fault,
    /// Neither script nor recording has an answer, or it cannot be made.
    Nothing(String),
}

impl Vendor {
    /// Starts a vendor with a place for each endpoint.
    pub(crate) async fn start(
        endpoints: impl Iterator<Item = &String>,
        script: Arc<Script>,
        source: Source,
        plan: Plan,
        recorder: Option<Recorder>,
    ) -> Result<Self, Error> {
        let failed = |error: std::io::Error| Error::Vendor(error.to_string());
        let (mut bases, mut listeners) = (BTreeMap::new(), Vec::new());
        for endpoint in endpoints {
            let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            bases.insert(endpoint.clone(), format!("http://{address}"));
            listeners.push((endpoint.clone(), listener));
        }
        let links = matches!(plan, Plan::Links).then(|| ELSEWHERE.to_owned());
        let shared = Arc::new(Shared { script, source, links, seen: Mutex::default(), plan, recorder });
        // A vendor that is down has an address and nobody behind it.
        let down = matches!(shared.plan, Plan::Fault { fault: Fault::Down, .. });
        let serve = |(endpoint, listener)| tokio::spawn(serve::forever(listener, endpoint, shared.clone()));
        let tasks = if down { Vec::new() } else { listeners.into_iter().map(serve).collect() };
        Ok(Self { bases, shared, tasks })
    }

    /// What arrived so far, in its order.
    pub(crate) fn seen(&self) -> Vec<Exchange> {
        self.shared.seen().clone()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that this request meets.
    fn fault(&self, only_reads: bool) -> Option<Fault> {
        let Plan::Fault { fault, scope, after } = &self.plan else { return None };
        let counts = |exchange: &&Exchange| *scope == Scope::Everything || !exchange.only_reads;
        let before = self.seen().iter().filter(counts).count();
        let is_meant = *scope == Scope::Everything || !only_reads;
        (is_meant && before >= *after).then(|| fault.clone())
    }

    async fn answer(&self, asked: &Asked<'_>, base: &str) -> Result<Answer, String> {
        let nothing = || format!("nothing says what the vendor answers to {} {}", asked.method, asked.path);
        let answer = match &self.source {
            Source::Script => {
                let links = self.links.as_deref().unwrap_or(base);
                self.script.answer(asked, links)?.ok_or_else(nothing)
            }
            Source::Recording(recording) => recording.answer(asked, base).ok_or_else(nothing),
            Source::Elsewhere(relay) => relay.ask(asked, base).await,
        }?;
        if let Some(Recorder { recording, secrets }) = &self.recorder {
            let redact =
                |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"));
            recording.keep(asked, &answer, base, redact);
        }
        Ok(answer)
    }
}

impl Exchange {
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            endpoint: &self.endpoint,
            method: &self.method,
            path: &self.path,
            headers: &self.headers,
            body: &self.body,
        }
    }

    /// Method, path and body: what makes two requests the same.
    pub(crate) fn request(&self) -> (&str, &str, &[u8]) {
        (&self.method, &self.path, &self.body)
    }

    /// Everything of it in which a value could stand: the path decoded, headers and body.
    pub(crate) fn text(&self) -> String {
        let path = percent_encoding::percent_decode_str(&self.path).decode_utf8_lossy();
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        format!("{path}\n{}\n{}", headers.collect::<String>(), String::from_utf8_lossy(&self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}
