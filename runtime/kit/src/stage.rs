//! What all checks share: the loaded connector, its script, and who plays the vendor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use offtake_core::destination::WriteLimits;
use offtake_core::manifest::{CredentialKind, Manifest};
use offtake_core::object::Operation;
use offtake_core::ports::Destination;
use offtake_plugin::Connector;
use serde_json::{Map, Value};

use crate::check::Not;
use crate::error::Error;
use crate::journal::Journal;
use crate::recording::Recording;
use crate::script::Script;
use crate::session::Session;
use crate::vendor::{Plan, Recorder, Relay, Source};

/// Rows of a batch at most: a thousand show what ten thousand would.
const ROWS_MAX: usize = 1000;
/// Random bytes of a secret.
const CANARY_BYTES: usize = 16;

/// Who plays the vendor, beside the kit's faults.
#[derive(Debug, Default)]
pub enum Talk {
    /// The script.
    #[default]
    Script,
    /// A recording.
    Replay(Recording),
    /// A simulator or sandbox at this origin, with secrets by slot.
    Vendor(String, BTreeMap<String, String>),
}

/// How to test.
#[derive(Debug)]
pub struct Options {
    /// What is known of the vendor.
    pub script: Script,
    /// Who plays it.
    pub talk: Talk,
    /// Whether its answers are kept.
    pub record: bool,
}

/// Everything that checks need.
pub struct Stage {
    pub(crate) connector: Connector,
    pub(crate) script: Arc<Script>,
    pub(crate) source: Source,
    pub(crate) recorder: Option<Recorder>,
    /// The secret in each slot: random, so that it stands nowhere by chance.
    pub(crate) canaries: BTreeMap<String, String>,
    /// Number of the first row.
    first_row: usize,
    journals: Mutex<Vec<Journal>>,
    values: Mutex<BTreeSet<String>>,
}

impl Stage {
    /// Sets everything up around a loaded connector.
    ///
    /// # Errors
    /// OFT-K004 and OFT-K006.
    pub fn new(connector: Connector, options: Options) -> Result<Self, Error> {
        let manifest = connector.manifest();
        let canaries = manifest.credentials.iter().map(|(name, slot)| Ok((name.clone(), canary(slot.kind)?)));
        let canaries = canaries.collect::<Result<BTreeMap<_, _>, Error>>()?;
        let mut secrets: Vec<String> = canaries.values().cloned().collect();
        let source = match options.talk {
            Talk::Script => Source::Script,
            Talk::Replay(recording) => Source::Recording(Arc::new(recording)),
            Talk::Vendor(url, given) => {
                if let Some(slot) = given.keys().find(|slot| !manifest.credentials.contains_key(*slot)) {
                    return Err(Error::Secret(format!("the connector has no credential slot `{slot}`")));
                }
                secrets.extend(given.values().cloned());
                Source::Elsewhere(Arc::new(Relay::new(manifest, &url, given)?))
            }
        };
        let recorder = || Recorder { recording: Arc::default(), secrets: Arc::new(secrets) };
        let creates = matches!(options.script.main_operation(), Operation::Insert | Operation::Append);
        // A vendor that remembers takes a new record once: by the second there are other rows than a second ago.
        let first_row = if creates && matches!(source, Source::Elsewhere(_)) { unix_seconds() } else { 0 };
        Ok(Self {
            first_row,
            recorder: options.record.then(recorder),
            script: Arc::new(options.script),
            source,
            canaries,
            journals: Mutex::default(),
            values: Mutex::default(),
            connector,
        })
    }

    /// What is tried. A vendor that remembers has to be brought into the state that an update or a delete needs, which only
    /// the script's vendor does by itself.
    pub(crate) fn operations(&self) -> &[Operation] {
        let all = self.script.operations();
        match self.source {
            Source::Script => all,
            Source::Recording(_) | Source::Elsewhere(_) => all.get(..1).unwrap_or(all),
        }
    }

    /// What was recorded, where that was wished.
    pub fn recording(&self) -> Option<&Recording> {
        self.recorder.as_ref().map(|recorder| &*recorder.recording)
    }

    /// The connector's manifest.
    pub fn manifest(&self) -> &Manifest {
        self.connector.manifest()
    }

    /// SHA-256 of the component, in hex.
    pub fn digest(&self) -> &str {
        self.connector.digest()
    }

    /// A connection of its own, to a vendor of its own.
    pub(crate) async fn open(&self, plan: Plan) -> Result<Session, Not> {
        let session = Session::open(self, plan).await.map_err(|error| Not::Kept(error.to_string()))?;
        self.journals.lock().unwrap_or_else(PoisonError::into_inner).push(session.journal());
        Ok(session)
    }

    /// What the vendor takes, as the connector says.
    pub(crate) async fn limits(&self, operation: Operation) -> Result<WriteLimits, Not> {
        let session = self.open(Plan::Well).await?;
        let limits = session.watch(session.bound().limits(self.script.object(), operation)).await;
        limits.map_err(|failed| Not::Kept(format!("`limits-for` fails: {}", failed.failure.detail().message)))
    }

    /// Rows `from` and following: as many as wished, but no more than one call takes.
    pub(crate) async fn rows(
        &self,
        operation: Operation,
        from: usize,
        wished: usize,
    ) -> Result<Vec<Map<String, Value>>, Not> {
        let limits = self.limits(operation).await?;
        let most = usize::try_from(limits.max_rows).unwrap_or(ROWS_MAX).min(wished).clamp(1, ROWS_MAX);
        let mut bytes = 0;
        let fits = |row: &Map<String, Value>| {
            bytes += Value::Object(row.clone()).to_string().len() + 1;
            bytes <= limits.max_bytes as usize
        };
        let from = from + self.first_row;
        Ok((from..from + most).map(|n| self.script.row(n)).take_while(fits).collect())
    }

    /// Remembers values that must stand in no log line.
    pub(crate) fn remember(&self, rows: &str) {
        let (one, other) = (self.script.row(0), self.script.row(1));
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok()) {
            // What is the same in every row may be a word of the vendor's.
            let own = row.into_iter().filter(|(field, value)| one.get(field) != other.get(field) && value.is_string());
            values.extend(own.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
        }
    }

    /// Values of all rows that were sent.
    pub(crate) fn values(&self) -> BTreeSet<String> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was logged in all sessions.
    pub(crate) fn journals(&self) -> Vec<Journal> {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn unix_seconds() -> usize {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    usize::try_from(since.as_secs()).unwrap_or_default()
}

fn canary(kind: CredentialKind) -> Result<String, Error> {
    let mut bytes = [0; CANARY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::Vendor(error.to_string()))?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(match kind {
        CredentialKind::Basic => format!("kit:canary{hex}"),
        CredentialKind::Bearer | CredentialKind::Header => format!("canary{hex}"),
        CredentialKind::StandardWebhooks => format!("whsec_canary00{hex}"),
    })
}
