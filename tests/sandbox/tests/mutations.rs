//! Components cut short and components with a wrong byte: refused with a code, or loaded and called without harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use offtake_core::ports::Destination;
use offtake_plugin::{Host, Options};

use crate::support::bytes::{ok, outside_of_modules};
use crate::support::way_out::Nowhere;
use crate::support::{MACHINE, alone, bind, expect_ok, rows};

/// Wrong bytes anywhere, which is in the code of a function for the most part, and in what holds the component together:
/// types, imports, exports, the manifest.
const ANYWHERE: usize = 200;
const OUTSIDE_OF_CODE: usize = 800;
/// `OFFTAKE_TEST_SEED` takes its place.
const SEED: u64 = 0x005e_ed0f_7a4e;

/// The codes that loading may fail with.
const CODES: [&str; 6] = ["OFT-P010", "OFT-P011", "OFT-P013", "OFT-P014", "OFT-P015", "OFT-P017"];

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

/// What became of a file: its code, or what calling it gave.
async fn try_out(host: &Host, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connector.wasm");
    std::fs::write(&path, bytes).unwrap();
    match host.load(&path) {
        Err(error) => {
            assert!(CODES.contains(&error.code()), "{} {error}", error.code());
            // The host survives a parser or compiler that panics, and says so. None should.
            assert!(!error.to_string().contains("it breaks the"), "{error}");
            error.code().to_owned()
        }
        Ok(connector) => {
            let bound = bind(&connector, Arc::new(Nowhere::default()));
            match bound.write(rows("things", 3)).await {
                Ok(_) => "answers".to_owned(),
                Err(failed) => failed.failure.code().to_owned(),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_cut_short_is_refused() {
    let whole = ok();
    let _machine = MACHINE.read().await;
    let host = Host::new(Options::default()).unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for percent in (0..100).step_by(2) {
        let end = whole.len() * percent / 100;
        let what = try_out(&host, &whole[..end]).await;
        assert!(what.starts_with("OFT-P01"), "cut at {end}: {what}");
        *seen.entry(what).or_default() += 1;
    }
    println!("{seen:?}");
    assert_eq!(try_out(&host, &whole).await, "answers");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_byte_does_the_host_no_harm() {
    let whole = ok();
    let beside = alone("ok");
    let given = std::env::var("OFFTAKE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(SEED);
    println!("OFFTAKE_TEST_SEED={seed}");
    let mut random = Random(seed);
    let _machine = MACHINE.read().await;
    let host = Host::new(Options::default()).unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let outside = outside_of_modules(&whole);
    for number in 0..ANYWHERE + OUTSIDE_OF_CODE {
        let at = if number < ANYWHERE { random.below(whole.len()) } else { outside[random.below(outside.len())] };
        let flip = random.below(255) + 1;
        let mut bytes = whole.clone();
        bytes[at] ^= u8::try_from(flip).unwrap();
        let what = try_out(&host, &bytes).await;
        *seen.entry(what).or_default() += 1;
    }
    println!("{seen:?}");
    expect_ok(&beside).await;
}
