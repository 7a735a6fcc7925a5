//! Requests that must not leave, through the real way out.

use std::collections::BTreeSet;

use offtake_plugin::Bound;

use crate::support::vendor::{METADATA, Vendor};
use crate::support::{MACHINE, bind, connector, guest, journal, way_out, write};

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

/// The codes of the rejections, one a row.
async fn codes(bound: &Bound, object: &str) -> Vec<String> {
    let results = write(bound, object).await.unwrap();
    results.into_iter().map(|result| result.outcome.unwrap_err().detail().code.clone()).collect()
}

pub(crate) async fn nothing_is_smuggled() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let smuggles = connector("smuggles");
    let bound = bind(&smuggles, way_out::real(&smuggles, &[("api", &vendor.base)], "a-secret-token"));
    let source = std::fs::read_to_string(guest::folder().join("smuggles/src/lib.rs")).unwrap();
    let ways: Vec<&str> =
        source.lines().filter_map(|line| Some(line.trim().strip_prefix('"')?.split_once("\" => ")?.0)).collect();
    assert_eq!(ways.len(), 19);
    for way in ways {
        let refusal = if way == "method-crlf" { "denied_by_policy" } else { "invalid_request" };
        assert_eq!(codes(&bound, way).await, [refusal; 3], "{way}");
    }
    assert_eq!(vendor.arrived(), 0);
    assert_eq!(codes(&bound, "plain").await, ["got_out"; 3]);
    assert_eq!(vendor.arrived(), 1);
}

pub(crate) async fn a_redirect_leads_nowhere() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let follows = connector("follows");
    let bound = bind(&follows, way_out::real(&follows, &[("api", &vendor.base)], "a-secret-token"));
    // The guest goes on by itself to where the vendor wants it.
    assert_eq!(codes(&bound, METADATA).await, ["denied_by_policy"; 3]);
    assert_eq!(vendor.arrived(), 1);
}

pub(crate) async fn headers_have_an_end() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let many = connector("many-headers");
    let bound = bind(&many, way_out::real(&many, &[("api", &vendor.base)], "a-secret-token"));
    for object in ["a-few-too-many", "hundred-thousand"] {
        let failed = write(&bound, object).await.unwrap_err();
        assert_eq!(failed.failure.code(), "OFT-E103", "{object}: {failed:?}");
    }
    assert_eq!(vendor.arrived(), 0);
}

pub(crate) async fn requests_carry_what_rows_explain() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(|_, _| (String::new(), String::new())).await;
    let exfiltrates = connector("exfiltrates");
    let egress = way_out::real(&exfiltrates, &[("api", &vendor.base)], "a-secret-token");
    let bound = bind(&exfiltrates, egress.clone());
    assert_eq!(write(&bound, "modest").await.unwrap().len(), 3);
    let before = egress.requests();
    let failed = write(&bound, "much").await.unwrap_err();
    assert_eq!(failed.failure.detail().code, "request_budget_exhausted", "{failed:?}");
    // 2 MiB were tried, and a little more than 1 MiB is allowed for three small rows.
    assert_eq!(egress.requests() - before, 4);
    let told = journal::of("exfiltrates");
    assert_eq!(told.iter().filter(|line| line.code == "OFT-E307").count(), 1, "the operator is told once a call");
}

#[test]
fn every_door_has_its_refusal() {
    let source = std::fs::read_to_string(guest::folder().join("calls-out/src/lib.rs")).unwrap();
    let arms = source.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
    let tried: BTreeSet<&str> = arms.map(|(door, _)| door).collect();
    assert_eq!(tried, DOORS.map(|(door, _)| door).into());
}
