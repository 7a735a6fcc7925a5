//! How a sync treats rows and fields, and what needs a person's approval.

use std::sync::Arc;

use offtake_core::guard::Guards;
use offtake_core::mode::{FieldPolicy, Mode, NullPolicy, OnDelete, WritePolicy};
use offtake_core::policy::Policies;

use crate::Document;
use crate::problem::{Problem, Problems};
use crate::raw::sync as raw;

pub(super) fn mode(typed: raw::Mode) -> Mode {
    match typed {
        raw::Mode::Insert => Mode::Insert,
        raw::Mode::Update => Mode::Update,
        raw::Mode::Upsert => Mode::Upsert,
        raw::Mode::Mirror => Mode::Mirror,
        raw::Mode::Append => Mode::Append,
        raw::Mode::Members => Mode::Members,
    }
}

pub(super) fn on_delete(
    mode: Mode,
    typed: Option<raw::OnDelete>,
    document: &Arc<Document>,
    problems: &mut Problems,
) -> OnDelete {
    let on_delete = match typed {
        Some(raw::OnDelete::Ignore) => OnDelete::Ignore,
        Some(raw::OnDelete::Delete) => OnDelete::Delete,
        Some(raw::OnDelete::Clear) => OnDelete::Clear,
        None if matches!(mode, Mode::Mirror | Mode::Members) => OnDelete::Delete,
        None => OnDelete::Ignore,
    };
    let (message, help) = match (mode, on_delete) {
        (Mode::Mirror, OnDelete::Ignore | OnDelete::Clear) => (
            "a mirror deletes the records of rows that leave the source",
            "use `mode: upsert`, or leave `on_delete` out",
        ),
        (Mode::Append, OnDelete::Delete | OnDelete::Clear) => {
            ("an event that was sent has happened: nothing is done when it leaves the source", "leave `on_delete` out")
        }
        (Mode::Members, OnDelete::Clear) => (
            "a member is on a list or is not: there is nothing to clear",
            "leave `on_delete` out, or use `ignore` to add members and never take one away",
        ),
        _ => return on_delete,
    };
    problems.push(Problem::at(document, "/on_delete", "OFT-C010", message).with_help(help));
    on_delete
}

/// Policies of the fields that are not just written.
pub(super) fn policies(raw: &raw::Sync, document: &Arc<Document>, problems: &mut Problems) -> Policies {
    let mut policies = Policies::new();
    for (index, field) in raw.fields.iter().enumerate() {
        let policy = FieldPolicy {
            null: match field.null {
                raw::Null::Send => NullPolicy::Send,
                raw::Null::Skip => NullPolicy::Skip,
            },
            write: match field.write {
                raw::Write::Always => WritePolicy::Always,
                raw::Write::IfEmptyAtDestination => WritePolicy::IfEmptyAtDestination,
                raw::Write::OnCreate => WritePolicy::OnCreate,
            },
        };
        if policy == FieldPolicy::default() {
            continue;
        }
        if raw.match_keys.contains(&field.to) {
            let message = format!("`{}` is a match key: it goes with every row", field.to);
            let problem = Problem::at(document, &format!("/fields/{index}"), "OFT-C010", message);
            problems.push(problem.with_help("leave `null` and `write` out"));
        }
        policies.insert(field.to.clone(), policy);
    }
    policies
}

pub(super) fn guards(typed: &raw::Guards, mode: Mode, on_delete: OnDelete) -> Guards {
    // Where nothing happens to rows that leave the source, an empty one takes nothing away.
    let min_source_rows = u64::from(mode.follows_removals(on_delete));
    let usual = Guards { min_source_rows, ..Guards::default() };
    Guards {
        max_delete_rows: typed.max_delete_rows.unwrap_or(usual.max_delete_rows),
        max_delete_ratio: typed.max_delete_ratio.unwrap_or(usual.max_delete_ratio),
        max_resend_rows: typed.max_resend_rows.unwrap_or(usual.max_resend_rows),
        max_resend_ratio: typed.max_resend_ratio.unwrap_or(usual.max_resend_ratio),
        min_source_rows: typed.min_source_rows.unwrap_or(usual.min_source_rows),
        max_rows: typed.max_rows,
    }
}
