//! The instance, its objects and their fields.

mod describe;

use offtake_sdk::http::encode;
use offtake_sdk::{Account, CallFailure, Context, Failure, Field, FieldType, Object, ObjectPage};

use self::describe::{CustomObject, Described, DescribedField, LeadField, List, Listed, Usage};
use crate::client;
use crate::config::Config;
use crate::kind::{self, Kind, LEAD_ID, LEADS, MEMBER_OPERATIONS, OPERATIONS, STANDARD};

/// How many API calls were made today: the one thing that an instance tells of itself.
pub(crate) fn account(cx: &Context<Config>) -> Result<Account, CallFailure> {
    let usage: Listed<Usage> = client::rest(cx, "GET", "stats/usage.json").send()?.json()?;
    let account = Account::new();
    Ok(match usage.result.first() {
        Some(day) => account.fact("Date", &day.date).fact("API calls today", day.total),
        None => account.fact("API calls today", 0),
    })
}

/// The objects that every instance has, its custom objects, and its static lists, 300 a page.
pub(crate) fn objects(cx: &Context<Config>, cursor: Option<&str>) -> Result<ObjectPage, CallFailure> {
    let mut objects = Vec::new();
    if cursor.is_none() {
        objects.push(Object::new(LEADS, "Leads", &OPERATIONS).match_key("email").match_key(LEAD_ID));
        objects.extend(
            STANDARD
                .iter()
                .map(|(path, label, key, id)| Object::new(*path, *label, &OPERATIONS).match_key(*key).match_key(*id)),
        );
        match client::rest(cx, "GET", "customobjects.json").send() {
            Ok(response) => {
                let custom: Listed<CustomObject> = response.json()?;
                objects.extend(custom.result.into_iter().map(custom_object));
            }
            // An instance may have none of them in its subscription.
            Err(CallFailure { failure: Failure::Forbidden(_), .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    let path = match cursor {
        Some(token) => format!("lists.json?nextPageToken={}", encode(token)),
        None => "lists.json".to_owned(),
    };
    let lists: Listed<List> = client::rest(cx, "GET", &path).send()?.json()?;
    let next = lists.next_page_token.filter(|_| !lists.result.is_empty());
    objects.extend(lists.result.into_iter().map(|list| {
        let label = format!("Members of {}", list.name);
        Object::new(kind::list(list.id), label, &MEMBER_OPERATIONS).match_key("email").match_key(LEAD_ID)
    }));
    Ok(ObjectPage { objects, next })
}

fn custom_object(custom: CustomObject) -> Object {
    let label = custom.display_name.unwrap_or_else(|| custom.name.clone());
    let object = Object::new(kind::custom(&custom.name), label, &OPERATIONS);
    let keyed = custom.dedupe_fields.iter().fold(object, |object, key| object.match_key(key));
    keyed.match_key(custom.id_field.unwrap_or_else(|| kind::GUID.to_owned()))
}

/// The fields of an object.
pub(crate) fn fields(cx: &Context<Config>, kind: &Kind) -> Result<Vec<Field>, CallFailure> {
    match kind {
        Kind::Leads => {
            let described: Listed<LeadField> = client::rest(cx, "GET", "leads/describe.json").send()?.json()?;
            let keys = lead_keys(cx)?;
            Ok(described.result.into_iter().filter_map(|field| lead_field(field, &keys)).collect())
        }
        Kind::Members(_) => {
            let keys = lead_keys(cx)?;
            Ok(keys.iter().map(|key| Field { unique: true, ..Field::new(key, FieldType::String) }).collect())
        }
        Kind::Other(object) => {
            let path = format!("{}/describe.json", client::object_path(object));
            let described: Listed<Described> = client::rest(cx, "GET", &path).send()?.json()?;
            let described = described.result.into_iter().next().ok_or_else(|| {
                CallFailure::schema_changed("object_unknown", format!("Marketo does not know {object}"))
            })?;
            Ok(described.fields.iter().map(|field| other_field(field, &described)).collect())
        }
    }
}

/// The fields by which one request can find leads.
fn lead_keys(cx: &Context<Config>) -> Result<Vec<String>, CallFailure> {
    let described: Listed<Described> = client::rest(cx, "GET", "leads/describe2.json").send()?.json()?;
    let searchable = described.result.into_iter().next().map(|described| described.searchable_fields);
    Ok(searchable
        .unwrap_or_default()
        .into_iter()
        .filter_map(|fields| match fields.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
        .collect())
}

/// Fields without a name in the REST API are those of SOAP, which is gone.
fn lead_field(field: LeadField, keys: &[String]) -> Option<Field> {
    let rest = field.rest?;
    Some(Field {
        label: field.display_name.unwrap_or_else(|| rest.name.clone()),
        read_only: rest.read_only && rest.name != LEAD_ID,
        unique: keys.contains(&rest.name),
        max_length: field.length,
        ..Field::new(rest.name, field_type(&field.data_type))
    })
}

fn other_field(field: &DescribedField, described: &Described) -> Field {
    let is_key = described.dedupe_fields.contains(&field.name);
    let is_id = described.id_field.as_ref() == Some(&field.name);
    Field {
        label: field.display_name.clone().unwrap_or_else(|| field.name.clone()),
        required: is_key,
        read_only: !field.updateable && !is_key && !is_id,
        unique: is_id || (is_key && described.dedupe_fields.len() == 1),
        max_length: field.length,
        ..Field::new(&field.name, field_type(&field.data_type))
    }
}

/// "Field Types" of the REST API's documentation.
fn field_type(data_type: &str) -> FieldType {
    match data_type {
        "integer" | "score" => FieldType::Integer,
        "float" | "currency" | "percent" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" => FieldType::Date,
        "datetime" => FieldType::Datetime,
        _ => FieldType::String,
    }
}
