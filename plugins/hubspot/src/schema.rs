//! The account, its objects and their properties.

use offtake_sdk::{Account, CallFailure, Choice, Context, Failure, Field, FieldType, Object, ObjectPage, log};
use serde::Deserialize;

use crate::client;
use crate::config::Config;
use crate::member;
use crate::request::RECORD_ID;
use crate::target;

/// The objects that every account has and that have the batch calls.
const STANDARD: [(&str, &str); 4] =
    [("contacts", "Contacts"), ("companies", "Companies"), ("deals", "Deals"), ("tickets", "Tickets")];

/// The type id of contacts.
pub(crate) const CONTACTS: &str = "0-1";

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

/// Objects and their associations first, then the lists, page by page.
pub(crate) fn page(cx: &Context<Config>, cursor: Option<String>) -> Result<ObjectPage, CallFailure> {
    let offset = cursor.as_deref().map(str::parse::<u64>);
    let (mut objects, offset) = match offset {
        None => (objects(cx)?, 0),
        Some(Ok(offset)) => (Vec::new(), offset),
        Some(Err(_)) => {
            return Err(CallFailure::misconfigured("unknown_cursor", "the cursor is none of this connector"));
        }
    };
    match member::objects(cx, offset) {
        Ok((lists, next)) => {
            objects.extend(lists);
            Ok(ObjectPage { objects, next: next.map(|next| next.to_string()) })
        }
        Err(CallFailure { failure: Failure::Forbidden(_), .. }) => {
            log::warn("the credential has no permission for lists");
            Ok(ObjectPage::all(objects))
        }
        Err(failure) => Err(failure),
    }
}

/// The standard objects, which every account has, and the account's own, which one request names.
///
/// What identifies a standard object's records everywhere is stated here. Unique properties that an account has added to
/// them are among its fields.
fn objects(cx: &Context<Config>) -> Result<Vec<Object>, CallFailure> {
    let standard = STANDARD.iter().map(|(id, label)| {
        let object = Object::new(*id, *label, &target::OF_RECORDS);
        let keyed = if *id == "contacts" { object.match_key("email") } else { object };
        keyed.match_key(RECORD_ID)
    });
    let mut objects: Vec<Object> = standard.collect();
    match client::custom_schemas(cx).send() {
        Ok(response) => objects.extend(response.json::<List<CustomSchema>>()?.results.into_iter().map(custom_object)),
        // An account without custom objects has no such permission to give.
        Err(CallFailure { failure: Failure::Forbidden(_), .. }) => {
            log::warn("the credential has no permission for custom objects");
        }
        Err(failure) => return Err(failure),
    }
    let between = associations(&objects);
    objects.extend(between);
    Ok(objects)
}

/// Associations go both ways between any two types, and between records of one type.
fn associations(objects: &[Object]) -> Vec<Object> {
    let pairs = objects.iter().flat_map(|from| objects.iter().map(move |to| (from, to)));
    let object = |(from, to): (&Object, &Object)| {
        let label = format!("Associations: {} to {}", from.label, to.label);
        let object = Object::new(target::associations(&from.id, &to.id), label, &target::OF_ASSOCIATIONS);
        let keys = [("from", from), ("to", to)].into_iter();
        keys.flat_map(|(end, object)| object.match_keys.iter().map(move |key| format!("{end}.{key}")))
            .fold(object, Object::match_key)
            .match_key("label")
    };
    pairs.map(object).collect()
}

fn custom_object(schema: CustomSchema) -> Object {
    let label = schema.labels.plural.or(schema.labels.singular).or(schema.name);
    let label = label.unwrap_or_else(|| schema.object_type_id.clone());
    let object = Object::new(&schema.object_type_id, &label, &target::OF_RECORDS);
    let unique = schema.properties.iter().filter(|property| is_match_key(&schema.object_type_id, property));
    unique.fold(object, |object, property| object.match_key(&property.name)).match_key(RECORD_ID)
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
        partition: false,
        kind,
        name: property.name,
    }
}
