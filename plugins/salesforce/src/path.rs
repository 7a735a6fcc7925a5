//! Field names as a mapping has them: a field of the object itself, or the key of a record that it refers to.
//!
//! `Account.Ext__c` is the external id of the account, `Contact:Who.Ext__c` of a contact where the reference may lead to several
//! types. These are the headers of Bulk API 2.0 ("Relationship Fields in a Header Row").

/// A field name that has been taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path<'a> {
    /// A field of the object.
    Own(&'a str),
    /// A field by which the record is found that a reference leads to.
    Related {
        /// The type, where the reference may lead to several.
        kind: Option<&'a str>,
        /// The relationship's name, such as `Account` or `Region__r`.
        relationship: &'a str,
        /// The external id field of the other record.
        key: &'a str,
    },
}

impl<'a> Path<'a> {
    /// Takes a name apart. Whether the parts exist is for Salesforce to say.
    pub(crate) fn of(name: &'a str) -> Self {
        let Some((left, key)) = name.split_once('.') else { return Self::Own(name) };
        match left.split_once(':') {
            Some((kind, relationship)) => Self::Related { kind: Some(kind), relationship, key },
            None => Self::Related { kind: None, relationship: left, key },
        }
    }
}

/// The field that holds the id of the record that a relationship leads to: `AccountId` of `Account`, `Region__c` of
/// `Region__r`. "Relationship Fields" and "Understanding Relationship Names", SOQL and SOSL reference.
pub(crate) fn reference_of(relationship: &str) -> String {
    match relationship.strip_suffix("__r") {
        Some(custom) => format!("{custom}__c"),
        None => format!("{relationship}Id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let related = |kind, relationship, key| Path::Related { kind, relationship, key };
        for (name, expected) in [
            ("LastName", Path::Own("LastName")),
            ("Account.Ext__c", related(None, "Account", "Ext__c")),
            ("Region__r.Code__c", related(None, "Region__r", "Code__c")),
            ("Contact:Who.Ext__c", related(Some("Contact"), "Who", "Ext__c")),
        ] {
            assert_eq!(Path::of(name), expected);
        }
        assert_eq!((reference_of("Account"), reference_of("Region__r")), ("AccountId".into(), "Region__c".into()));
    }
}
