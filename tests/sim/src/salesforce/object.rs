//! Objects of an org, and how the describe calls show them.

use serde_json::{Map, Value, json};

use super::field::Field;

/// What a new org has: names, types and flags of the recorded describes, and five objects more that are documented.
const STANDARD: &str = include_str!("standard.txt");

/// An object of the org.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) plural: String,
    pub(super) prefix: String,
    pub(super) fields: Vec<Field>,
}

/// The objects of a new org.
pub(super) fn standard() -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    for line in STANDARD.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let mut parts = head.split('|').map(str::to_owned);
            let mut next = || parts.next().unwrap_or_default();
            let (name, label, plural, prefix) = (next(), next(), next(), next());
            objects.push(Object { name, label, plural, prefix, fields: Vec::new() });
        } else if let (Some(object), Some(field)) = (objects.last_mut(), Field::read(line)) {
            object.fields.push(field);
        }
    }
    objects
}

impl Object {
    /// A custom object with nothing but what every object has.
    pub(super) fn custom(name: &str, prefix: &str) -> Self {
        let lines = [
            "Id|Record ID|id|18|dI",
            "OwnerId|Owner ID|reference|18|cud|Owner|User",
            "IsDeleted|Deleted|boolean|0|d",
            "Name|Name|string|80|cunIN",
            "CreatedDate|Created Date|datetime|0|d",
            "CreatedById|Created By ID|reference|18|d|CreatedBy|User",
            "LastModifiedDate|Last Modified Date|datetime|0|d",
            "LastModifiedById|Last Modified By ID|reference|18|d|LastModifiedBy|User",
            "SystemModstamp|System Modstamp|datetime|0|d",
        ];
        let label = name.trim_end_matches("__c").replace('_', " ");
        let fields = lines.iter().filter_map(|line| Field::read(line)).collect();
        Self { name: name.to_owned(), plural: format!("{label}s"), label, prefix: prefix.to_owned(), fields }
    }

    /// A field by its name, in whatever case.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The reference behind a relationship.
    pub(super) fn relationship(&self, name: &str) -> Option<&Field> {
        let named = |field: &&Field| field.relationship.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        self.fields.iter().find(named)
    }

    /// People write to it; the others are the org's own.
    fn is_writable(&self) -> bool {
        !matches!(self.name.as_str(), "User" | "Organization")
    }

    /// An element of the global describe.
    pub(super) fn summary(&self, base: &str) -> Value {
        let mut summary = self.flags();
        summary.insert("urls".to_owned(), self.urls(base, &["rowTemplate", "describe", "sobject"]));
        Value::Object(summary)
    }

    /// The describe, with the children that other objects say they are.
    pub(super) fn describe(&self, all: &[Self], base: &str) -> Value {
        let mut described = self.flags();
        let children: Vec<Value> = all
            .iter()
            .flat_map(|object| object.fields.iter().map(move |field| (object, field)))
            .filter(|(_, field)| field.targets.contains(&self.name))
            .map(|(object, field)| {
                json!({"cascadeDelete": false, "childSObject": object.name, "deprecatedAndHidden": false, "field": field.name,
                       "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": object.plural,
                       "restrictedDelete": false})
            })
            .collect();
        let layout = format!("{base}/sobjects/{}/describe/layouts/012000000000000AAA", self.name);
        let record_types = match self.name.as_str() {
            "Topic" => json!([]),
            _ => {
                json!([{"active": true, "available": true, "defaultRecordTypeMapping": true, "master": true, "name": "Master",
                         "recordTypeId": "012000000000000AAA", "urls": {"layout": layout}}])
            }
        };
        let scope = format!("All {}", self.plural.to_lowercase());
        for (name, value) in [
            ("actionOverrides", json!([])),
            ("childRelationships", Value::Array(children)),
            ("compactLayoutable", json!(true)),
            ("fields", self.fields.iter().map(Field::describe).collect()),
            ("listviewable", Value::Null),
            ("lookupLayoutable", Value::Null),
            ("namedLayoutInfos", json!([])),
            ("networkScopeFieldName", Value::Null),
            ("recordTypeInfos", record_types),
            ("searchLayoutable", json!(true)),
            ("sobjectDescribeOption", json!("FULL")),
            ("supportedScopes", json!([{"label": scope, "name": "everything"}])),
        ] {
            described.insert(name.to_owned(), value);
        }
        let mut names = vec![
            "compactLayouts",
            "rowTemplate",
            "uiDetailTemplate",
            "uiEditTemplate",
            "describe",
            "uiNewRecord",
            "layouts",
            "sobject",
        ];
        if self.name != "Topic" {
            names.extend(["approvalLayouts", "listviews", "quickActions"]);
        }
        described.insert("urls".to_owned(), self.urls(base, &names));
        for name in ["associateEntityType", "associateParentEntity", "hasSubtypes", "isInterface", "isSubtype"] {
            if !matches!(name, "hasSubtypes" | "isSubtype") {
                described.remove(name);
            }
        }
        Value::Object(described)
    }

    fn flags(&self) -> Map<String, Value> {
        let writable = self.is_writable();
        let flags = json!({
            "activateable": false, "associateEntityType": null, "associateParentEntity": null, "createable": writable,
            "custom": self.name.ends_with("__c"), "customSetting": false, "deletable": writable,
            "deprecatedAndHidden": false, "feedEnabled": writable, "hasSubtypes": false, "isInterface": false,
            "isSubtype": false, "keyPrefix": self.prefix, "label": self.label, "labelPlural": self.plural,
            "layoutable": writable, "mergeable": false, "mruEnabled": writable, "name": self.name, "queryable": true,
            "replicateable": true, "retrieveable": true, "searchable": writable, "triggerable": writable,
            "undeletable": writable, "updateable": writable,
        });
        flags.as_object().cloned().unwrap_or_default()
    }

    fn urls(&self, base: &str, names: &[&str]) -> Value {
        let own = format!("{base}/sobjects/{}", self.name);
        let url = |name: &str| match name {
            "sobject" => own.clone(),
            "rowTemplate" => format!("{own}/{{ID}}"),
            "describe" | "listviews" | "quickActions" => format!("{own}/{name}"),
            "uiDetailTemplate" => "https://example.my.salesforce.com/{ID}".to_owned(),
            "uiEditTemplate" => "https://example.my.salesforce.com/{ID}/e".to_owned(),
            "uiNewRecord" => format!("https://example.my.salesforce.com/{}/e", self.prefix),
            _ => format!("{own}/describe/{name}"),
        };
        Value::Object(names.iter().map(|name| ((*name).to_owned(), Value::from(url(name)))).collect())
    }
}
