//! A vendor that gives the credential back, in spellings of its choice.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::support::vendor::Vendor;
use crate::support::{MACHINE, bind, connector, journal, way_out, write};

/// Its characters are written in another way by each of the spellings.
const SECRET: &str = "pat-na1/8f3+Kx~Zq9?wW7=e";

/// Ways to write a secret that are in use in answers, logs and links.
const SPELLINGS: [&str; 13] = [
    "plain",
    "json-slashes",
    "base64",
    "base64-bare",
    "base64-url",
    "base64-url-bare",
    "base64-after-one",
    "base64-of-header",
    "percent",
    "percent-lower",
    "percent-all",
    "hex",
    "hex-upper",
];

fn spell(name: &str, secret: &str) -> String {
    let hex = |upper: bool| -> String {
        secret.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
    };
    let percent = |all: bool, upper: bool| -> String {
        let keep = |byte: u8| !all && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let one = |byte: u8| match (keep(byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        secret.bytes().map(one).collect()
    };
    match name {
        "plain" => secret.to_owned(),
        "json-slashes" => secret.replace('/', "\\/"),
        "base64" => STANDARD.encode(secret),
        "base64-bare" => STANDARD_NO_PAD.encode(secret),
        "base64-url" => URL_SAFE.encode(secret),
        "base64-url-bare" => URL_SAFE_NO_PAD.encode(secret),
        "base64-after-one" => STANDARD.encode(format!(":{secret}")),
        "base64-of-header" => STANDARD.encode(format!("Bearer {secret}")),
        "percent" => percent(false, true),
        "percent-lower" => percent(false, false),
        "percent-all" => percent(true, true),
        "hex" => hex(false),
        "hex-upper" => hex(true),
        _ => String::new(),
    }
}

/// The guest sends the object's name as JSON: it names the spelling. Which secret came is for the vendor to say.
fn echo(headers: &HeaderMap, body: &str) -> (String, String) {
    let sent = headers.get("authorization").map(|value| value.to_str().unwrap()).unwrap_or_default();
    let secret = sent.strip_prefix("Bearer ").unwrap_or_default();
    let spelled = spell(body.trim_matches('"'), secret);
    (format!("you are {spelled}"), format!("{{\"seen\":\"{spelled}\",\"again\":\"{spelled}{spelled}\"}}"))
}

/// The parts of a base64 text that do not depend on what stands around the secret.
fn heart(name: &str, spelled: &str) -> String {
    let length = spelled.len();
    match name {
        "base64-after-one" | "base64-of-header" => spelled.get(12..length - 4).unwrap().to_owned(),
        _ => spelled.to_owned(),
    }
}

pub(crate) async fn a_secret_never_comes_back() {
    let _machine = MACHINE.read().await;
    let vendor = Vendor::start(echo).await;
    let echoes = connector("echoes");
    let bound = bind(&echoes, way_out::real(&echoes, &[("api", &vendor.base)], SECRET));
    let mut came_back = Vec::new();
    for name in SPELLINGS {
        let results = write(&bound, name).await.unwrap();
        assert_eq!(results.len(), 3);
        let heart = heart(name, &spell(name, SECRET));
        let said = format!("{results:?}");
        assert!(said.contains("you are"), "{said}");
        if said.contains(&heart) || journal::contains(&heart) {
            came_back.push(name);
        }
    }
    assert_eq!(vendor.arrived(), SPELLINGS.len() as u64, "the credential was sent each time");
    assert_eq!(came_back, [""; 0], "these spellings of the secret reach the guest");
}
