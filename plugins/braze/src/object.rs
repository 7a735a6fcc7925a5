//! The objects: what can be done with each.

use offtake_sdk::{CallFailure, Operation, operation_name};

/// Before the name of a catalog, in the id of its items.
const CATALOG: &str = "catalogs/";

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Users,
    Events,
    Purchases,
    /// The items of the catalog of that name.
    Items(String),
}

impl Kind {
    /// The object of that id.
    pub(crate) fn called(object: &str) -> Result<Self, CallFailure> {
        match object {
            "users" => Ok(Self::Users),
            "events" => Ok(Self::Events),
            "purchases" => Ok(Self::Purchases),
            _ => match object.strip_prefix(CATALOG).filter(|name| !name.is_empty()) {
                Some(name) => Ok(Self::Items(name.to_owned())),
                None => Err(CallFailure::schema_changed("object_unknown", format!("there is no object {object}"))),
            },
        }
    }

    pub(crate) fn id(&self) -> String {
        match self {
            Self::Users => "users".to_owned(),
            Self::Events => "events".to_owned(),
            Self::Purchases => "purchases".to_owned(),
            Self::Items(name) => format!("{CATALOG}{name}"),
        }
    }

    /// Braze makes a user for every identity that it has not seen, so that there is no insert of users. Events and purchases
    /// are never changed.
    pub(crate) fn operations(&self) -> &'static [Operation] {
        match self {
            Self::Users => &[Operation::Upsert, Operation::Update, Operation::Delete],
            Self::Events | Self::Purchases => &[Operation::Append],
            Self::Items(_) => &[Operation::Insert, Operation::Upsert, Operation::Update, Operation::Delete],
        }
    }

    pub(crate) fn allows(&self, operation: Operation) -> Result<(), CallFailure> {
        if self.operations().contains(&operation) {
            return Ok(());
        }
        let message = format!("{} cannot take `{}`", self.id(), operation_name(operation));
        Err(CallFailure::misconfigured("operation_unsupported", message))
    }

    /// The fields by which a record is found; the number of an event or a purchase, which Braze keeps among its properties.
    pub(crate) fn match_keys(&self) -> &'static [&'static str] {
        match self {
            Self::Users => &["external_id", "alias_name", "braze_id", "email", "phone"],
            Self::Events => &["event_id"],
            Self::Purchases => &["purchase_id"],
            Self::Items(_) => &["id"],
        }
    }
}
