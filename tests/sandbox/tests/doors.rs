//! Requests that must not leave, through the real way out.

use std::collections::BTreeSet;

use crate::support::vendor::Vendor;
use crate::support::{MACHINE, bind, connector, guest, way_out, write};

/// The object that names the door, and the refusal.
const DOORS: [(&str, &str); 19] = [
    ("forbidden-host", "denied_by_policy"),
    ("lookalike-host", "denied_by_policy"),
    ("userinfo", "invalid_request"),
    ("loopback", "denied_by_policy"),
    ("metadata-service", "denied_by_policy"),
    ("plain-http", "denied_by_policy"),
    ("file", "denied_by_policy"),
    ("undeclared-endpoint", "denied_by_policy"),
    ("credential-elsewhere", "unknown_credential"),
    ("unknown-slot", "unknown_credential"),
    ("undeclared-path", "denied_by_policy"),
    ("path-escape", "invalid_request"),
    ("encoded-escape", "invalid_request"),
    ("authority-in-path", "invalid_request"),
    ("undeclared-method", "denied_by_policy"),
    ("authorization-header", "invalid_request"),
    ("host-header", "invalid_request"),
    ("header-injection", "invalid_request"),
    ("method-injection", "denied_by_policy"),
];

pub(crate) async fn every_door_is_shut() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let other = Vendor::start(|_, _| (String::new(), String::new())).await;
    let calls_out = connector("calls-out");
    // Once with the endpoints of the manifest, where a request that left would have to be resolved, and once with them
    // on loopback, where it would arrive.
    let elsewhere = [("api", vendor.base.as_str()), ("other", other.base.as_str())];
    for places in [[].as_slice(), elsewhere.as_slice()] {
        let egress = way_out::real(&calls_out, places, "a-secret-token");
        let bound = bind(&calls_out, egress.clone());
        for (door, refusal) in DOORS {
            for result in write(&bound, door).await.unwrap() {
                let failure = result.outcome.unwrap_err();
                assert_eq!(failure.detail().code, refusal, "{door}: {failure:?}");
            }
        }
        assert_eq!(egress.requests(), 0);
    }
    assert_eq!((vendor.arrived(), other.arrived()), (0, 0));

    // The same way out is open for what is allowed.
    let bound = bind(&calls_out, way_out::real(&calls_out, &elsewhere, "a-secret-token"));
    let results = write(&bound, "allowed").await.unwrap();
    assert_eq!(results[0].outcome.as_ref().unwrap_err().detail().code, "got_out");
    assert_eq!((vendor.arrived(), other.arrived()), (1, 0));
}

#[test]
fn every_door_has_its_refusal() {
    let source = std::fs::read_to_string(guest::folder().join("calls-out/src/lib.rs")).unwrap();
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    let tried: BTreeSet<&str> = arms.map(|(door, _)| door).collect();
    assert_eq!(tried, DOORS.map(|(door, _)| door).into());
}
