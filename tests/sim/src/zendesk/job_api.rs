//! `job_statuses`.

use serde_json::{Value, json};

use super::ask::{Answer, Ask, Reply};
use super::desk::Desk;
use super::refusal::Refusal;

pub(super) fn show(desk: &Desk, id: &str, ask: &Ask) -> Answer {
    let job = desk.jobs.iter().find(|job| job.id == id).ok_or_else(Refusal::not_found)?;
    Ok(Reply::ok(json!({ "job_status": job.show(&ask.origin, ask.now) })))
}

/// Those that are asked for, or all.
pub(super) fn list(desk: &Desk, ask: &Ask) -> Answer {
    let ids = ask.list("ids")?;
    let wanted = desk.jobs.iter().filter(|job| ids.as_ref().is_none_or(|ids| ids.contains(&job.id)));
    let shown: Vec<Value> = wanted.map(|job| job.show(&ask.origin, ask.now)).collect();
    Ok(Reply::ok(json!({ "job_statuses": shown, "next_page": null, "previous_page": null, "count": shown.len() })))
}
