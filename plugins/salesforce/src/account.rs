//! Which org the credential opens.

use offtake_sdk::{Account, CallFailure, Context};
use serde::Deserialize;

use crate::client;
use crate::config::Config;

/// Every user with access to the API can read the one record of this object.
const ORGANIZATION: &str = "SELECT Id,Name,OrganizationType,InstanceName,IsSandbox FROM Organization LIMIT 1";

#[derive(Deserialize)]
struct Answer {
    records: Vec<Organization>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organization {
    id: String,
    name: Option<String>,
    organization_type: Option<String>,
    instance_name: Option<String>,
    is_sandbox: Option<bool>,
}

/// The org's name and kind, and what is left of its daily requests.
pub(crate) fn account(cx: &Context<Config>) -> Result<Account, CallFailure> {
    let response = client::query(cx, ORGANIZATION).send()?;
    let answer: Answer = response.json()?;
    let organization = answer.records.into_iter().next();
    let organization = organization.ok_or_else(|| CallFailure::unreadable("the org does not show itself"))?;
    let sandbox = organization.is_sandbox.map(|is| if is { "yes" } else { "no" }.to_owned());
    let facts = [
        ("Name", organization.name),
        ("Edition", organization.organization_type),
        ("Instance", organization.instance_name),
        ("Sandbox", sandbox),
        ("API requests in 24 hours", response.header("Sforce-Limit-Info").and_then(usage)),
    ];
    let account = Account::new().fact("Organization", organization.id);
    Ok(facts.into_iter().fold(account, |account, (label, value)| match value {
        Some(value) => account.fact(label, value),
        None => account,
    }))
}

/// `18/5000` in `api-usage=18/5000; api-bursts=1/750`.
fn usage(header: &str) -> Option<String> {
    let usage = header.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
    Some(usage.to_owned())
}
