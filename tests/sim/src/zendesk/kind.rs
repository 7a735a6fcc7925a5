//! The objects that every account has.

use super::spec::{ORGANIZATION, Spec, TICKET, USER};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Organization,
    Ticket,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Organization, Self::Ticket];

    pub(super) fn called(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Organization => "organizations",
            Self::Ticket => "tickets",
        }
    }

    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Organization => "organization",
            Self::Ticket => "ticket",
        }
    }

    /// As error codes of jobs begin.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Organization => "Organization",
            Self::Ticket => "Ticket",
        }
    }

    /// The path of its custom fields.
    pub(super) fn fields(self) -> &'static str {
        match self {
            Self::User => "user_fields",
            Self::Organization => "organization_fields",
            Self::Ticket => "ticket_fields",
        }
    }

    pub(super) fn spec(self) -> &'static [Spec] {
        match self {
            Self::User => USER,
            Self::Organization => ORGANIZATION,
            Self::Ticket => TICKET,
        }
    }
}
