//! The objects: what can be done with each, and by what a record of it is found.

use offtake_sdk::{CallFailure, Operation, operation_name};

/// Before the key of a custom object, in its id.
const CUSTOM: &str = "custom_objects/";

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Users,
    Organizations,
    Tickets,
    /// By its key.
    Custom(String),
}

/// A field by which records are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Id,
    ExternalId,
    Email,
    Name,
}

const ALL: [Operation; 4] = [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];
const WITHOUT_UPSERT: [Operation; 3] = [Operation::Insert, Operation::Update, Operation::Delete];

impl Kind {
    /// The object of that id.
    pub(crate) fn called(object: &str) -> Result<Self, CallFailure> {
        match object {
            "users" => Ok(Self::Users),
            "organizations" => Ok(Self::Organizations),
            "tickets" => Ok(Self::Tickets),
            _ => match object.strip_prefix(CUSTOM).filter(|key| !key.is_empty()) {
                Some(key) => Ok(Self::Custom(key.to_owned())),
                None => Err(CallFailure::schema_changed("object_unknown", format!("there is no object {object}"))),
            },
        }
    }

    pub(crate) fn id(&self) -> String {
        match self {
            Self::Users => "users".to_owned(),
            Self::Organizations => "organizations".to_owned(),
            Self::Tickets => "tickets".to_owned(),
            Self::Custom(key) => format!("{CUSTOM}{key}"),
        }
    }

    /// Tickets have no call that creates or updates.
    pub(crate) fn operations(&self) -> &'static [Operation] {
        if *self == Self::Tickets { &WITHOUT_UPSERT } else { &ALL }
    }

    pub(crate) fn allows(&self, operation: Operation) -> Result<(), CallFailure> {
        if self.operations().contains(&operation) {
            return Ok(());
        }
        let message = format!("{} cannot take `{}`", self.id(), operation_name(operation));
        Err(CallFailure::misconfigured("operation_unsupported", message))
    }

    /// The fields by which records are found, whatever the operation.
    pub(crate) fn keys(&self) -> &'static [Key] {
        match self {
            Self::Users => &[Key::Email, Key::ExternalId, Key::Id],
            Self::Organizations => &[Key::ExternalId, Key::Id],
            Self::Tickets => &[Key::ExternalId, Key::Id],
            Self::Custom(_) => &[Key::ExternalId, Key::Id, Key::Name],
        }
    }

    /// The key of that name, where the operation can find a record by it.
    pub(crate) fn key(&self, name: &str, operation: Operation) -> Result<Key, CallFailure> {
        let key = self.keys().iter().copied().find(|key| key.name() == name);
        let fits = |key: &Key| match (self, operation) {
            // Records that are not there have no id yet; a create-or-update of organizations alone takes one.
            (Self::Users | Self::Custom(_), Operation::Upsert) => *key != Key::Id,
            // Zendesk finds custom records by their name in a create-or-update alone.
            (_, Operation::Update | Operation::Delete) => *key != Key::Name,
            _ => true,
        };
        key.filter(fits).ok_or_else(|| {
            let message = format!("{} cannot be found by {name} to `{}` it", self.id(), operation_name(operation));
            CallFailure::misconfigured("match_key_unsupported", message)
        })
    }

    /// The member of a body that holds the records.
    pub(crate) fn wrapper(&self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Organizations => "organizations",
            Self::Tickets => "tickets",
            Self::Custom(_) => "custom_object_records",
        }
    }

    /// The member of a record that holds the values of custom fields.
    pub(crate) fn custom_member(&self) -> &'static str {
        match self {
            Self::Users => "user_fields",
            Self::Organizations => "organization_fields",
            Self::Tickets => "custom_fields",
            Self::Custom(_) => "custom_object_fields",
        }
    }
}

impl Key {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Name => "name",
        }
    }

    /// The value as Zendesk compares it: addresses and external ids without regard to case.
    pub(crate) fn comparable(self, value: &str) -> String {
        match self {
            Self::Id | Self::Name => value.to_owned(),
            Self::ExternalId | Self::Email => value.trim().to_lowercase(),
        }
    }
}
