//! The account, its objects and their properties.

use offtake_sdk::{Account, CallFailure, Choice, Context, Failure, Field, FieldType, Object, Operation, Response, log};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client;
use crate::config::Config;
use crate::request::RECORD_ID;

/// The objects that every account has and that have the batch calls.
const STANDARD: [(&str, &str); 4] =
    [("contacts", "Contacts"), ("companies", "Companies"), ("deals", "Deals"), ("tickets", "Tickets")];

const OPERATIONS: [Operation; 4] = [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];

/// The longest text of a property: HubSpot API reference, CRM properties.
const TEXT_CHARS_MAX: u32 = 65_536;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountDetails {
    portal_id: u64,
    account_type: Option<String>,
    time_zone: Option<String>,
    company_currency: Option<String>,
    data_hosting_location: Option<String>,
}

#[derive(Deserialize)]
struct List<T> {
    results: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomSchema {
    object_type_id: String,
    name: Option<String>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Default, Deserialize)]
struct Labels {
    plural: Option<String>,
    singular: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    name: String,
    label: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    field_type: String,
    #[serde(default)]
    options: Vec<PropertyOption>,
    #[serde(default)]
    has_unique_value: bool,
    #[serde(default)]
    calculated: bool,
    #[serde(default)]
    external_options: bool,
    modification_metadata: Option<ModificationMetadata>,
}

#[derive(Deserialize)]
struct PropertyOption {
    value: String,
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModificationMetadata {
    #[serde(default)]
    read_only_value: bool,
}

/// Which portal the credential opens.
pub(crate) fn account(cx: &Context<Config>) -> Result<Account, CallFailure> {
    let details: AccountDetails = client::account(cx).send()?.json()?;
    let facts = [
        ("Account type", details.account_type),
        ("Time zone", details.time_zone),
        ("Currency", details.company_currency),
        ("Data hosting", details.data_hosting_location),
    ];
    let account = Account::new().fact("Portal", details.portal_id);
    Ok(facts.into_iter().fold(account, |account, (label, value)| match value {
        Some(value) => account.fact(label, value),
        None => account,
    }))
}

/// The standard objects that the credential may read, and the account's own.
pub(crate) fn objects(cx: &Context<Config>) -> Result<Vec<Object>, CallFailure> {
    let mut requests: Vec<_> = STANDARD.iter().map(|(id, _)| client::properties(cx, id)).collect();
    requests.push(client::custom_schemas(cx));
    let requests_max = u16::try_from(requests.len()).unwrap_or(u16::MAX);
    let mut answers = cx.http().send_all(requests, requests_max).into_iter();

    let (mut objects, mut forbidden) = (Vec::new(), None);
    for ((id, label), answer) in STANDARD.iter().zip(answers.by_ref()) {
        match permitted::<List<Property>>(answer, id)? {
            Ok(properties) => objects.push(object(id, label, &properties.results)),
            Err(failure) => forbidden = Some(failure),
        }
    }
    if let Some(answer) = answers.next()
        && let Ok(schemas) = permitted::<List<CustomSchema>>(answer, "custom objects")?
    {
        objects.extend(schemas.results.into_iter().map(custom_object));
    }
    match forbidden {
        Some(failure) if objects.is_empty() => Err(failure),
        _ => Ok(objects),
    }
}

/// A missing permission hides an object and leaves the others.
fn permitted<T: DeserializeOwned>(
    answer: Result<Response, CallFailure>,
    what: &str,
) -> Result<Result<T, CallFailure>, CallFailure> {
    match answer {
        Ok(response) => response.json().map(Ok),
        Err(failure) if matches!(failure.failure, Failure::Forbidden(_)) => {
            log::warn(&format!("the credential has no permission for {what}"));
            Ok(Err(failure))
        }
        Err(failure) => Err(failure),
    }
}

fn custom_object(schema: CustomSchema) -> Object {
    let label = schema.labels.plural.or(schema.labels.singular).or(schema.name);
    let label = label.unwrap_or_else(|| schema.object_type_id.clone());
    object(&schema.object_type_id, &label, &schema.properties)
}

fn object(id: &str, label: &str, properties: &[Property]) -> Object {
    let unique = properties.iter().filter(|property| is_match_key(id, property));
    let keys = unique.fold(Object::new(id, label, &OPERATIONS), |object, property| object.match_key(&property.name));
    keys.match_key(RECORD_ID)
}

/// HubSpot's own unique properties that are calculated cannot be written, and so not be matched by.
fn is_match_key(object: &str, property: &Property) -> bool {
    is_unique(object, property) && !property.is_read_only() && property.name != RECORD_ID
}

fn is_unique(object: &str, property: &Property) -> bool {
    property.has_unique_value || property.name == RECORD_ID || (object == "contacts" && property.name == "email")
}

/// The properties of an object, by one request.
pub(crate) fn fields(cx: &Context<Config>, object: &str) -> Result<Vec<Field>, CallFailure> {
    let properties: List<Property> = client::properties(cx, object).send()?.json()?;
    Ok(properties.results.into_iter().map(|property| field(object, property)).collect())
}

impl Property {
    fn is_read_only(&self) -> bool {
        self.calculated || self.modification_metadata.as_ref().is_some_and(|metadata| metadata.read_only_value)
    }
}

fn field(object: &str, property: Property) -> Field {
    let kind = match property.kind.as_str() {
        "number" => FieldType::Number,
        "bool" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::Datetime,
        "enumeration" => FieldType::Enumeration,
        "json" | "object_coordinates" => FieldType::Json,
        _ => FieldType::String,
    };
    let choice = |option: PropertyOption| Choice {
        label: option.label.unwrap_or_else(|| option.value.clone()),
        value: option.value,
    };
    let is_closed = kind == FieldType::Enumeration && !property.external_options;
    Field {
        label: property.label.clone().unwrap_or_else(|| property.name.clone()),
        read_only: property.is_read_only(),
        unique: is_unique(object, &property),
        multiple: kind == FieldType::Enumeration && property.field_type == "checkbox",
        max_length: (kind == FieldType::String).then_some(TEXT_CHARS_MAX),
        options: if is_closed { property.options.into_iter().map(choice).collect() } else { Vec::new() },
        required: false,
        kind,
        name: property.name,
    }
}
