//! A vendor elsewhere, asked through a way out of its own: the kit stands between connector and vendor.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use offtake_core::destination::Rate;
use offtake_core::manifest::Manifest;
use offtake_core::ports::{Egress, Request, Response, SendError, Target};
use offtake_egress::{Credentials, Grant, Limiters, Options, Outbound, Policy, Quotas, Secret};

use crate::error::Error;
use crate::script::{Answer, Asked};

/// Headers of the connection between connector and kit.
const OWN: [&str; 6] = ["accept", "connection", "content-length", "host", "transfer-encoding", "user-agent"];

/// What a vendor gets for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the vendor says 429, and how often. A wait that it asks for comes on top.
const WAIT: Duration = Duration::from_secs(1);
const WAITS_MAX: usize = 10;

/// Whether the host of a URL is this machine.
fn is_loopback(url: &str) -> bool {
    let uri = url.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Passes requests on to a vendor with the real secrets.
pub(crate) struct Relay {
    outbound: Outbound,
    /// The vendor's origin.
    url: String,
    /// Slots with their header and endpoints.
    slots: Vec<(String, String, Vec<String>)>,
}

impl Relay {
    /// Every endpoint of the manifest is at `url`.
    pub(crate) fn new(manifest: &Manifest, url: &str, secrets: BTreeMap<String, String>) -> Result<Self, Error> {
        let vendor = |message: String| Error::Vendor(message);
        let local = url.starts_with("http://");
        if local && !is_loopback(url) {
            return Err(vendor(format!("{url} is plain http, which is for simulators on this machine")));
        }
        // Plain http is for a simulator on this machine.
        let networks = if local { vec!["127.0.0.0/8", "::1/128"] } else { Vec::new() };
        let networks: Vec<_> = networks.into_iter().filter_map(|network| network.parse().ok()).collect();
        let moved = manifest.endpoints.keys().map(|name| (name.clone(), url.to_owned())).collect();
        let secrets = secrets.into_iter().map(|(slot, secret)| (slot, Secret::new(secret)));
        let policy = Policy::new(manifest, &moved, Grant { plain_http: local, networks, ..Grant::default() });
        let options = Options {
            connection: "kit".to_owned(),
            connector: manifest.id.clone(),
            policy: policy.map_err(|error| vendor(error.to_string()))?,
            credentials: Credentials::new(&manifest.credentials, secrets.collect()),
            bucket: "relay".to_owned(),
            quotas: Quotas::default(),
            audit: None,
        };
        let outbound = Outbound::new(options, &Limiters::default()).map_err(|error| vendor(error.to_string()))?;
        let slot = |(name, slot): (&String, &offtake_core::manifest::CredentialSlot)| {
            (name.clone(), slot.header.to_lowercase(), slot.endpoints.clone())
        };
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            outbound,
            slots: manifest.credentials.iter().map(slot).collect(),
        })
    }

    /// Keeps to the vendor's rates, for all sessions together.
    pub(crate) fn keep_to(&self, rates: &[Rate]) {
        self.outbound.keep_to(rates);
    }

    /// Asks, and has links in the answer lead to `base`, where the kit is.
    pub(crate) async fn ask(&self, asked: &Asked<'_>, base: &str) -> Result<Answer, String> {
        let has = |header: &str| asked.headers.iter().any(|(name, _)| name == header);
        let slot = self
            .slots
            .iter()
            .find(|(_, header, endpoints)| has(header) && endpoints.iter().any(|endpoint| endpoint == asked.endpoint));
        let passes = |name: &str| !OWN.contains(&name) && !self.slots.iter().any(|(_, header, _)| header == name);
        let request = Request {
            method: asked.method.to_owned(),
            target: Target::Endpoint(asked.endpoint.to_owned(), asked.path.to_owned()),
            headers: asked.headers.iter().filter(|(name, _)| passes(name)).cloned().collect(),
            body: (!asked.body.is_empty()).then(|| asked.body.to_vec()),
            auth: slot.map(|(name, ..)| name.clone()),
            timeout: Some(PATIENCE),
            idempotency_key: None,
            max_response_bytes: None,
        };
        let response = self.send(request).await.map_err(|error| format!("the vendor: {error}"))?;
        let kept = |name: &str| !["connection", "content-length", "transfer-encoding"].contains(&name);
        let headers = response.headers.into_iter().filter(|(name, _)| kept(name)).collect();
        let body = match String::from_utf8(response.body) {
            Ok(text) => text.replace(&self.url, base).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        Ok(Answer { status: response.status, headers, body })
    }

    /// A quota of the vendor's own is none of the connector's doing: the kit waits for it.
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        for _ in 0..WAITS_MAX {
            let response = self.outbound.send(request.clone(), &()).await?;
            if response.status != 429 {
                return Ok(response);
            }
            tokio::time::sleep(WAIT).await;
        }
        self.outbound.send(request, &()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_plain_http_to_this_machine_alone() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
            ("http://", false),
        ] {
            assert_eq!(is_loopback(url), expected, "{url}");
        }
    }
}
