//! Addresses inside, in every spelling, and names that lead there: none of them is dialled.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use offtake_core::ports::{Destination, Egress};
use offtake_egress::Resolver;
use offtake_plugin::{Bound, Connector};

use crate::support::vendor::Vendor;
use crate::support::{MACHINE, bind, connector, rows, way_out, write};

/// Spellings of loopback, of metadata services and of private networks, as the host of a URL.
const SPELLINGS: [&str; 62] = [
    "127.0.0.2",
    "169.254.169.254",
    "10.0.0.1",
    "0.0.0.0",
    "0",
    "2130706434",
    "2852039166",
    "0x7f000002",
    "0xa9fea9fe",
    "017700000002",
    "0177.0.0.2",
    "0251.0376.0251.0376",
    "0x7f.0.0.2",
    "0xA9.0xFE.0xA9.0xFE",
    "127.2",
    "127.0.2",
    "0x7f.2",
    "0177.2",
    "127.0x2",
    "169.254.43518",
    "169.16689662",
    "127.000.000.002",
    "127.0.0.2.",
    "0x7f.2.",
    "%31%32%37.0.0.2",
    "127%2e0%2e0%2e2",
    "%30%78%37%66.2",
    "１２７.０.０.２",
    "①②⑦.⓪.⓪.②",
    "127。0。0。2",
    "127．0．0．2",
    "１６９．２５４．１６９．２５４",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::127.0.0.2]",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:169.254.169.254]",
    "[::ffff:0:127.0.0.2]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:a9fe:a9fe::1]",
    "[2001:0:0:0:0:0:80ff:fffd]",
    "[2606:4700::5efe:10.0.0.1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST.",
    "ip6-localhost",
    "metadata.google.internal",
    "169.254.169.254.example.com",
    "user@169.254.169.254",
    "api.example.com@127.0.0.2",
    "127.0.0.2\\@api.example.com",
    "127.0.0.2#@api.example.com",
    "127.0.0.2?@api.example.com",
];

/// Answers in turn, and the last answer for ever.
struct Script(Mutex<(VecDeque<Vec<IpAddr>>, Vec<String>)>);

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answer = |addresses: &&[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new((answers.iter().map(answer).collect(), Vec::new()))))
    }

    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }
}

#[async_trait]
impl Resolver for Script {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut script = self.0.lock().unwrap();
        script.1.push(name.to_owned());
        let last = script.0.len() == 1;
        let answer = if last { script.0.front().cloned() } else { script.0.pop_front() };
        answer.ok_or_else(|| io::Error::other("nobody knows the name"))
    }
}

/// What the guest was told of its request.
async fn told(bound: &Bound, object: &str) -> String {
    let results = bound.write(rows(object, 1)).await.unwrap();
    results[0].outcome.as_ref().unwrap_err().detail().code.clone()
}

fn dialling(dials: &Connector, base: &str, resolver: &Arc<Script>) -> (Bound, Arc<dyn Egress>) {
    let egress = way_out::resolved(dials, &[("api", base)], resolver.clone());
    (bind(dials, egress.clone()), egress)
}

pub(crate) async fn no_spelling_of_an_address_is_dialled() {
    let _machine = MACHINE.read().await;
    let dials = connector("dials");
    let (links, way_out) = dialling(&dials, "https://api.example.com", &Script::new(&[&["169.254.169.254"]]));
    for spelled in SPELLINGS {
        // As a link that the guest makes up: it is no endpoint of the manifest.
        let refusal = told(&links, spelled).await;
        assert!(["denied_by_policy", "invalid_request"].contains(&refusal.as_str()), "{spelled}: {refusal}");
        // As the base of an endpoint, by a manifest or an operator: names are looked up and found to lead inside.
        let resolver = Script::new(&[&["169.254.169.254"]]);
        let base = format!("https://{spelled}");
        if way_out::policy(&dials, &[("api", &base)]).is_err() {
            continue;
        }
        let (bound, way_out) = dialling(&dials, &base, &resolver);
        let failed = told(&bound, "endpoint").await;
        assert_eq!(failed, "denied_by_policy", "{spelled}");
        // A name is counted as tried, an address is refused before.
        assert_eq!(way_out.requests(), resolver.asked().len() as u64, "{spelled}");
    }
    assert_eq!(way_out.requests(), 0);
    assert!(write(&links, "127.0.0.2").await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_its_mind_is_not_followed_inside() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::closing().await;
    let port = vendor.base.rsplit_once(':').unwrap().1;
    let dials = connector("dials");
    // Of loopback only 127.0.0.1 is granted, so it stands for an address outside.
    let script: [&[&str]; 8] = [
        &["127.0.0.1"],
        &["127.0.0.2"],
        &["127.0.0.1", "10.0.0.1"],
        &["10.0.0.1", "127.0.0.1"],
        &["169.254.169.254"],
        &["::ffff:169.254.169.254", "127.0.0.1"],
        &["fd00:ec2::254"],
        &["127.0.0.1"],
    ];
    let resolver = Script::new(&script);
    let (bound, _) = dialling(&dials, &format!("http://rebinding.invalid:{port}"), &resolver);
    let mut seen = Vec::new();
    for _ in script {
        seen.push(told(&bound, "endpoint").await);
    }
    let denied = "denied_by_policy";
    assert_eq!(seen, ["got_out", denied, denied, denied, denied, denied, denied, "got_out"]);
    // One look a connection: what was looked at is what was dialled, for nobody else knows this name.
    assert_eq!(resolver.asked(), ["rebinding.invalid"; 8]);
    assert_eq!(vendor.arrived(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_nobody_knows_is_told_so() {
    let _machine = MACHINE.read().await;
    let dials = connector("dials");
    let (bound, _) = dialling(&dials, "https://nobody.invalid", &Script::new(&[]));
    let failed = bound.write(rows("endpoint", 1)).await.unwrap();
    assert!(failed[0].outcome.is_err(), "{failed:?}");
}
