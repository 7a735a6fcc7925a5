//! The standard attributes that can be written: Zendesk API reference, Users, Organizations, Tickets, Custom Object Records.

use offtake_sdk::FieldType::{Boolean, Datetime, Enumeration, Integer, Json, String as Text};
use offtake_sdk::{Choice, Field, FieldType};

use crate::object::Kind;

/// The longest name of a user or an organization: Zendesk API reference.
const NAME_CHARS_MAX: u32 = 255;

const USER: &[(&str, FieldType)] = &[
    ("phone", Text),
    ("alias", Text),
    ("details", Text),
    ("notes", Text),
    ("signature", Text),
    ("locale", Text),
    ("time_zone", Text),
    ("organization_id", Integer),
    ("default_group_id", Integer),
    ("custom_role_id", Integer),
    ("verified", Boolean),
    ("suspended", Boolean),
    ("moderator", Boolean),
    ("only_private_comments", Boolean),
    ("shared_phone_number", Boolean),
    ("skip_verify_email", Boolean),
];

const ORGANIZATION: &[(&str, FieldType)] = &[
    ("details", Text),
    ("notes", Text),
    ("group_id", Integer),
    ("shared_tickets", Boolean),
    ("shared_comments", Boolean),
];

const TICKET: &[(&str, FieldType)] = &[
    ("subject", Text),
    ("comment", Json),
    ("external_id", Text),
    ("requester", Json),
    ("requester_id", Integer),
    ("requester.email", Text),
    ("requester.name", Text),
    ("submitter_id", Integer),
    ("assignee_id", Integer),
    ("group_id", Integer),
    ("organization_id", Integer),
    ("brand_id", Integer),
    ("ticket_form_id", Integer),
    ("problem_id", Integer),
    ("recipient", Text),
    ("due_at", Datetime),
];

/// The standard fields of an object.
pub(crate) fn fields(kind: &Kind) -> Vec<Field> {
    let external_id = || field("external_id", Text).unique();
    let id = if matches!(kind, Kind::Custom(_)) { Text } else { Integer };
    let mut fields = vec![field("id", id).read_only().unique()];
    match kind {
        Kind::Users => {
            fields.extend([name(), field("email", Text).unique(), external_id()]);
            fields.extend(plain(USER));
            fields.push(choice("role", &["end-user", "agent", "admin"]));
            fields.push(choice("ticket_restriction", &["organization", "groups", "assigned", "requested"]));
            fields.push(words("tags"));
        }
        Kind::Organizations => {
            fields.extend([name().unique(), external_id()]);
            fields.extend(plain(ORGANIZATION));
            fields.extend(["domain_names", "tags"].map(words));
        }
        Kind::Tickets => {
            fields.extend(plain(TICKET));
            fields.push(choice("type", &["problem", "incident", "question", "task"]));
            fields.push(choice("priority", &["low", "normal", "high", "urgent"]));
            fields.push(choice("status", &["new", "open", "pending", "hold", "solved", "closed"]));
            fields.extend(["tags", "additional_tags", "remove_tags"].map(words));
        }
        Kind::Custom(_) => fields.extend([name(), external_id()]),
    }
    fields
}

fn plain(list: &[(&str, FieldType)]) -> impl Iterator<Item = Field> {
    list.iter().map(|(name, kind)| field(name, *kind))
}

fn field(name: &str, kind: FieldType) -> Field {
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Field::new(name, kind).label(label)
}

fn choice(name: &str, options: &[&str]) -> Field {
    let mut field = field(name, Enumeration);
    field.options =
        options.iter().map(|value| Choice { value: (*value).to_owned(), label: (*value).to_owned() }).collect();
    field
}

fn words(name: &str) -> Field {
    let mut field = field(name, Enumeration);
    field.multiple = true;
    field
}

fn name() -> Field {
    let mut name = field("name", Text).required();
    name.max_length = Some(NAME_CHARS_MAX);
    name
}
