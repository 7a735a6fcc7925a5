//! A simulator while it runs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::gate::Gate;
use crate::vendor::Vendor;
use crate::{Entry, Fault, control, lock, server};

/// A running simulator. It stops when it is dropped.
pub struct Running<V: Vendor> {
    address: SocketAddr,
    gate: Arc<Gate<V>>,
    server: Option<JoinHandle<()>>,
}

impl<V: Vendor> Running<V> {
    /// Starts to listen, inside the tokio runtime of the caller.
    ///
    /// # Errors
    /// When the address is not a loopback one, or cannot be bound.
    pub async fn start(options: V::Options) -> io::Result<Self> {
        let (setup, vendor) = V::new(options);
        if !setup.listen.ip().is_loopback() {
            let complaint = format!("{} is not a loopback address", setup.listen);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, complaint));
        }
        let listener = TcpListener::bind(setup.listen).await?;
        let address = listener.local_addr()?;
        let gate = Arc::new(Gate::new(vendor, setup));
        let server = tokio::spawn(server::serve(listener, control::router(&gate)));
        Ok(Self { address, gate, server: Some(server) })
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
        lock(&self.gate.journal).entries()
    }

    /// The same, after which the journal begins anew.
    pub fn take_journal(&self) -> Vec<Entry> {
        lock(&self.gate.journal).take()
    }

    /// How many requests there were so far.
    pub fn requests(&self) -> usize {
        lock(&self.gate.journal).count()
    }

    /// What is stored of an object, in order of creation; nothing when there is no such object.
    pub fn records(&self, object: &str) -> Vec<V::Record> {
        self.gate.vendor.records(object)
    }

    /// How many requests were refused by one of the vendor's limits: of rate, of quota, of concurrency. Scripted refusals
    /// are not among them.
    pub fn limits_crossed(&self) -> u64 {
        self.gate.crossed()
    }

    /// Lets the present access token in no more; an app can get another.
    pub fn expire_token(&self) {
        self.gate.vendor.expire_token();
    }

    /// Adds faults to the end of the script.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.gate.faults).extend(faults);
    }

    /// Forgets the faults that are still to come.
    pub fn heal(&self) {
        lock(&self.gate.faults).clear();
    }

    /// Stops listening and closes every connection.
    pub async fn shutdown(mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            // An aborted task always ends in an error, which says nothing new.
            drop(server.await);
        }
    }

    /// The vendor behind the gate, for what only its own module offers.
    pub(crate) fn vendor(&self) -> &V {
        &self.gate.vendor
    }
}

impl<V: Vendor> Drop for Running<V> {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
