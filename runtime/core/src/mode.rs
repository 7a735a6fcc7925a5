//! How a sync treats rows and fields.

use serde::{Deserialize, Serialize};

use crate::object::Operation;

/// What is done with added and changed rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Records are created and never touched again.
    Insert,
    /// Existing records are changed; a row without one is a reject.
    Update,
    /// Records are created or changed.
    #[default]
    Upsert,
    /// Like upsert, and records of rows that this sync delivered and that left the source are deleted.
    Mirror,
    /// Rows are events: each is sent once, under the id that its match key gives it.
    Append,
    /// Rows are members of a list: they are added to it, and taken from it when they leave the source.
    Members,
}

/// What happens at the destination to rows that leave the source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// Their records stay.
    #[default]
    Ignore,
    /// Their records are deleted.
    Delete,
    /// Their records stay, and the mapped fields besides the match key become empty.
    Clear,
}

/// What a null does to a destination field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullPolicy {
    /// It empties the field.
    #[default]
    Send,
    /// It leaves the field as it is.
    Skip,
}

/// When a field is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritePolicy {
    /// Whenever its row is sent.
    #[default]
    Always,
    /// Where the record has nothing in it.
    IfEmptyAtDestination,
    /// Where there is no record yet.
    OnCreate,
}

/// How one field is treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldPolicy {
    /// What a null does.
    pub null: NullPolicy,
    /// When it is written.
    pub write: WritePolicy,
}

impl Mode {
    /// The name in files and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Mirror => "mirror",
            Self::Append => "append",
            Self::Members => "members",
        }
    }

    /// What a connector is asked to do with added and changed rows.
    pub fn operation(self) -> Operation {
        match self {
            Self::Insert => Operation::Insert,
            Self::Update => Operation::Update,
            Self::Upsert | Self::Mirror => Operation::Upsert,
            Self::Append => Operation::Append,
            Self::Members => Operation::MemberAdd,
        }
    }

    /// What a connector is asked to do with removed rows, where anything.
    pub fn removal(self, on_delete: OnDelete) -> Option<Operation> {
        match (self, on_delete) {
            (_, OnDelete::Ignore) => None,
            (Self::Members, _) => Some(Operation::MemberRemove),
            (_, OnDelete::Delete) => Some(Operation::Delete),
            (_, OnDelete::Clear) => Some(Operation::Update),
        }
    }

    /// Whether a row that was acknowledged with other values is sent again.
    pub fn sends_changes(self) -> bool {
        matches!(self, Self::Update | Self::Upsert | Self::Mirror | Self::Members)
    }

    /// Whether a row that leaves the source is forgotten. An event has happened all the same, and a record that was created
    /// once must not be created again when its row comes back.
    pub fn follows_removals(self, on_delete: OnDelete) -> bool {
        match self {
            Self::Append => false,
            Self::Insert => on_delete != OnDelete::Ignore,
            Self::Update | Self::Upsert | Self::Mirror | Self::Members => true,
        }
    }
}
