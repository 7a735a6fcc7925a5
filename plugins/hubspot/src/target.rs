//! What an object of the contract is at HubSpot: records, associations between two kinds of them, or the members of a list.

use offtake_sdk::{CallFailure, Operation, operation_name};

const ASSOCIATIONS: &str = "associations";
const LISTS: &str = "lists";

/// What records take.
pub(crate) const OF_RECORDS: [Operation; 4] =
    [Operation::Insert, Operation::Update, Operation::Upsert, Operation::Delete];
/// What associations take.
pub(crate) const OF_ASSOCIATIONS: [Operation; 2] = [Operation::Upsert, Operation::Delete];
/// What lists take.
pub(crate) const OF_MEMBERS: [Operation; 2] = [Operation::MemberAdd, Operation::MemberRemove];

/// What an object of the contract is at HubSpot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// Records of a type.
    Records(&'a str),
    /// Associations from records of one type to those of another: `associations/contacts/companies`.
    Associations { from: &'a str, to: &'a str },
    /// Members of a static list, which are records of a type: `lists/0-1/12`.
    Members { of: &'a str, list: &'a str },
}

impl<'a> Target<'a> {
    /// Reads an object's name.
    pub(crate) fn parse(object: &'a str) -> Result<Self, CallFailure> {
        let parts: Vec<&str> = object.split('/').collect();
        match parts.as_slice() {
            [ASSOCIATIONS, from, to] => Ok(Self::Associations { from, to }),
            [LISTS, of, list] => Ok(Self::Members { of, list }),
            [records] => Ok(Self::Records(records)),
            _ => Err(CallFailure::schema_changed("unknown_object", format!("HubSpot has no object {object:?}"))),
        }
    }

    /// Refuses what cannot be done with it.
    pub(crate) fn check(self, operation: Operation) -> Result<(), CallFailure> {
        let (what, operations) = match self {
            Self::Records(_) => ("HubSpot's records", OF_RECORDS.as_slice()),
            Self::Associations { .. } => ("HubSpot's associations", OF_ASSOCIATIONS.as_slice()),
            Self::Members { .. } => ("HubSpot's lists", OF_MEMBERS.as_slice()),
        };
        if operations.contains(&operation) {
            return Ok(());
        }
        let message = format!("{what} cannot take `{}`", operation_name(operation));
        Err(CallFailure::misconfigured("operation_unsupported", message))
    }
}

/// The name of associations between two types.
pub(crate) fn associations(from: &str, to: &str) -> String {
    format!("{ASSOCIATIONS}/{from}/{to}")
}

/// The name of a list's members.
pub(crate) fn members(of: &str, list: &str) -> String {
    format!("{LISTS}/{of}/{list}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_stands_for() {
        assert_eq!(Target::parse("contacts").unwrap(), Target::Records("contacts"));
        let between = associations("contacts", "2-31");
        assert_eq!(Target::parse(&between).unwrap(), Target::Associations { from: "contacts", to: "2-31" });
        assert_eq!(Target::parse(&members("0-1", "12")).unwrap(), Target::Members { of: "0-1", list: "12" });
        for unknown in ["lists/12", "associations/a/b/c", "deals/x"] {
            assert_eq!(Target::parse(unknown).unwrap_err().failure.detail().code, "unknown_object", "{unknown}");
        }
    }
}
