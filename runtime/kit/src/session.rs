//! One connection of the connector to a vendor of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use offtake_core::destination::{CallFailure, RowResult, WriteRequest};
use offtake_core::grant::LimitsGrant;
use offtake_core::ports::Destination;
use offtake_egress::{Credentials, Grant, Limiters, Options, Outbound, Policy, Quotas, Secret};
use offtake_plugin::{Binding, Bound};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use crate::error::Error;
use crate::journal::Journal;
use crate::stage::Stage;
use crate::vendor::{Exchange, Plan, Vendor};
use crate::witness::{Seen, Witness};

/// A bound connector, its vendor and everything that is watched.
pub(crate) struct Session {
    bound: Bound,
    vendor: Vendor,
    witness: Arc<Witness>,
    journal: Journal,
    dispatch: Dispatch,
}

impl Session {
    pub(crate) async fn open(stage: &Stage, plan: Plan) -> Result<Self, Error> {
        let vendor = Self::vendor(stage, plan.clone()).await?;
        let witness = Arc::new(Self::way_out(stage, &vendor.bases, &plan)?);
        let binding = Binding {
            id: "kit".to_owned(),
            config_json: stage.script.config_json(),
            egress: witness.clone(),
            limits: LimitsGrant::default(),
        };
        let journal = Journal::default();
        Ok(Self {
            bound: stage.connector.bind(binding),
            dispatch: Dispatch::new(journal.clone()),
            vendor,
            witness,
            journal,
        })
    }

    pub(crate) async fn vendor(stage: &Stage, plan: Plan) -> Result<Vendor, Error> {
        let endpoints = stage.manifest().endpoints.keys();
        Vendor::start(endpoints, stage.script.clone(), stage.source.clone(), plan, stage.recorder.clone()).await
    }

    /// The real way out, with the kit's vendor behind each endpoint and nothing else that it may reach.
    pub(crate) fn way_out(stage: &Stage, bases: &BTreeMap<String, String>, plan: &Plan) -> Result<Witness, Error> {
        let manifest = stage.manifest();
        let loopback = "127.0.0.1/32".parse().map_err(|_| Error::Vendor("127.0.0.1/32 is no network".to_owned()))?;
        let grant = Grant { networks: vec![loopback], plain_http: true, ..Grant::default() };
        let failed = |error: offtake_egress::PolicyError| Error::Vendor(error.to_string());
        let secret = |(slot, canary): (&String, &String)| (slot.clone(), Secret::new(canary.clone()));
        let options = Options {
            connection: "kit".to_owned(),
            connector: format!("{}@{}", manifest.id, manifest.version),
            policy: Policy::new(manifest, bases, grant).map_err(failed)?,
            credentials: Credentials::new(&manifest.credentials, stage.canaries.iter().map(secret).collect()),
            bucket: "kit".to_owned(),
            quotas: Quotas::default(),
            audit: None,
        };
        // Limiters of its own: a pause that one check provokes is no other's.
        let outbound = Outbound::new(options, &Limiters::default()).map_err(failed)?;
        Ok(Witness::new(outbound, &stage.source, plan))
    }

    pub(crate) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// Runs a call with its log lines kept here.
    pub(crate) async fn watch<T>(&self, call: impl Future<Output = T>) -> T {
        call.with_subscriber(self.dispatch.clone()).await
    }

    /// Writes a batch.
    pub(crate) async fn write(&self, stage: &Stage, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure> {
        stage.remember(&request.rows);
        self.watch(self.bound.write(request)).await
    }

    /// What the vendor saw.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.vendor.seen()
    }

    /// Requests that may have changed something.
    pub(crate) fn writes(&self) -> Vec<Exchange> {
        self.vendor.seen().into_iter().filter(|exchange| !exchange.only_reads).collect()
    }

    /// What the way out saw.
    pub(crate) fn seen(&self) -> Seen {
        self.witness.seen()
    }

    pub(crate) fn journal(&self) -> Journal {
        self.journal.clone()
    }
}
