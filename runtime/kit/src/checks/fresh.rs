//! Whether an instance is a new one: engines that were snapshotted at build time repeat their randomness and their clock.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regex::Regex;

use crate::check::Not;
use crate::conduct::{Conduct, kept};
use crate::stage::Stage;
use crate::vendor::{Exchange, Plan};

/// A clock that is more than this away from the host's is not a clock.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);
/// Seconds of 2015 and 2045: numbers between them look like a time.
const PLAUSIBLE_SECONDS: std::ops::Range<u64> = 1_420_000_000..2_370_000_000;

/// UUIDs, digits in hex and fractions between 0 and 1, as long as nobody types them.
static RANDOM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}|0\.[0-9]{8,}").ok()
});
/// Seconds or milliseconds since 1970, or RFC 3339.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:[0-9]{10}|[0-9]{13})\b|\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z")
        .ok()
});

/// What one fresh instance sends, for rows and keys of its own.
async fn texts(stage: &Stage, name: &str, from: usize) -> Result<(Vec<Exchange>, String), Not> {
    let script = &stage.script;
    let rows = stage.rows(script.main_operation(), from, 2).await?;
    let session = stage.open(Plan::Well).await?;
    let batch = script.batch(script.main_operation(), name, &rows);
    let given = format!("{batch:?}");
    Conduct::written(stage, &session, batch).await?;
    Ok((session.exchanges(), given))
}

/// Texts in requests that a connector can only have made up.
fn made_up(stage: &Stage, exchanges: &[Exchange], given: &str) -> BTreeSet<String> {
    let secrets =
        |text: &str| stage.canaries.values().any(|canary| canary.contains(text) || text.contains(canary.as_str()));
    let hosts = |name: &str| ["authorization", "host"].contains(&name) || is_secret_header(stage, name);
    let mut found = BTreeSet::new();
    for exchange in exchanges {
        let mut shown = exchange.clone();
        shown.headers.retain(|(name, _)| !hosts(name));
        let text = shown.text();
        let matches = RANDOM.iter().flat_map(|random| random.find_iter(&text));
        let own = matches
            .map(|found| found.as_str())
            .filter(|text| !given.contains(*text) && !secrets(text) && !stage.script.mentions(text));
        found.extend(own.map(str::to_owned));
    }
    found
}

fn is_secret_header(stage: &Stage, name: &str) -> bool {
    stage.manifest().credentials.values().any(|slot| slot.header.eq_ignore_ascii_case(name))
}

pub(super) async fn randomness(stage: &Stage) -> Result<(), Not> {
    let (first, given) = texts(stage, "K50-a", 0).await?;
    let first = made_up(stage, &first, &given);
    if first.is_empty() {
        return Err(Not::Applicable("no request holds anything that looks random".to_owned()));
    }
    let (second, given) = texts(stage, "K50-b", 2).await?;
    let second = made_up(stage, &second, &given);
    let repeated: Vec<&String> = first.intersection(&second).collect();
    kept(repeated.is_empty(), || {
        format!(
            "two fresh instances sent {repeated:?}: take randomness from the host's `entropy`, or name it under `constants` of the script"
        )
    })
}

pub(super) async fn clock(stage: &Stage) -> Result<(), Not> {
    let (exchanges, given) = texts(stage, "K51", 0).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut times = 0;
    for exchange in &exchanges {
        let text = exchange.text();
        let found = TIME.iter().flat_map(|time| time.find_iter(&text)).map(|found| found.as_str());
        for shown in found.filter(|shown| !given.contains(*shown) && !stage.script.mentions(shown)) {
            let Some(seconds) = unix_seconds(shown).filter(|seconds| PLAUSIBLE_SECONDS.contains(seconds)) else {
                continue;
            };
            times += 1;
            let away = Duration::from_secs(seconds.abs_diff(now.as_secs()));
            kept(away <= CLOCK_TOLERANCE, || {
                format!(
                    "a request holds the time {shown}, which is {} s away from now: take it from the host's `clock`",
                    away.as_secs()
                )
            })?;
        }
    }
    if times == 0 { Err(Not::Applicable("no request holds a time".to_owned())) } else { Ok(()) }
}

fn unix_seconds(shown: &str) -> Option<u64> {
    match shown.parse::<u64>() {
        Ok(number) if shown.len() == 13 => Some(number / 1000),
        Ok(number) => Some(number),
        Err(_) => u64::try_from(shown.parse::<jiff::Timestamp>().ok()?.as_second()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<u64> {
        let time = TIME.as_ref().unwrap();
        time.find_iter(text).filter_map(|found| unix_seconds(found.as_str())).collect()
    }

    #[test]
    fn times_are_seen_in_every_spelling_and_digits_of_ids_are_not() {
        assert_eq!(found("x: 1700000000, \"at\": 1700000000123"), [1_700_000_000, 1_700_000_000]);
        assert_eq!(found("2023-11-14T22:13:20.123Z and 2023-11-14T22:13:20Z"), [1_700_000_000, 1_700_000_000]);
        assert!(found("a1700000000b 17000000001 thing-1700000000x 2023-11-14").is_empty());
    }

    #[test]
    fn what_looks_random_is_what_nobody_types() {
        let random = RANDOM.as_ref().unwrap();
        for text in ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "0D4F7A3B9C6E2155", "0.8365719284610"] {
            assert!(random.is_match(text), "{text}");
        }
        for text in ["kit-1@example.com", "deadbeef", "0.25", "12345678", "application/json"] {
            assert!(!random.is_match(text), "{text}");
        }
    }
}
