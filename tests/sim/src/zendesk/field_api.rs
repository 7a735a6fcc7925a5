//! `user_fields`, `organization_fields` and `ticket_fields`.

use serde_json::{Value, json};

use super::ask::{Answer, Ask, Reply};
use super::desk::Desk;
use super::kind::Kind;
use super::refusal::Refusal;

pub(super) fn list(desk: &Desk, kind: Kind, ask: &Ask) -> Answer {
    let fields = desk.fields(kind).iter();
    let shown: Vec<Value> = fields.map(|field| field.show(kind.fields(), kind == Kind::Ticket, &ask.origin)).collect();
    Ok(Reply::ok(json!({ kind.fields(): shown, "next_page": null, "previous_page": null, "count": shown.len() })))
}

pub(super) fn create(desk: &mut Desk, kind: Kind, ask: &Ask) -> Answer {
    let wrapper = kind.fields().trim_end_matches('s');
    let given = ask.one(wrapper)?;
    desk.add_field(kind.plural(), &given).map_err(|details| Refusal::invalid(&details))?;
    let Some(field) = desk.fields(kind).last() else { return Err(Refusal::not_found()) };
    let shown = field.show(kind.fields(), kind == Kind::Ticket, &ask.origin);
    Ok(Reply::created(json!({ wrapper: shown }), format!("{}/api/v2/{}/{}.json", ask.origin, kind.fields(), field.id)))
}
