//! What an object of a sync is at Marketo, and by what its records are found.

use offtake_sdk::Operation;

/// The object whose records are people.
pub(crate) const LEADS: &str = "leads";

/// The id that Marketo gives every lead.
pub(crate) const LEAD_ID: &str = "id";

const LISTS: &str = "lists/";
const CUSTOM: &str = "customobjects/";

/// The objects beside leads that every instance has, with their labels, the field that identifies a record and Marketo's own id.
/// "Companies", "Opportunities", "Sales Persons" of the REST API's documentation.
pub(crate) const STANDARD: [(&str, &str, &str, &str); 3] = [
    ("companies", "Companies", "externalCompanyId", "id"),
    ("opportunities", "Opportunities", "externalOpportunityId", "marketoGUID"),
    ("salespersons", "Salespersons", "externalSalesPersonId", "id"),
];

/// The id field of custom objects.
pub(crate) const GUID: &str = "marketoGUID";

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Leads,
    /// The members of a static list, by the list's id.
    Members(String),
    /// Another object: the path below `/rest/v1`, such as `companies` or `customobjects/car_c`.
    Other(String),
}

impl Kind {
    /// Of an object's id.
    pub(crate) fn of(object: &str) -> Self {
        match object.strip_prefix(LISTS) {
            Some(list) => Self::Members(list.to_owned()),
            None if object == LEADS => Self::Leads,
            None => Self::Other(object.to_owned()),
        }
    }

    pub(crate) fn takes(&self, operation: Operation) -> bool {
        match self {
            Self::Members(_) => MEMBER_OPERATIONS.contains(&operation),
            Self::Leads | Self::Other(_) => OPERATIONS.contains(&operation),
        }
    }
}

pub(crate) const OPERATIONS: [Operation; 4] =
    [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];
pub(crate) const MEMBER_OPERATIONS: [Operation; 2] = [Operation::MemberAdd, Operation::MemberRemove];

/// The object of a static list.
pub(crate) fn list(id: u64) -> String {
    format!("{LISTS}{id}")
}

/// The object of a custom object type.
pub(crate) fn custom(name: &str) -> String {
    format!("{CUSTOM}{name}")
}

/// Marketo's own id of an object's records.
pub(crate) fn id_field(object: &str) -> &'static str {
    STANDARD.iter().find(|(path, ..)| *path == object).map_or(GUID, |(.., id)| id)
}
