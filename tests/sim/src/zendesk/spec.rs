//! The attributes of users, organizations and tickets: what a record of each shows, and what can be written to it.

use serde_json::{Map, Value};

use super::details::Details;

/// What an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing: writes to it are dropped.
    Nothing,
    Text,
    Bool,
    Id,
    /// A list of words.
    Words,
    /// One of these, parted by blanks.
    OneOf(&'static str),
    /// Something with rules of its own, which the object's module applies.
    Own,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    /// What a new record has there, as JSON; empty where a reply never shows it.
    default: &'static str,
}

const fn spec(name: &'static str, takes: Takes, default: &'static str) -> Spec {
    Spec { name, takes, default }
}

use Takes::{Bool, Id, Nothing, OneOf, Own, Text, Words};

/// In the order and with the defaults of the recorded users.
pub(super) const USER: &[Spec] = &[
    spec("name", Own, "null"),
    spec("email", Own, "null"),
    spec("created_at", Nothing, "null"),
    spec("updated_at", Nothing, "null"),
    spec("time_zone", Text, r#""Arizona""#),
    spec("iana_time_zone", Nothing, r#""America/Phoenix""#),
    spec("phone", Text, "null"),
    spec("shared_phone_number", Bool, "null"),
    spec("photo", Nothing, "null"),
    spec("locale_id", Id, "1"),
    spec("locale", Text, r#""en-US""#),
    spec("organization_id", Id, "null"),
    spec("role", OneOf("end-user agent admin"), r#""end-user""#),
    spec("verified", Bool, "false"),
    spec("external_id", Own, "null"),
    spec("tags", Words, "[]"),
    spec("alias", Text, "null"),
    spec("active", Nothing, "true"),
    spec("shared", Nothing, "false"),
    spec("shared_agent", Nothing, "false"),
    spec("last_login_at", Nothing, "null"),
    spec("two_factor_auth_enabled", Nothing, "false"),
    spec("signature", Text, "null"),
    spec("details", Text, "null"),
    spec("notes", Text, "null"),
    spec("role_type", Nothing, "null"),
    spec("custom_role_id", Id, "null"),
    spec("moderator", Bool, "false"),
    spec("ticket_restriction", OneOf("organization groups assigned requested"), r#""requested""#),
    spec("only_private_comments", Bool, "false"),
    spec("restricted_agent", Nothing, "true"),
    spec("suspended", Bool, "false"),
    spec("default_group_id", Id, "null"),
    spec("report_csv", Nothing, "false"),
    spec("user_fields", Own, "{}"),
    spec("skip_verify_email", Bool, ""),
];

pub(super) const ORGANIZATION: &[Spec] = &[
    spec("name", Own, "null"),
    spec("shared_tickets", Bool, "false"),
    spec("shared_comments", Bool, "false"),
    spec("external_id", Own, "null"),
    spec("created_at", Nothing, "null"),
    spec("updated_at", Nothing, "null"),
    spec("domain_names", Words, "[]"),
    spec("details", Text, "null"),
    spec("notes", Text, "null"),
    spec("group_id", Id, "null"),
    spec("tags", Words, "[]"),
    spec("organization_fields", Own, "{}"),
];

pub(super) const TICKET: &[Spec] = &[
    spec("external_id", Text, "null"),
    spec("via", Nothing, r#"{"channel":"api","source":{"from":{},"to":{},"rel":null}}"#),
    spec("created_at", Nothing, "null"),
    spec("updated_at", Nothing, "null"),
    spec("type", OneOf("problem incident question task"), "null"),
    spec("subject", Text, "null"),
    spec("raw_subject", Nothing, "null"),
    spec("description", Own, "null"),
    spec("priority", OneOf("low normal high urgent"), "null"),
    spec("status", OneOf("new open pending hold solved closed"), r#""new""#),
    spec("recipient", Text, "null"),
    spec("requester_id", Id, "null"),
    spec("submitter_id", Id, "null"),
    spec("assignee_id", Id, "null"),
    spec("organization_id", Id, "null"),
    spec("group_id", Id, "null"),
    spec("collaborator_ids", Nothing, "[]"),
    spec("follower_ids", Nothing, "[]"),
    spec("email_cc_ids", Nothing, "[]"),
    spec("forum_topic_id", Nothing, "null"),
    spec("problem_id", Id, "null"),
    spec("has_incidents", Nothing, "false"),
    spec("is_public", Nothing, "true"),
    spec("due_at", Text, "null"),
    spec("tags", Words, "[]"),
    spec("custom_fields", Own, "[]"),
    spec("satisfaction_rating", Nothing, "null"),
    spec("sharing_agreement_ids", Nothing, "[]"),
    spec("fields", Nothing, "[]"),
    spec("followup_ids", Nothing, "[]"),
    spec("brand_id", Id, "null"),
    spec("ticket_form_id", Id, "null"),
    spec("custom_status_id", Id, "null"),
    spec("from_messaging_channel", Nothing, "false"),
    spec("allow_channelback", Nothing, "false"),
    spec("allow_attachments", Nothing, "true"),
    spec("comment", Own, ""),
    spec("requester", Own, ""),
    spec("additional_tags", Words, ""),
    spec("remove_tags", Words, ""),
];

/// What a new record holds before anything is written to it.
pub(super) fn defaults(specs: &[Spec]) -> Map<String, Value> {
    let shown = specs.iter().filter(|spec| !spec.default.is_empty());
    shown.map(|spec| (spec.name.to_owned(), serde_json::from_str(spec.default).unwrap_or_default())).collect()
}

/// The attributes of a request that this object does not take, `id` aside.
pub(super) fn dropped(specs: &[Spec], given: &Map<String, Value>) -> Vec<String> {
    let takes = |name: &str| specs.iter().any(|spec| spec.name == name && spec.takes != Nothing);
    given.keys().filter(|name| *name != "id" && !takes(name)).cloned().collect()
}

/// Writes the attributes that have no rules of their own; null brings back what a new record has.
pub(super) fn write(
    specs: &[Spec],
    values: &mut Map<String, Value>,
    given: &Map<String, Value>,
    details: &mut Details,
) {
    for spec in specs {
        let Some(value) = given.get(spec.name) else { continue };
        if spec.default.is_empty() || matches!(spec.takes, Nothing | Own) {
            continue;
        }
        let written = match (spec.takes, value) {
            (_, Value::Null) => serde_json::from_str(spec.default).ok(),
            (Text, Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                Some(Value::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            }
            (Bool, Value::Bool(_)) => Some(value.clone()),
            (Id, Value::Number(number)) if number.is_u64() => Some(value.clone()),
            (Id, Value::String(text)) => text.parse::<u64>().ok().map(Value::from),
            (Words, _) => words(value),
            (OneOf(list), Value::String(text)) if list.split(' ').any(|option| option == text) => Some(value.clone()),
            _ => None,
        };
        match written {
            Some(written) => drop(values.insert(spec.name.to_owned(), written)),
            None => details.add(spec.name, "is invalid", Some("InvalidValue")),
        }
    }
}

/// A list of words, in the order given and each once; a text is parted at blanks and commas.
pub(super) fn words(value: &Value) -> Option<Value> {
    let given: Vec<String> = match value {
        Value::Array(list) => list.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        Value::String(text) => text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        _ => return None,
    };
    let mut kept: Vec<String> = Vec::new();
    for word in given {
        if !kept.contains(&word) {
            kept.push(word);
        }
    }
    Some(Value::from(kept))
}
