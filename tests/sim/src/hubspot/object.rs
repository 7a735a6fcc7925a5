//! Object types: what they are called and which properties they have.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::property::Property;
use super::standard;
use crate::clock;

/// An object type, standard or custom.
pub(super) struct Object {
    /// `0-1` for contacts, `2-NNN` for a custom object.
    pub(super) type_id: String,
    /// The name in capitals that messages use, or a custom object's own name.
    pub(super) name: String,
    pub(super) fully_qualified: String,
    pub(super) singular: String,
    pub(super) plural: String,
    pub(super) primary: String,
    pub(super) required: Vec<String>,
    pub(super) searchable: Vec<String>,
    pub(super) secondary: Vec<String>,
    pub(super) properties: BTreeMap<String, Property>,
    pub(super) created_at: Timestamp,
}

impl Object {
    fn standard(type_id: &str, name: &str, labels: (&str, &str), primary: &str) -> Self {
        let group = format!("{}information", name.to_lowercase());
        Self {
            type_id: type_id.to_owned(),
            name: name.to_owned(),
            fully_qualified: name.to_owned(),
            singular: labels.0.to_owned(),
            plural: labels.1.to_owned(),
            primary: primary.to_owned(),
            required: Vec::new(),
            searchable: vec![primary.to_owned()],
            secondary: Vec::new(),
            properties: by_name(standard::properties(type_id, &group)),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// The objects that every portal has.
    pub(super) fn all_standard() -> Vec<Self> {
        vec![
            Self::standard("0-1", "CONTACT", ("Contact", "Contacts"), "firstname"),
            Self::standard("0-2", "COMPANY", ("Company", "Companies"), "name"),
            Self::standard("0-3", "DEAL", ("Deal", "Deals"), "dealname"),
            Self::standard("0-5", "TICKET", ("Ticket", "Tickets"), "subject"),
        ]
    }

    pub(super) fn is_custom(&self) -> bool {
        self.type_id.starts_with("2-")
    }

    pub(super) fn is_contact(&self) -> bool {
        self.type_id == "0-1"
    }

    /// Whether a path may call it so: by type id, by name, by plural, or by qualified name, in any case.
    pub(super) fn answers_to(&self, called: &str) -> bool {
        self.type_id == called
            || self.fully_qualified.eq_ignore_ascii_case(called)
            || (!self.is_custom()
                && (self.singular.eq_ignore_ascii_case(called) || self.plural.eq_ignore_ascii_case(called)))
    }

    /// The read-only property with the time of creation.
    pub(super) fn created_property(&self) -> &'static str {
        if self.is_custom() { "hs_createdate" } else { "createdate" }
    }

    /// The read-only property with the time of the last change.
    pub(super) fn modified_property(&self) -> &'static str {
        if self.is_contact() { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    /// What a read shows when it names no properties.
    pub(super) fn shown_by_default(&self) -> Vec<&str> {
        match self.type_id.as_str() {
            "0-1" => vec!["email", "firstname", "lastname"],
            "0-2" => vec!["domain", "name"],
            "0-3" => vec!["amount", "closedate", "dealname", "dealstage", "pipeline"],
            "0-5" => vec!["content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority", "subject"],
            _ => Vec::new(),
        }
    }

    /// The property of this name, unless it is archived.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.get(name).filter(|property| !property.archived)
    }

    /// Whether no two records may share a value. HubSpot does not mark the email of contacts as unique, yet it is.
    pub(super) fn is_unique(&self, name: &str) -> bool {
        (self.is_contact() && name == "email") || self.property(name).is_some_and(|property| property.unique)
    }

    /// As the schemas endpoints show it.
    pub(super) fn describe(&self) -> Value {
        let shown = self.properties.values().filter(|property| !property.archived);
        let number = self.type_id.split('-').next_back().unwrap_or_default();
        let created = clock::text(self.created_at);
        json!({
            "labels": { "singular": self.singular, "plural": self.plural },
            "requiredProperties": self.required,
            "searchableProperties": self.searchable,
            "primaryDisplayProperty": self.primary,
            "secondaryDisplayProperties": self.secondary,
            "archived": false,
            "restorable": true,
            "metaType": if self.is_custom() { "PORTAL_SPECIFIC" } else { "HUBSPOT" },
            "id": number,
            "fullyQualifiedName": self.fully_qualified,
            "createdAt": created,
            "updatedAt": created,
            "objectTypeId": self.type_id,
            "properties": shown.map(Property::describe).collect::<Vec<_>>(),
            "associations": [],
            "name": self.name,
        })
    }
}

pub(super) fn by_name(properties: Vec<Property>) -> BTreeMap<String, Property> {
    properties.into_iter().map(|property| (property.name.clone(), property)).collect()
}
