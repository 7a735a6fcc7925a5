//! A connector joined with a connection: the engine's destination port.

mod jobs;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use offtake_core::destination::{CallFailure, Detail, Effect, Failure, RowResult, WriteLimits, WriteRequest};
use offtake_core::grant::LimitsGrant;
use offtake_core::manifest::{CallLimits, Manifest};
use offtake_core::object::{Field, Fields, Object, Objects, Operation};
use offtake_core::ports::{Destination, Egress};
use offtake_core::run::{MESSAGE_BYTES_MAX, cut};

use crate::bindings::{self, jobs as job, types};
use crate::call::{Allowance, Called, call};
use crate::engine::Connector;
use crate::guest::Guest;
use crate::host::Refused;
use crate::limits::{CEILING, egress_bytes};

/// Pages of objects that are asked for: a vendor with more than a hundred pages of objects is a connector that loops.
const OBJECT_PAGES_MAX: usize = 100;

/// What a connection adds to a connector.
pub struct Binding {
    /// Name of the connection.
    pub id: String,
    /// Its validated settings, without secrets.
    pub config_json: String,
    /// Its way out.
    pub egress: Arc<dyn Egress>,
    /// What the operator grants one call; never more than the connector asks for.
    pub limits: LimitsGrant,
}

/// A connector with a connection.
pub struct Bound {
    connector: Connector,
    connection: types::Connection,
    egress: Arc<dyn Egress>,
    limits: CallLimits,
}

impl Connector {
    /// Joins the connector with a connection.
    pub fn bind(&self, binding: Binding) -> Bound {
        Bound {
            connector: self.clone(),
            connection: types::Connection { id: binding.id, config_json: binding.config_json },
            egress: binding.egress,
            limits: binding.limits.of(self.manifest.limits).at_most(CEILING),
        }
    }
}

/// Calls one function of the connector interface and flattens its three results: value, failure, trap.
macro_rules! enter {
    ($bound:expr, $function:ident $(, $argument:expr)*) => {
        enter!(given $bound.allowance(0, 0), $bound, $function $(, $argument)*).map(|called| called.value)
    };
    (given $allowance:expr, $bound:expr, $function:ident $(, $argument:expr)*) => {
        enter!(in |guest| Ok(guest.connector.offtake_destination_connector()), $allowance, $bound, $function $(, $argument)*)
    };
    (in $interface:expr, $allowance:expr, $bound:expr, $function:ident $(, $argument:expr)*) => {{
        let connection = $bound.connection.clone();
        let interface: for<'g> fn(&'g Guest) -> wasmtime::Result<&'g _> = $interface;
        let answer = call(&$bound.connector, &$bound.egress, $allowance, move |guest, store| {
            Box::pin(async move { interface(guest)?.$function(store, &connection $(, $argument)*).await })
        });
        let called = answer.await?;
        match called.value {
            Ok(value) => Ok(Called { value, answered: called.answered, refused: called.refused }),
            Err(failed) => Err($bound.explain(bindings::call_failure(failed), called.refused)),
        }
    }};
}

/// Calls once more where the vendor refused the credential in the body of an answer, did nothing, and another one can be had.
macro_rules! renewing {
    ($bound:expr, $call:expr) => {{
        let began = Instant::now();
        match $call {
            Err(failed) if is_locked_out(&failed) && $bound.egress.renew(began).await => $call,
            answer => answer,
        }
    }};
}

/// The code of a request that was not sent because a quota is used up as far as it may be.
const QUOTA_SPENT: &str = "OFT-E312";
/// Longer than any run waits: a day's quota.
const QUOTA_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

fn spent(detail: Detail) -> Failure {
    Failure::RateLimited { retry_after: Some(QUOTA_WAIT), scope: None, detail }
}

fn is_locked_out(failed: &CallFailure) -> bool {
    matches!(failed, CallFailure { failure: Failure::Auth(_), effect: Effect::None })
}

/// The answer of a whole write.
type Written = Called<Vec<types::RowResult>>;

impl Bound {
    /// What the connector asks for.
    pub(crate) fn manifest(&self) -> Arc<Manifest> {
        self.connector.manifest.clone()
    }

    pub(crate) fn way_out(&self) -> Arc<dyn Egress> {
        self.egress.clone()
    }

    /// What a call may use that is given so many rows of so many bytes.
    fn allowance(&self, rows: usize, bytes: usize) -> Allowance {
        Allowance { limits: self.limits, egress_bytes: egress_bytes(rows, bytes) }
    }

