//! Checks the values of one record and brings them into the form that HubSpot keeps.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::error::Refusal;
use super::object::Object;
use super::property::{Kind, Property};
use super::store::Values;
use crate::{clock, email};

/// The longest value of any property, in characters.
pub(super) const CHARACTERS_MAX: usize = 65_536;

/// Why one value is refused.
struct Fault {
    code: &'static str,
    message: String,
}

/// Reads the values of one record, or refuses it with everything that is wrong with it.
pub(super) fn values(object: &Object, portal: u64, given: &Values) -> Result<Values, Refusal> {
    let mut values = Values::new();
    let mut faults = Vec::new();
    for (name, text) in given {
        match one(object, name, text) {
            Ok(kept) => {
                values.insert(name.clone(), kept);
            }
            Err(fault) => faults.push((name.as_str(), fault)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(refusal(portal, &faults)) }
}

fn refusal(portal: u64, faults: &[(&str, Fault)]) -> Refusal {
    let results = faults.iter().map(|(name, fault)| {
        json!({
            "isValid": false,
            "message": fault.message,
            "error": fault.code,
            "name": name,
            "localizedErrorMessage": fault.message,
            "portalId": portal,
        })
    });
    let errors = faults.iter().map(
        |(name, fault)| json!({ "message": fault.message, "code": fault.code, "context": { "propertyName": [name] } }),
    );
    let results = Value::Array(results.collect());
    Refusal::validation(format!("Property values were not valid: {results}"))
        .with("errors", Value::Array(errors.collect()))
}

/// The value is held by another record already.
pub(super) fn conflicting(portal: u64, property: &str, holder: &str) -> Refusal {
    let message = format!("Cannot set this value of {property}. {holder} already has that value.");
    refusal(portal, &[(property, Fault { code: "CONFLICTING_UNIQUE_VALUE", message })])
}

fn one(object: &Object, name: &str, text: &str) -> Result<String, Fault> {
    let fault = |code, message| Err(Fault { code, message });
    let Some(property) = object.property(name) else {
        return fault("PROPERTY_DOESNT_EXIST", format!("Property \"{name}\" does not exist"));
    };
    if property.read_only {
        return fault("READ_ONLY_VALUE", format!("\"{name}\" is a read only property; its value cannot be set."));
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    if text.chars().count() > CHARACTERS_MAX {
        let message = format!("{name} is longer than {CHARACTERS_MAX} characters.");
        return fault("INVALID_LENGTH", message);
    }
    match property.kind {
        Kind::String if object.is_contact() && name == "email" => email(text),
        Kind::String => Ok(text.to_owned()),
        Kind::Number => number(text),
        Kind::Date => date(text),
        Kind::DateTime => datetime(text),
        Kind::Bool | Kind::Enumeration => options(property, text),
    }
}

/// HubSpot keeps addresses in lower case.
fn email(text: &str) -> Result<String, Fault> {
    email::normal(text)
        .ok_or_else(|| Fault { code: "INVALID_EMAIL", message: format!("Email address {text} is invalid") })
}

fn number(text: &str) -> Result<String, Fault> {
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match text.parse::<f64>() {
        Ok(number) if decimal && number.is_finite() => Ok(text.to_owned()),
        _ => Err(Fault { code: "INVALID_NUMBER", message: format!("{text} was not a valid number.") }),
    }
}

fn date(text: &str) -> Result<String, Fault> {
    let invalid = |message| Fault { code: "INVALID_DATE", message };
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        return Ok(date.to_string());
    }
    let at = instant(text).ok_or_else(|| invalid(format!("{text} was not a valid date.")))?;
    let at = at.to_zoned(TimeZone::UTC);
    if at.time() != Time::midnight() {
        let time = format!("{}:{}:{}.{}", at.hour(), at.minute(), at.second(), at.millisecond());
        return Err(invalid(format!("{text} is at {time} UTC, not midnight!")));
    }
    Ok(at.date().to_string())
}

fn datetime(text: &str) -> Result<String, Fault> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|at: Zoned| at.timestamp());
    let day = || text.parse::<Date>().ok().filter(|_| text.len() == 10).and_then(midnight);
    match instant(text).or_else(day) {
        Some(at) => Ok(clock::text(at)),
        None => Err(Fault { code: "INVALID_DATE", message: format!("{text} was not a valid date/time.") }),
    }
}

/// An instant as milliseconds since 1970, or in ISO 8601 with an offset.
fn instant(text: &str) -> Option<Timestamp> {
    match text.parse::<i64>() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

fn options(property: &Property, text: &str) -> Result<String, Fault> {
    if property.external {
        if text.parse::<u32>().is_ok() {
            return Ok(text.to_owned());
        }
        let message = format!("{text} was not a valid integer (for owner ID).");
        return Err(Fault { code: "INVALID_INTEGER", message });
    }
    let allowed = |value: &str| property.options.iter().any(|choice| choice.value == value);
    let refused = if property.many() {
        // A leading semicolon adds to what is there, and makes an empty first part.
        text.trim_start_matches(';').split(';').find(|value| !allowed(value))
    } else {
        Some(text).filter(|value| !allowed(value))
    };
    let Some(refused) = refused else {
        return Ok(text.to_owned());
    };
    let choices: Vec<&str> = property.options.iter().map(|choice| choice.value.as_str()).collect();
    let message = format!("{refused} was not one of the allowed options: [{}]", choices.join(", "));
    Err(Fault { code: "INVALID_OPTION", message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_kept_as_days_and_must_be_midnight() {
        assert_eq!(date("2026-03-01").ok().unwrap(), "2026-03-01");
        assert_eq!(date("1772323200000").ok().unwrap(), "2026-03-01");
        assert_eq!(date("2026-03-01T00:00:00Z").ok().unwrap(), "2026-03-01");
        assert!(date("1772323200001").is_err());
        assert!(date(" 2026-03-01").is_err());
        assert!(date("01.03.2026").is_err());
    }

    #[test]
    fn times_are_kept_in_utc_with_milliseconds() {
        assert_eq!(datetime("2026-03-01T02:00:00+02:00").ok().unwrap(), "2026-03-01T00:00:00.000Z");
        assert_eq!(datetime("1772323200001").ok().unwrap(), "2026-03-01T00:00:00.001Z");
        assert_eq!(datetime("2026-03-01").ok().unwrap(), "2026-03-01T00:00:00.000Z");
        assert!(datetime("2026-03-01T02:00:00").is_err(), "no offset, no instant");
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for good in ["0", "-1.5", "1e3", "17.00"] {
            assert!(number(good).is_ok(), "{good}");
        }
        for bad in ["NaN", "inf", "1,5", " 1", "0x1", "1e999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_kept_in_lower_case() {
        assert_eq!(email("Ada@Example.com").ok().unwrap(), "ada@example.com");
        for bad in ["ada", "@example.com", "ada@example", "a b@example.com", "a@b@example.com", "a@example..com"] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
