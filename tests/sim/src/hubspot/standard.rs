//! The properties that HubSpot's own objects start with: a useful part of them.

use jiff::Timestamp;

use super::property::{Choice, Kind, Property, yes_and_no};

/// A property definition that fits on one line.
struct Standard {
    name: &'static str,
    label: &'static str,
    kind: Kind,
    field: &'static str,
    options: &'static [(&'static str, &'static str)],
    read_only: bool,
    unique: bool,
}

const fn text(name: &'static str, label: &'static str) -> Standard {
    Standard { name, label, kind: Kind::String, field: "text", options: &[], read_only: false, unique: false }
}

const fn of(kind: Kind, field: &'static str, name: &'static str, label: &'static str) -> Standard {
    Standard { kind, field, ..text(name, label) }
}

const fn number(name: &'static str, label: &'static str) -> Standard {
    of(Kind::Number, "number", name, label)
}

const fn time(name: &'static str, label: &'static str) -> Standard {
    of(Kind::DateTime, "date", name, label)
}

const fn flag(name: &'static str, label: &'static str) -> Standard {
    of(Kind::Bool, "booleancheckbox", name, label)
}

const fn choice(name: &'static str, label: &'static str, options: &'static [(&'static str, &'static str)]) -> Standard {
    Standard { options, ..of(Kind::Enumeration, "select", name, label) }
}

const fn fixed(standard: Standard) -> Standard {
    Standard { read_only: true, ..standard }
}

/// The stages in their order, which a contact only moves along forwards.
pub(super) const LIFECYCLE: &[(&str, &str)] = &[
    ("Subscriber", "subscriber"),
    ("Lead", "lead"),
    ("Marketing Qualified Lead", "marketingqualifiedlead"),
    ("Sales Qualified Lead", "salesqualifiedlead"),
    ("Opportunity", "opportunity"),
    ("Customer", "customer"),
    ("Evangelist", "evangelist"),
    ("Other", "other"),
];

const LEAD_STATUS: &[(&str, &str)] = &[
    ("New", "NEW"),
    ("Open", "OPEN"),
    ("In Progress", "IN_PROGRESS"),
    ("Open Deal", "OPEN_DEAL"),
    ("Unqualified", "UNQUALIFIED"),
    ("Attempted to Contact", "ATTEMPTED_TO_CONTACT"),
    ("Connected", "CONNECTED"),
    ("Bad Timing", "BAD_TIMING"),
];

const EMPLOYEES: &[(&str, &str)] = &[
    ("1-5", "1-5"),
    ("5-25", "5-25"),
    ("25-50", "25-50"),
    ("50-100", "50-100"),
    ("100-500", "100-500"),
    ("500-1000", "500-1000"),
    ("1000+", "1000+"),
];

const CONTACT: &[Standard] = &[
    text("email", "Email"),
    text("firstname", "First Name"),
    text("lastname", "Last Name"),
    text("salutation", "Salutation"),
    text("phone", "Phone Number"),
    text("mobilephone", "Mobile Phone Number"),
    text("fax", "Fax Number"),
    text("company", "Company Name"),
    text("jobtitle", "Job Title"),
    text("address", "Street Address"),
    text("city", "City"),
    text("state", "State/Region"),
    text("zip", "Postal Code"),
    text("country", "Country/Region"),
    text("website", "Website URL"),
    text("industry", "Industry"),
    text("annualrevenue", "Annual Revenue"),
    text("date_of_birth", "Date of birth"),
    text("gender", "Gender"),
    text("degree", "Degree"),
    text("twitterhandle", "Twitter Username"),
    of(Kind::String, "textarea", "message", "Message"),
    choice("numemployees", "Number of Employees", EMPLOYEES),
    choice("lifecyclestage", "Lifecycle Stage", LIFECYCLE),
    choice("hs_lead_status", "Lead Status", LEAD_STATUS),
    choice("hubspot_owner_id", "Contact owner", &[]),
    time("closedate", "Close Date"),
    fixed(time("createdate", "Create Date")),
    fixed(time("lastmodifieddate", "Last Modified Date")),
    fixed(time("notes_last_updated", "Last Activity Date")),
    fixed(number("num_notes", "Number of Sales Activities")),
    fixed(number("total_revenue", "Total Revenue")),
    fixed(number("hs_object_id", "Contact ID")),
    fixed(flag("hs_email_optout", "Unsubscribed from all email")),
    fixed(flag("hs_is_contact", "Is a contact")),
    fixed(flag("hs_is_unworked", "Contact unworked")),
    fixed(text("hs_all_contact_vids", "All vids for a contact")),
    fixed(text("hs_email_domain", "Email Domain")),
    fixed(text("hs_pipeline", "Pipeline")),
];

