//! `http`: hands requests to the egress port, within the call's budget.

use std::sync::Arc;

use futures::StreamExt;
use offtake_core::ports::{Egress, Refusal, Response, SendError};
use offtake_core::run::cut;

use super::{CallState, Refused};
use crate::bindings::{http, request, response};
use crate::deadline::Deadline;
use crate::limits::{IN_FLIGHT_MAX, REQUESTS_MAX};

/// A host name is at most this long; more is not one.
const HOST_SHOWN_MAX: usize = 253;

impl CallState {
    fn remember(&mut self, result: &Result<Response, SendError>) {
        self.answered += u32::from(result.is_ok());
        if let Ok(response) = result
            && let Some(to) = redirected(response)
        {
            let message = format!("the destination answers with a redirect to {to}, which is not followed");
            self.refused.get_or_insert(Refused { code: "OFT-E303", message });
        }
        // Refusals that depend on a row's values are the row's affair.
        let grant = [Refusal::DeniedByPolicy, Refusal::UnknownCredential, Refusal::QuotaSpent];
        if let Err(SendError::Refused { refusal, code, message }) = result
            && grant.contains(refusal)
        {
            self.refused.get_or_insert_with(|| Refused { code, message: message.clone() });
        }
    }

    /// What a request needs: the way out, and the deadline that moves while it waits for its turn.
    fn way_out(&self) -> (Arc<dyn Egress>, Arc<Deadline>) {
        (self.egress.clone(), self.deadline.clone())
    }

    /// Takes one request from the budgets; nothing left is an answer that the guest gets.
    fn spend(&mut self, wanted: &http::Request) -> Result<(), SendError> {
        let requests =
            self.requests_left.checked_sub(1).ok_or_else(|| format!("one call may send {REQUESTS_MAX} requests"));
        let bytes = self.egress_bytes_left.checked_sub(weight(wanted));
        let bytes = bytes.ok_or_else(|| "the requests of the call carry more bytes than its rows explain".to_owned());
        match requests.and_then(|requests| Ok((requests, bytes?))) {
            Ok(left) => {
                (self.requests_left, self.egress_bytes_left) = left;
                Ok(())
            }
            Err(message) => {
                self.overspent.get_or_insert_with(|| message.clone());
                Err(SendError::Refused { refusal: Refusal::BudgetExhausted, code: "OFT-E307", message })
            }
        }
    }
}

/// Bytes of a request that the guest chose.
fn weight(wanted: &http::Request) -> usize {
    let target = match &wanted.target {
        http::Target::Endpoint((name, path)) => name.len() + path.len(),
        http::Target::Absolute(url) => url.len(),
    };
    let headers: usize = wanted.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    target + headers + wanted.method.len() + wanted.body.as_ref().map_or(0, Vec::len)
}

/// Where the answer sends whoever follows it; without path and query, which may carry what was asked for.
fn redirected(response: &Response) -> Option<String> {
    let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
    let location = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    let (scheme, rest) = location.1.split_once("://").unwrap_or(("", location.1.as_str()));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let shown = if scheme.is_empty() || host.is_empty() { "another path" } else { cut(host, HOST_SHOWN_MAX) };
    is_redirect.then(|| shown.escape_default().to_string())
}

async fn send(
    (egress, deadline): (Arc<dyn Egress>, Arc<Deadline>),
    wanted: http::Request,
    allowed: Result<(), SendError>,
) -> Result<Response, SendError> {
    allowed?;
    egress.send(request(wanted), &*deadline).await
}

impl http::Host for CallState {
    async fn send(&mut self, req: http::Request) -> Result<http::Response, http::Error> {
        let allowed = self.spend(&req);
        let result = send(self.way_out(), req, allowed).await;
        self.remember(&result);
        response(result)
    }

    async fn send_all(
        &mut self,
        reqs: Vec<http::Request>,
        max_in_flight: u16,
    ) -> Vec<Result<http::Response, http::Error>> {
        let in_flight = usize::from(max_in_flight).clamp(1, IN_FLIGHT_MAX);
        let sends: Vec<_> = reqs
            .into_iter()
            .map(|wanted| {
                let allowed = self.spend(&wanted);
                send(self.way_out(), wanted, allowed)
            })
            .collect();
        let results: Vec<_> = futures::stream::iter(sends).buffered(in_flight).collect().await;
        results.iter().for_each(|result| self.remember(result));
        results.into_iter().map(response).collect()
    }
}
