//! How much of what each vendor's limits allow a first sync uses: the real connectors against the simulated vendors, with the
//! limits that the vendors document.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offtake_build::BuildOptions;
use offtake_core::mode::Mode;
use offtake_egress::{Credentials, Grant, Limiters, Options as Way, Outbound, Policy, Quotas, Secret};
use offtake_engine::{Ports, Stop, SyncSpec, run};
use offtake_plugin::{Binding, Compiler, Host, Options};
use offtake_sim::{Running, Vendor, braze, hubspot, marketo, salesforce, zendesk};
use offtake_state::{Durability, StateDirectory};

use crate::vendor::{Silent, SystemClock, Table};
use crate::{Outcome, durability};

/// A vendor, what is synced to it, and what its limits allow.
struct Case {
    connector: &'static str,
    config: &'static str,
    object: &'static str,
    key: &'static str,
    text: &'static str,
    rows: usize,
    /// Requests in a window, and what they are called; none where only a day's quota counts.
    allows: Option<(u32, Duration)>,
    limit: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        connector: "hubspot",
        config: r#"{"tier":"professional"}"#,
        object: "contacts",
        key: "email",
        text: "firstname",
        rows: 57_000,
        allows: Some((19, Duration::from_secs(1))),
        limit: "190 requests in 10 s, 19 in 1 s",
    },
    Case {
        connector: "zendesk",
        config: r#"{"plan":"enterprise"}"#,
        object: "users",
        key: "external_id",
        text: "name",
        rows: 35_000,
        allows: Some((700, Duration::from_secs(60))),
        limit: "700 requests in 1 min, 30 jobs",
    },
    Case {
        connector: "braze",
        config: r#"{"track_cap":"50_combined"}"#,
        object: "users",
        key: "external_id",
        text: "full_name",
        rows: 1_500_000,
        allows: Some((3_000, Duration::from_secs(3))),
        limit: "3,000 requests in 3 s",
    },
    Case {
        connector: "marketo",
        config: "{}",
        object: "leads",
        key: "email",
        text: "lastName",
        rows: 90_000,
        allows: Some((100, Duration::from_secs(20))),
        limit: "100 calls in 20 s, 10 at once",
    },
    Case {
        connector: "salesforce",
        config: "{}",
        object: "Contact",
        key: "Ext__c",
        text: "LastName",
        rows: 200_000,
        allows: None,
        limit: "100,000 requests in 24 h",
    },
];

#[expect(clippy::print_stdout, reason = "a command talks to its terminal")]
pub(crate) async fn measure(only: Option<&str>) -> Outcome<()> {
    println!("throughput of a first sync with the vendors' limits on:");
    println!("  vendor      limit                            requests  seconds  rows/s   of the limit  refused for it");
    for case in CASES.iter().filter(|case| only.is_none_or(|only| only == case.connector)) {
        let measured = match case.connector {
            "hubspot" => {
                let limits = hubspot::Limits { secondly: 19, ten_secondly: 190, daily: 650_000 };
                one::<hubspot::HubSpot>(case, hubspot::Options { limits, ..Default::default() }, |_| true).await
            }
            "zendesk" => one::<zendesk::Zendesk>(case, zendesk::Options::default(), |_| true).await,
            "braze" => one::<braze::Braze>(case, braze::Options::default(), |_| true).await,
            "marketo" => one::<marketo::Marketo>(case, marketo::Options::default(), |_| true).await,
            _ => {
                let limits = salesforce::Limits { daily: 100_000, ..Default::default() };
                let options = salesforce::Options { limits, ..Default::default() };
                one::<salesforce::Salesforce>(case, options, |org| org.add_field("Contact", "Ext__c", "string", true))
                    .await
            }
        }?;
        let share = case.allows.map_or_else(
            || format!("{:.2} %", 100.0 * measured.requests as f64 / 100_000.0),
            |(requests, window)| {
                let allowed = f64::from(requests) * measured.seconds / window.as_secs_f64();
                format!("{:.1} %", 100.0 * measured.requests as f64 / allowed)
            },
        );
        println!(
            "  {:<11} {:<32} {:>8} {:>8.1} {:>7.0} {:>14} {:>15}",
            case.connector,
            case.limit,
            measured.requests,
            measured.seconds,
            case.rows as f64 / measured.seconds,
            share,
            measured.refused
        );
    }
    Ok(())
}

struct Measured {
    requests: usize,
    seconds: f64,
    refused: u64,
}

async fn one<V: Vendor>(case: &Case, options: V::Options, prepare: fn(&Running<V>) -> bool) -> Outcome<Measured> {
    let simulator = Running::<V>::start(options).await?;
    if !prepare(&simulator) {
        return Err("the simulator does not take what it needs".into());
    }
    let folder = tempfile::tempdir()?;
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins").join(case.connector);
    let build = BuildOptions {
        out: Some(folder.path().join("connector.wasm")),
        target_dir: Some(folder.path().join("target")),
    };
    let component = offtake_build::build(&plugin, &build, &mut |_| {})?.path;
    let connector = Host::new(Options { compiler: Compiler::InProcess, ..Options::default() })?.load(&component)?;

    let manifest = connector.manifest();
    let grant = Grant { networks: vec!["127.0.0.1/32".parse()?], plain_http: true, ..Grant::default() };
    let token =
        Secret::new(format!("{}-simulated", if case.connector == "hubspot" { "pat-na1" } else { case.connector }));
    let way = Way {
        connection: "bench".to_owned(),
        connector: manifest.id.clone(),
        policy: Policy::new(manifest, &BTreeMap::from([("api".to_owned(), simulator.base_url())]), grant)?,
        credentials: Credentials::new(&manifest.credentials, BTreeMap::from([("token".to_owned(), token)])),
        bucket: "bench".to_owned(),
        quotas: Quotas::new(manifest.quotas.clone(), 0.1),
        audit: None,
    };
    let egress = Arc::new(Outbound::new(way, &Limiters::default())?);
    let config_json = case.config.to_owned();
    let destination =
        connector.bind(Binding { id: "bench".to_owned(), config_json, egress, limits: Default::default() });

    let state = StateDirectory::open_with(&folder.path().join("state"), Durability::Synced)?;
    let ports = Ports {
        model: Arc::new(Table { key: case.key, text: case.text, rows: case.rows }),
        destination: Arc::new(destination),
        state: Arc::new(state.sync(&"bench".parse()?)?),
        clock: Arc::new(SystemClock),
    };
    let spec = SyncSpec {
        object: case.object.to_owned(),
        match_keys: vec![case.key.to_owned()],
        mode: Mode::Upsert,
        batch_rows: None,
        ..durability::spec()
    };
    let record = run(&spec, &ports, &Silent, &Stop::default()).await;
    if record.counts.delivered != case.rows as u64 {
        return Err(format!("{}: {:?} {:?}", case.connector, record.counts, record.error).into());
    }
    let seconds = record.timings.send_ms as f64 / 1e3;
    Ok(Measured { requests: simulator.requests(), seconds, refused: simulator.limits_crossed() })
}