const COMPANY: &[Standard] = &[
    text("name", "Name"),
    text("domain", "Company Domain Name"),
    text("website", "Website URL"),
    text("phone", "Phone Number"),
    text("address", "Street Address"),
    text("city", "City"),
    text("state", "State/Region"),
    text("zip", "Postal Code"),
    text("country", "Country/Region"),
    text("industry", "Industry"),
    text("twitterhandle", "Twitter Handle"),
    of(Kind::String, "textarea", "description", "Description"),
    number("facebookfans", "Facebook Fans"),
    number("numberofemployees", "Number of Employees"),
    number("annualrevenue", "Annual Revenue"),
    choice("lifecyclestage", "Lifecycle Stage", LIFECYCLE),
    choice("hubspot_owner_id", "Company owner", &[]),
    fixed(time("createdate", "Create Date")),
    fixed(time("hs_lastmodifieddate", "Last Modified Date")),
    fixed(number("hs_object_id", "Company ID")),
];

const DEAL: &[Standard] = &[
    text("dealname", "Deal Name"),
    number("amount", "Amount"),
    choice("pipeline", "Pipeline", &[("Sales Pipeline", "default")]),
    choice(
        "dealstage",
        "Deal Stage",
        &[
            ("Appointment Scheduled", "appointmentscheduled"),
            ("Qualified To Buy", "qualifiedtobuy"),
            ("Presentation Scheduled", "presentationscheduled"),
            ("Decision Maker Bought-In", "decisionmakerboughtin"),
            ("Contract Sent", "contractsent"),
            ("Closed Won", "closedwon"),
            ("Closed Lost", "closedlost"),
        ],
    ),
    choice("dealtype", "Deal Type", &[("New Business", "newbusiness"), ("Existing Business", "existingbusiness")]),
    of(Kind::String, "textarea", "description", "Deal Description"),
    text("closed_lost_reason", "Closed Lost Reason"),
    text("hs_next_step", "Next step"),
    time("closedate", "Close Date"),
    choice("hs_priority", "Priority", &[("Low", "low"), ("Medium", "medium"), ("High", "high")]),
    choice("hubspot_owner_id", "Deal owner", &[]),
    fixed(number("days_to_close", "Days to close")),
    fixed(time("createdate", "Create Date")),
    fixed(time("hs_lastmodifieddate", "Last Modified Date")),
    fixed(number("hs_object_id", "Deal ID")),
];

const TICKET: &[Standard] = &[
    text("subject", "Ticket name"),
    of(Kind::String, "textarea", "content", "Ticket description"),
    choice("hs_pipeline", "Pipeline", &[("Support Pipeline", "0")]),
    choice(
        "hs_pipeline_stage",
        "Ticket status",
        &[("New", "1"), ("Waiting on contact", "2"), ("Waiting on us", "3"), ("Closed", "4")],
    ),
    choice("hs_ticket_priority", "Priority", &[("Low", "LOW"), ("Medium", "MEDIUM"), ("High", "HIGH")]),
    Standard {
        field: "checkbox",
        ..choice(
            "hs_ticket_category",
            "Category",
            &[
                ("Product Issue", "PRODUCT_ISSUE"),
                ("Billing Issue", "BILLING_ISSUE"),
                ("Feature Request", "FEATURE_REQUEST"),
                ("General Inquiry", "GENERAL_INQUIRY"),
            ],
        )
    },
    choice("source_type", "Source", &[("Chat", "CHAT"), ("Email", "EMAIL"), ("Form", "FORM"), ("Phone", "PHONE")]),
    choice("hubspot_owner_id", "Ticket owner", &[]),
    of(Kind::String, "textarea", "hs_resolution", "Resolution"),
    time("closed_date", "Close date"),
    fixed(number("time_to_close", "Time to close")),
    fixed(time("createdate", "Create date")),
    fixed(time("hs_lastmodifieddate", "Last modified date")),
    fixed(number("hs_object_id", "Ticket ID")),
];

const CUSTOM: &[Standard] = &[
    fixed(number("hs_object_id", "Object ID")),
    fixed(time("hs_createdate", "Object create date/time")),
    fixed(time("hs_lastmodifieddate", "Object last modified date/time")),
    Standard { unique: true, ..fixed(text("hs_unique_creation_key", "Unique creation key")) },
    choice("hubspot_owner_id", "Owner", &[]),
];

/// The standard properties of an object, by its type id.
pub(super) fn properties(type_id: &str, group: &str) -> Vec<Property> {
    let table = match type_id {
        "0-1" => CONTACT,
        "0-2" => COMPANY,
        "0-3" => DEAL,
        "0-5" => TICKET,
        _ => CUSTOM,
    };
    table.iter().map(|standard| standard.property(group)).collect()
}

impl Standard {
    fn property(&self, group: &str) -> Property {
        let choice = |(label, value): &(&str, &str)| Choice { label: (*label).into(), value: (*value).into() };
        Property {
            field: self.field.to_owned(),
            options: match self.kind {
                Kind::Bool => yes_and_no(),
                _ => self.options.iter().map(choice).collect(),
            },
            unique: self.unique,
            read_only: self.read_only,
            external: self.name == "hubspot_owner_id",
            standard: true,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            ..Property::custom(self.name, self.label, self.kind, group)
        }
    }
}
