//! A way out that leads nowhere, and the real one to a vendor on loopback.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use offtake_core::destination::Rate;
use offtake_core::ports::{Egress, Request, Response, SendError, Target, Waiting};
use offtake_egress::{
    Audit, Credentials, Grant, Limiters, Options, Outbound, Policy, PolicyError, Quotas, Resolver, Secret,
    SystemResolver,
};
use offtake_plugin::Connector;

/// Answers the same to everything, in memory: 204 where nothing else is set.
#[derive(Debug, Default)]
pub(crate) struct Nowhere {
    answer: Option<(u16, &'static str, &'static str)>,
    requests: AtomicU64,
    pauses: Mutex<Vec<Duration>>,
}

impl Nowhere {
    /// Answers this status with one header.
    pub(crate) fn answering(status: u16, name: &'static str, value: &'static str) -> Self {
        Self { answer: Some((status, name, value)), ..Self::default() }
    }

    /// What the host was asked to wait.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

#[async_trait]
impl Egress for Nowhere {
    async fn send(&self, _request: Request, _waiting: &dyn Waiting) -> Result<Response, SendError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (status, name, value) = self.answer.unwrap_or((204, "x-nothing", ""));
        Ok(Response { status, headers: vec![(name.to_owned(), value.to_owned())], body: Vec::new() })
    }

    fn keep_to(&self, _rates: &[Rate]) {}

    fn pause(&self, wanted: Duration) {
        self.pauses.lock().unwrap().push(wanted);
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Answers statuses in turn and 204 from then on, and always has another secret.
#[derive(Debug)]
pub(crate) struct Turns {
    statuses: Mutex<VecDeque<u16>>,
    asked: Mutex<Vec<String>>,
}

impl Turns {
    pub(crate) fn new(statuses: &[u16]) -> Self {
        Self { statuses: Mutex::new(statuses.iter().copied().collect()), asked: Mutex::default() }
    }

    /// Methods and paths of the requests.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Egress for Turns {
    async fn send(&self, request: Request, _waiting: &dyn Waiting) -> Result<Response, SendError> {
        let Target::Endpoint(_, path) = request.target else { panic!("a link") };
        self.asked.lock().unwrap().push(format!("{} {path}", request.method));
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(204);
        Ok(Response { status, headers: Vec::new(), body: Vec::new() })
    }

    fn keep_to(&self, _rates: &[Rate]) {}

    fn pause(&self, _wanted: Duration) {}

    async fn renew(&self, _since: Instant) -> bool {
        true
    }

    fn requests(&self) -> u64 {
        self.asked.lock().unwrap().len() as u64
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// A way out that breaks where the host did not expect it.
#[derive(Debug)]
pub(crate) struct Breaks;

#[async_trait]
impl Egress for Breaks {
    async fn send(&self, _request: Request, _waiting: &dyn Waiting) -> Result<Response, SendError> {
        panic!("a defect of the host")
    }

    fn keep_to(&self, _rates: &[Rate]) {}

    fn pause(&self, _wanted: Duration) {}

    fn requests(&self) -> u64 {
        0
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// A way out whose requests take a while, and that says how many were under way at once.
#[derive(Debug, Default)]
pub(crate) struct Slow {
    now: AtomicU64,
    most: AtomicU64,
}

impl Slow {
    /// The most requests that were under way at once.
    pub(crate) fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Egress for Slow {
    async fn send(&self, _request: Request, _waiting: &dyn Waiting) -> Result<Response, SendError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() })
    }

    fn keep_to(&self, _rates: &[Rate]) {}

    fn pause(&self, _wanted: Duration) {}

    fn requests(&self) -> u64 {
        0
    }

    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// The real way out of a connector, with its endpoints moved to these places and a secret in its slot `token`.
pub(crate) fn real(connector: &Connector, places: &[(&str, &str)], secret: &str) -> Arc<dyn Egress> {
    leading(connector, places, secret, None, Arc::new(SystemResolver))
}

/// The same, with names looked up there.
pub(crate) fn resolved(connector: &Connector, places: &[(&str, &str)], resolver: Arc<dyn Resolver>) -> Arc<dyn Egress> {
    leading(connector, places, "a-secret-token", None, resolver)
}

/// The same, with its requests written down.
pub(crate) fn audited(connector: &Connector, places: &[(&str, &str)], secret: &str, audit: &Path) -> Arc<dyn Egress> {
    leading(connector, places, secret, Some(Audit::open(audit).unwrap()), Arc::new(SystemResolver))
}

fn leading(
    connector: &Connector,
    places: &[(&str, &str)],
    secret: &str,
    audit: Option<Audit>,
    resolver: Arc<dyn Resolver>,
) -> Arc<dyn Egress> {
    let manifest = connector.manifest();
    let secrets = BTreeMap::from([("token".to_owned(), Secret::new(secret.to_owned()))]);
    let options = Options {
        connection: "test".to_owned(),
        connector: manifest.id.clone(),
        policy: policy(connector, places).unwrap(),
        credentials: Credentials::new(&manifest.credentials, secrets),
        bucket: manifest.id.clone(),
        quotas: Quotas::default(),
        audit,
    };
    Arc::new(Outbound::with_resolver(options, &Limiters::default(), resolver).unwrap())
}

/// What the connector may send with its endpoints moved to these places, where of all inner addresses one is granted.
pub(crate) fn policy(connector: &Connector, places: &[(&str, &str)]) -> Result<Policy, PolicyError> {
    let grant = Grant { networks: vec!["127.0.0.1/32".parse().unwrap()], plain_http: true, ..Grant::default() };
    let moved: BTreeMap<String, String> =
        places.iter().map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect();
    Policy::new(connector.manifest(), &moved, grant)
}
