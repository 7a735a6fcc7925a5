//! An in-memory HubSpot: CRM objects, properties, schemas and account details behind a Bearer token.
//!
//! One connection is one task; the portal itself sits behind one lock, so that a batch is stored whole or
//! not at all, as far as a reader can see.

mod account;
mod batch;
mod batch_read;
mod clock;
mod control;
mod error;
mod fault;
mod gate;
mod ident;
mod journal;
mod limits;
mod oauth;
mod object;
mod portal;
mod property;
mod property_api;
mod request;
mod routes;
mod schema_api;
mod search;
mod server;
mod single;
mod standard;
mod store;
mod torn;
mod validate;
mod view;
mod write;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use fault::{Answer, Fault, Store};
pub use journal::Entry;
pub use limits::Limits;
pub use oauth::App;
pub use store::Record;

/// How a simulator is to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one Bearer token that is let in, until an app's is issued.
    pub token: String,
    /// An app that may get access tokens; each takes the place of the one before.
    pub app: Option<App>,
    /// The request limits of the portal.
    pub limits: Limits,
    /// Searches a second, which HubSpot counts apart from all other requests.
    pub search_secondly: u32,
    /// The portal (account) number; custom objects carry it in their names.
    pub portal_id: u64,
    /// Requests with a larger body are refused.
    pub body_bytes_max: usize,
    /// The journal forgets its oldest entries beyond this many.
    pub journal_entries_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "pat-na1-simulated".to_owned(),
            app: None,
            limits: Limits::default(),
            search_secondly: 5,
            portal_id: 62_515,
            body_bytes_max: 16 * 1024 * 1024,
            journal_entries_max: 20_000,
        }
    }
}

/// What the handlers share.
struct Shared {
    options: Options,
    /// The options' token, or the one that has replaced it.
    token: Mutex<String>,
    portal: Mutex<portal::Portal>,
    journal: Mutex<journal::Journal>,
    faults: Mutex<fault::Script>,
    meter: Mutex<limits::Meter>,
}

/// A poisoned lock means that a handler panicked; the state is still a simulator's state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running simulator. It stops when it is dropped.
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to listen, inside the tokio runtime of the caller.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            let complaint = format!("{} is not a loopback address", options.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, complaint));
        }
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            portal: Mutex::new(portal::Portal::new(options.portal_id)),
            journal: Mutex::new(journal::Journal::new(options.journal_entries_max)),
            faults: Mutex::default(),
            token: Mutex::new(options.token.clone()),
            meter: Mutex::new(limits::Meter::new(options.limits, options.search_secondly)),
            options,
        });
        let server = tokio::spawn(server::serve(listener, routes::router(&shared)));
        Ok(Self { address, shared, server: Some(server) })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The base URL to give to a client, without a slash at its end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request received so far, in order of arrival, as far as the journal reaches back.
    pub fn journal(&self) -> Vec<Entry> {
        lock(&self.shared.journal).entries()
    }

    /// The same, after which the journal begins anew.
    pub fn take_journal(&self) -> Vec<Entry> {
        lock(&self.shared.journal).take()
    }

    /// The records of an object, archived ones too, in order of creation; none when there is no such object.
    pub fn records(&self, object: &str) -> Vec<Record> {
        lock(&self.shared.portal).records(object)
    }

    /// Adds faults to the end of the script.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.shared.faults).extend(faults);
    }

    /// Forgets the faults that are still to come.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Lets in another token from now on, and the one before no more.
    pub fn rotate_token(&self, token: &str) {
        token.clone_into(&mut lock(&self.shared.token));
    }

    /// Adds a property to an object as its administrator does, from the body that the endpoint takes, and says whether the
    /// portal took it.
    pub fn add_property(&self, object: &str, definition: &Value) -> bool {
        let definition = definition.as_object();
        definition.is_some_and(|definition| property_api::add(&self.shared, object, definition).is_ok())
    }

    /// Stops listening and closes every connection.
    pub async fn shutdown(mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // An aborted task always ends in an error, which says nothing new.
            drop(server.await);
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