    async fn start(&self, batch: Arc<job::Batch>) -> Result<Called<job::Progress>, CallFailure> {
        let allowance = self.allowance(batch.refs.len(), batch.rows.len());
        renewing!(self, {
            let batch = batch.clone();
            enter!(in jobs::interface, allowance, self, call_start, &batch)
        })
    }

    async fn poll(&self, batch: Arc<job::Batch>, id: String) -> Result<Called<job::Progress>, CallFailure> {
        let allowance = self.allowance(batch.refs.len(), batch.rows.len());
        enter!(in jobs::interface, allowance, self, call_poll, &batch, &id)
    }

    /// A guest that fails after the host refused it a request fails for that reason, and only the host knows which.
    fn explain(&self, failed: CallFailure, refused: Option<Refused>) -> CallFailure {
        self.heed([&failed.failure]);
        let failed = match refused {
            None => failed,
            Some(Refused { code, message }) => {
                let detail = Detail { code: code.to_owned(), message, ..Detail::default() };
                let failure = match code {
                    // The vendor refused the host an access token: that is for whoever renews the credential.
                    "OFT-A004" => Failure::Auth(detail),
                    QUOTA_SPENT => spent(detail),
                    _ => Failure::Misconfigured(detail),
                };
                CallFailure { failure, effect: failed.effect }
            }
        };
        self.clean(failed)
    }

    /// Some vendors say in the body alone that a quota ran out: only the connector knows, and everybody has to wait.
    fn heed<'a>(&self, failures: impl IntoIterator<Item = &'a Failure>) {
        if let Some(wait) = longest_wait(failures) {
            self.egress.pause(wait);
        }
    }

    /// A guest's words, without secrets and at most as long as promised.
    fn clean(&self, mut failed: CallFailure) -> CallFailure {
        let detail = match &mut failed.failure {
            Failure::Transient(detail)
            | Failure::RateLimited { detail, .. }
            | Failure::Auth(detail)
            | Failure::Forbidden(detail)
            | Failure::Rejected(detail)
            | Failure::Unattributed(detail)
            | Failure::TooLarge(detail)
            | Failure::SchemaChanged(detail)
            | Failure::Misconfigured(detail)
            | Failure::Fatal(detail) => detail,
        };
        self.clean_detail(detail);
        failed
    }

    fn clean_detail(&self, detail: &mut Detail) {
        // Cut after redacting: a secret across the cut would leave its first part.
        let clean = |text: &str| cut(&self.egress.redact(text), MESSAGE_BYTES_MAX).to_owned();
        detail.message = clean(&detail.message);
        detail.code = clean(&detail.code);
        detail.field = detail.field.as_deref().map(clean);
    }

    fn parse<T: serde::de::DeserializeOwned>(&self, json: &str, schema: &str) -> Result<T, CallFailure> {
        serde_json::from_str(json).map_err(|error| CallFailure {
            failure: Failure::Fatal(Detail {
                code: "contract".to_owned(),
                message: format!("the connector's answer is not {schema}: {error}"),
                ..Detail::default()
            }),
            effect: Effect::None,
        })
    }
}

/// A document of another schema may look the same and mean something else.
fn is_schema(found: &str, known: &str) -> Result<(), CallFailure> {
    if found == known {
        return Ok(());
    }
    Err(CallFailure {
        failure: Failure::Fatal(Detail {
            code: "contract".to_owned(),
            message: format!("the connector's answer has the schema {found:?}, and {known} is expected"),
            ..Detail::default()
        }),
        effect: Effect::None,
    })
}

#[async_trait]
impl Destination for Bound {
    fn connector(&self) -> String {
        format!("{}@{}", self.connector.manifest.id, self.connector.manifest.version)
    }

    fn connector_digest(&self) -> String {
        self.connector.digest.to_string()
    }

    fn requests(&self) -> u64 {
        self.egress.requests()
    }

    async fn check(&self) -> Result<String, CallFailure> {
        let account = renewing!(self, enter!(self, call_check))?;
        Ok(self.egress.redact(&account))
    }

