//! Reads HubSpot's error bodies.
//!
//! A refusal names its cause in one of three places: in `errors`, in the category, or, for property values, in a JSON
//! list inside the message text.

use std::collections::BTreeMap;

use offtake_sdk::{Response, VendorError};
use serde::Deserialize;

/// The body of an error, and an element of `errors` in a 207: HubSpot API reference, "Error handling".
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ErrorBody {
    pub(crate) message: String,
    pub(crate) category: String,
    sub_category: Option<serde_json::Value>,
    policy_name: Option<String>,
    pub(crate) context: BTreeMap<String, Vec<String>>,
    errors: Vec<ErrorItem>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ErrorItem {
    message: String,
    code: Option<String>,
    #[serde(rename = "in")]
    place: Option<String>,
    context: BTreeMap<String, Vec<String>>,
}

/// An element of the list that follows "Property values were not valid: ".
#[derive(Debug, Deserialize)]
struct PropertyFault {
    message: String,
    error: String,
    name: String,
}

/// What an error says, in the words of the contract.
pub(crate) struct Reading {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) field: Option<String>,
}

impl ErrorBody {
    pub(crate) fn read(&self) -> Reading {
        if let Some(fault) = self.property_fault() {
            return Reading { code: snake(&fault.error), message: fault.message, field: Some(fault.name) };
        }
        let item = self.errors.first();
        let item_code = item.and_then(|item| item.code.as_deref());
        let sub_category = self.sub_category.as_ref().and_then(serde_json::Value::as_str);
        let code = item_code.or(sub_category).unwrap_or(&self.category);
        let message = match item {
            Some(item) if !item.message.is_empty() && !self.message.contains(&item.message) => {
                format!("{} {}", self.message, item.message).trim().to_owned()
            }
            _ => self.message.clone(),
        };
        let named = |context: &BTreeMap<String, Vec<String>>| {
            context.get("propertyName").and_then(|names| names.first()).cloned()
        };
        let field =
            item.and_then(|item| named(&item.context).or_else(|| item.place.clone())).or_else(|| named(&self.context));
        Reading { code: snake(code), message, field }
    }

    fn property_fault(&self) -> Option<PropertyFault> {
        let list = self.message.get(self.message.find('[')?..)?;
        let faults: Vec<PropertyFault> = serde_json::from_str(list).ok()?;
        // A property that is not there is the fault of every row; what else is wrong is the fault of some.
        let gravest = faults.iter().position(|fault| fault.error == "PROPERTY_DOESNT_EXIST").unwrap_or(0);
        faults.into_iter().nth(gravest)
    }

    /// The quota that ran out: in `policyName`, or as a word of the message.
    pub(crate) fn quota(&self) -> Option<String> {
        if let Some(policy) = &self.policy_name {
            return Some(policy.to_ascii_lowercase());
        }
        let message = self.message.to_ascii_lowercase();
        ["ten_secondly_rolling", "secondly", "daily"]
            .into_iter()
            .find(|quota| message.contains(quota))
            .map(str::to_owned)
    }
}

/// How long a quota takes to come back, where HubSpot does not say. A day's comes back at the account's midnight: asking every
/// second until then would cost the next day's, too. A rolling window's comes back within it.
fn wait_ms(quota: &str) -> Option<u64> {
    match quota {
        "daily" => Some(60 * 60 * 1_000),
        "ten_secondly_rolling" => Some(10_000),
        _ => None,
    }
}

/// Reads the body of an answer that is no success.
pub(crate) fn explain(response: &Response) -> VendorError {
    let treat_as = match response.status() {
        // Locked for a moment: "423 Locked", HubSpot API reference.
        423 => Some(503),
        // The account is being moved and says with Retry-After for how long; without it, it is an outage.
        477 if response.header("retry-after").is_some() => Some(429),
        477 => Some(503),
        _ => None,
    };
    let Ok(body) = serde_json::from_slice::<ErrorBody>(response.body()) else {
        return VendorError { treat_as, ..VendorError::default() };
    };
    let Reading { code, message, field } = body.read();
    VendorError {
        code: (!code.is_empty()).then_some(code),
        message: (!message.is_empty()).then_some(message),
        field,
        scope: body.quota(),
        retry_after_ms: (response.status() == 429).then(|| body.quota()).flatten().and_then(|quota| wait_ms(&quota)),
        treat_as,
    }
}

/// As [`explain`], for a call whose inputs name records: there 404 is about a record rather than about the object.
pub(crate) fn explain_update(response: &Response) -> VendorError {
    let error = explain(response);
    let about_a_record = response.status() == 404 && error.code.as_deref() == Some("object_not_found");
    VendorError { treat_as: if about_a_record { Some(400) } else { error.treat_as }, ..error }
}

/// `crm.validation.INVALID_EMAIL` and `VALIDATION_ERROR` as codes of the contract.
fn snake(code: &str) -> String {
    let last = code.rsplit('.').next().unwrap_or(code);
    last.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' }).collect()
}
