//! `http`: hands requests to the egress port, within the call's budget.

use std::sync::Arc;

use futures::StreamExt;
use offtake_core::ports::{Egress, Refusal, SendError};

use super::CallState;
use crate::bindings::{http, request, response};
use crate::limits::{IN_FLIGHT_MAX, REQUESTS_MAX};

impl CallState {
    /// Takes one request from the budget; none left is an answer that the guest gets.
    fn spend(&mut self) -> Result<(), SendError> {
        let left = self.requests_left.checked_sub(1);
        self.requests_left = left.unwrap_or(0);
        left.map(|_| ()).ok_or_else(|| SendError::Refused {
            refusal: Refusal::BudgetExhausted,
            code: "OFT-E307",
            message: format!("one call may send {REQUESTS_MAX} requests"),
        })
    }
}

async fn send(
    egress: Arc<dyn Egress>,
    wanted: http::Request,
    allowed: Result<(), SendError>,
) -> Result<http::Response, http::Error> {
    let result = match allowed {
        Ok(()) => egress.send(request(wanted)).await,
        Err(refused) => Err(refused),
    };
    response(result)
}

impl http::Host for CallState {
    async fn send(&mut self, req: http::Request) -> Result<http::Response, http::Error> {
        let allowed = self.spend();
        send(self.egress.clone(), req, allowed).await
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
                let allowed = self.spend();
                send(self.egress.clone(), wanted, allowed)
            })
            .collect();
        futures::stream::iter(sends).buffered(in_flight).collect().await
    }
}