    async fn objects(&self) -> Result<Vec<Object>, CallFailure> {
        let mut objects = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..OBJECT_PAGES_MAX {
            let page = renewing!(self, {
                let cursor = cursor.clone();
                enter!(self, call_discover_objects, cursor.as_deref())
            })?;
            let parsed: Objects = self.parse(&page.objects_json, "offtake.objects/1")?;
            is_schema(&parsed.schema, "offtake.objects/1")?;
            objects.extend(parsed.objects);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(objects)
    }

    async fn fields(&self, object: &str) -> Result<Vec<Field>, CallFailure> {
        let json = renewing!(self, {
            let object = object.to_owned();
            enter!(self, call_discover_fields, &object)
        })?;
        let parsed: Fields = self.parse(&json, "offtake.fields/1")?;
        is_schema(&parsed.schema, "offtake.fields/1")?;
        Ok(parsed.fields)
    }

    async fn limits(&self, object: &str, operation: Operation) -> Result<WriteLimits, CallFailure> {
        let object = object.to_owned();
        let limits = enter!(self, call_limits_for, &object, bindings::operation(operation))?;
        let limits = bindings::limits(limits);
        self.egress.keep_to(&limits.rates);
        Ok(limits)
    }

    async fn lookup(
        &self,
        object: &str,
        match_keys: &[String],
        fields: &[String],
        rows: &str,
    ) -> Result<Option<Vec<String>>, CallFailure> {
        let allowance = self.allowance(rows.lines().count(), rows.len());
        let found = renewing!(self, {
            let (object, match_keys, fields) = (object.to_owned(), match_keys.to_vec(), fields.to_vec());
            let rows = rows.as_bytes().to_vec();
            enter!(given allowance, self, call_look_up, &object, &match_keys, &fields, &rows)
        })?;
        let lines = found.value.map(|bytes| {
            let text = self.egress.redact(&String::from_utf8_lossy(&bytes));
            text.lines().map(str::to_owned).collect()
        });
        Ok(lines)
    }

    async fn write(&self, request: WriteRequest) -> Result<Vec<RowResult>, CallFailure> {
        let called = if self.connector.pre.has_jobs() {
            self.follow(request).await?
        } else {
            let allowance = self.allowance(request.refs.len(), request.rows.len());
            let batch = Arc::new(bindings::batch(request));
            renewing!(self, {
                let batch = batch.clone();
                enter!(given allowance, self, call_write, &batch)
            })?
        };
        let mut results: Vec<RowResult> = called.value.into_iter().map(bindings::row_result).collect();
        if called.answered == 0 {
            results.iter_mut().for_each(doubt);
        }
        self.heed(results.iter().filter_map(|result| result.outcome.as_ref().err()));
        if let Some(Refused { code: QUOTA_SPENT, message }) = &called.refused {
            results.iter_mut().for_each(|result| hold_back(result, message));
        }
        let clean = results.into_iter().map(|mut result| {
            result.remote_id = result.remote_id.map(|id| cut(&self.egress.redact(&id), MESSAGE_BYTES_MAX).to_owned());
            if let Err(failure) = result.outcome {
                let whole = CallFailure { failure, effect: Effect::None };
                result.outcome = Err(self.clean(whole).failure);
            }
            result
        });
        Ok(clean.collect())
    }
}

/// What a row came to in a call to which the vendor answered nothing: nobody has taken it, so the connector's word that it is
/// done is worth nothing, and neither is what else it says of rows. A refusal needs no vendor: the connector may have seen
/// the reason in the row.
fn doubt(result: &mut RowResult) {
    if let Ok(kind) = result.outcome {
        let message = format!("the connector says `{}`, and the destination answered no request", kind.as_str());
        let detail = Detail { code: "nothing_sent".to_owned(), message, ..Detail::default() };
        result.outcome = Err(Failure::Fatal(detail));
    }
}

/// A row for which there was no request left is not tried again in this run.
fn hold_back(result: &mut RowResult, message: &str) {
    if let Err(Failure::Transient(_)) = result.outcome {
        let detail = Detail { code: QUOTA_SPENT.to_owned(), message: message.to_owned(), ..Detail::default() };
        result.outcome = Err(spent(detail));
    }
}

fn longest_wait<'a>(failures: impl IntoIterator<Item = &'a Failure>) -> Option<Duration> {
    let asked = failures.into_iter().filter_map(|failure| match failure {
        Failure::RateLimited { retry_after, .. } => *retry_after,
        _ => None,
    });
    asked.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_rows_that_have_to_wait_the_longest_wait_counts() {
        let limited = |seconds: Option<u64>| Failure::RateLimited {
            retry_after: seconds.map(Duration::from_secs),
            scope: None,
            detail: Detail::default(),
        };
        let other = || Failure::Transient(Detail::default());
        let cases = [
            (vec![], None),
            (vec![other(), limited(None)], None),
            (vec![limited(Some(2)), other(), limited(Some(9)), limited(None)], Some(9)),
        ];
        for (failures, expected) in cases {
            assert_eq!(longest_wait(&failures), expected.map(Duration::from_secs), "{failures:?}");
        }
    }
}
