//! Guards: what a run does not do before a person has said yes.
//!
//! An emptied source, a broken join or a changed mapping looks like a thousand people who left, or like a whole table that
//! changed. A run that would act on it stops before its first write.

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::mode::OnDelete;

/// Bounds of one sync.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guards {
    /// Removed rows that may be deleted or cleared, whatever part of all they are.
    pub max_delete_rows: u64,
    /// The same as a part of the acknowledged rows; the larger of both counts.
    pub max_delete_ratio: f64,
    /// Changed rows that may be sent again, whatever part of all they are.
    pub max_resend_rows: u64,
    /// The same as a part of the acknowledged rows; the larger of both counts.
    pub max_resend_ratio: f64,
    /// Rows that the model has to return once any row is acknowledged.
    pub min_source_rows: u64,
    /// Rows that the model may return at all.
    pub max_rows: Option<u64>,
}

impl Default for Guards {
    /// A day's work of a table passes, a broken query does not.
    fn default() -> Self {
        Self {
            max_delete_rows: 100,
            max_delete_ratio: 0.10,
            max_resend_rows: 1_000,
            max_resend_ratio: 0.50,
            min_source_rows: 1,
            max_rows: None,
        }
    }
}

/// A guard that holds a run back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The key under `guards` that was passed.
    pub guard: String,
    /// Stable code.
    pub code: String,
    /// What would happen, in words.
    pub message: String,
}

impl Guards {
    /// What stands against doing what was found, of a sync with `acknowledged` rows.
    pub fn object(&self, found: &Counts, acknowledged: u64, on_delete: OnDelete) -> Vec<Objection> {
        let mut objections = Vec::new();
        let mut object = |guard: &str, code: &str, message: String| {
            objections.push(Objection { guard: guard.to_owned(), code: code.to_owned(), message });
        };
        if acknowledged > 0 && found.source_rows < self.min_source_rows {
            let rows = found.source_rows;
            object("min_source_rows", "OFT-R015", format!("the source has {rows} rows, {acknowledged} were delivered"));
        }
        if let Some(most) = self.max_rows
            && found.source_rows > most
        {
            let rows = found.source_rows;
            object("max_rows", "OFT-R018", format!("the source has {rows} rows, {most} are allowed"));
        }
        let allowed = allowed(self.max_delete_rows, self.max_delete_ratio, acknowledged);
        if on_delete != OnDelete::Ignore && found.removed > allowed {
            let what = if on_delete == OnDelete::Delete { "deleted" } else { "cleared" };
            let message = format!("{} of {acknowledged} records would be {what}, {allowed} are allowed", found.removed);
            object("max_delete_ratio", "OFT-R016", message);
        }
        let allowed = self::allowed(self.max_resend_rows, self.max_resend_ratio, acknowledged);
        if found.changed > allowed {
            let message =
                format!("{} of {acknowledged} rows would be sent again, {allowed} are allowed", found.changed);
            object("max_resend_ratio", "OFT-R017", message);
        }
        objections
    }
}

/// The larger of a number and a part of all.
fn allowed(rows: u64, ratio: f64, all: u64) -> u64 {
    rows.max((all as f64 * ratio).floor() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_guard_objects_past_its_bound_and_not_before() {
        let rows = |source_rows, changed, removed| Counts { source_rows, changed, removed, ..Counts::default() };
        let cases: [(Counts, u64, OnDelete, &[&str]); 9] = [
            (rows(0, 0, 0), 0, OnDelete::Delete, &[]),
            (rows(0, 0, 5), 5, OnDelete::Ignore, &["OFT-R015"]),
            (rows(0, 0, 5_000), 5_000, OnDelete::Delete, &["OFT-R015", "OFT-R016"]),
            (rows(9, 0, 100), 500, OnDelete::Delete, &[]),
            (rows(9, 0, 101), 500, OnDelete::Delete, &["OFT-R016"]),
            (rows(9, 0, 101), 500, OnDelete::Ignore, &[]),
            (rows(9, 0, 501), 5_000, OnDelete::Clear, &["OFT-R016"]),
            (rows(9, 2_500, 0), 5_000, OnDelete::Ignore, &[]),
            (rows(9, 2_501, 0), 5_000, OnDelete::Ignore, &["OFT-R017"]),
        ];
        for (found, acknowledged, on_delete, expected) in cases {
            let objections = Guards::default().object(&found, acknowledged, on_delete);
            let codes: Vec<&str> = objections.iter().map(|objection| objection.code.as_str()).collect();
            assert_eq!(codes, expected, "{found:?} of {acknowledged}");
        }
        let few = Guards { max_rows: Some(8), ..Guards::default() };
        assert_eq!(few.object(&rows(9, 0, 0), 0, OnDelete::Ignore).len(), 1);
    }
}
