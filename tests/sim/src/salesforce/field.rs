//! Fields of objects, and how a describe shows them.

use serde_json::{Value, json};

/// Properties that no field of a simulated org has.
const NOT_SIMULATED: [&str; 13] = [
    "autoNumber",
    "calculated",
    "cascadeDelete",
    "caseSensitive",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "highScaleNumber",
    "htmlFormatted",
    "queryByDistance",
    "restrictedDelete",
    "writeRequiresMasterRead",
];
const NOT_TOLD: [&str; 9] = [
    "calculatedFormula",
    "controllerName",
    "defaultValueFormula",
    "extraTypeInfo",
    "filteredLookupInfo",
    "inlineHelpText",
    "mask",
    "maskType",
    "referenceTargetField",
];

/// A field of an object.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    /// As a describe names it, such as `picklist`.
    pub(super) kind: String,
    pub(super) length: usize,
    pub(super) createable: bool,
    pub(super) updateable: bool,
    pub(super) nillable: bool,
    pub(super) defaulted: bool,
    pub(super) external_id: bool,
    pub(super) id_lookup: bool,
    pub(super) unique: bool,
    pub(super) restricted: bool,
    pub(super) name_field: bool,
    pub(super) relationship: Option<String>,
    pub(super) targets: Vec<String>,
    pub(super) compound: Option<String>,
    pub(super) options: Vec<String>,
}

impl Field {
    /// Reads a line of `standard.txt`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut parts = line.split('|');
        let (name, label, kind, length) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let flags = parts.next().unwrap_or_default();
        let mut text = || parts.next().filter(|text| !text.is_empty()).map(str::to_owned);
        let (relationship, targets, compound, options) = (text(), text(), text(), text());
        let list = |text: Option<String>, separator| -> Vec<String> {
            text.iter().flat_map(|text| text.split(separator)).map(str::to_owned).collect()
        };
        let has = |flag| flags.contains(flag);
        Some(Self {
            name: name.to_owned(),
            label: label.to_owned(),
            kind: kind.to_owned(),
            length: length.parse().ok()?,
            createable: has('c'),
            updateable: has('u'),
            nillable: has('n'),
            defaulted: has('d'),
            external_id: has('E'),
            id_lookup: has('I'),
            unique: has('U'),
            restricted: has('R'),
            name_field: has('N'),
            relationship,
            targets: list(targets, ','),
            compound,
            options: list(options, ';'),
        })
    }

    pub(super) fn is_custom(&self) -> bool {
        self.name.ends_with("__c")
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "int" | "double" | "currency" | "percent")
    }

    /// Whether records can be found by it in an upsert.
    pub(super) fn is_key(&self) -> bool {
        self.external_id || self.id_lookup
    }

    /// Whether a record that has it set locks the record that it refers to.
    pub(super) fn locks(&self) -> bool {
        self.kind == "reference"
            && (self.createable || self.updateable)
            && self.targets.iter().any(|target| target != "User")
    }

    pub(super) fn describe(&self) -> Value {
        let soap = match self.kind.as_str() {
            "id" | "reference" => "tns:ID",
            "boolean" => "xsd:boolean",
            "int" => "xsd:int",
            "double" | "currency" | "percent" => "xsd:double",
            "date" => "xsd:date",
            "datetime" => "xsd:dateTime",
            "address" => "urn:address",
            _ => "xsd:string",
        };
        let number = self.is_number();
        let is_reference = self.kind == "reference";
        let values: Vec<Value> = self
            .options
            .iter()
            .map(|value| json!({"active": true, "defaultValue": false, "label": value, "validFor": null, "value": value}))
            .collect();
        let told = json!({
            "aggregatable": self.kind != "boolean", "byteLength": self.length * 3, "compoundFieldName": self.compound,
            "createable": self.createable, "custom": self.is_custom(), "defaultedOnCreate": self.defaulted,
            "defaultValue": if self.kind == "boolean" { json!(false) } else { Value::Null },
            "digits": if self.kind == "int" { 8 } else { 0 }, "externalId": self.external_id,
            "filterable": self.kind != "address", "groupable": !number, "idLookup": self.id_lookup, "label": self.label,
            "length": self.length, "name": self.name, "nameField": self.name_field,
            "namePointing": self.targets.len() > 1, "nillable": self.nillable, "permissionable": self.nillable,
            "picklistValues": values, "polymorphicForeignKey": self.targets.len() > 1,
            "precision": if number && self.kind != "int" { 18 } else { 0 }, "referenceTo": self.targets,
            "relationshipName": self.relationship, "restrictedPicklist": self.restricted, "scale": 0,
            "searchPrefilterable": is_reference, "soapType": soap, "sortable": self.kind != "address",
            "relationshipOrder": null, "type": self.kind,
            "unique": self.unique, "updateable": self.updateable,
        });
        let mut described = told.as_object().cloned().unwrap_or_default();
        described.extend(NOT_SIMULATED.iter().map(|name| ((*name).to_owned(), json!(false))));
        described.extend(NOT_TOLD.iter().map(|name| ((*name).to_owned(), Value::Null)));
        Value::Object(described)
    }
}
