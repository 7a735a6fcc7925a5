//! `syncs/*.yml` as typed.

use schemars::JsonSchema;
use serde::Deserialize;

/// A sync: which rows go into which object, and how.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sync {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "the schema checks it, nothing reads it")]
    pub(crate) version: u32,
    /// Name of the sync; its state is kept under it.
    pub(crate) sync: String,
    /// What is read.
    pub(crate) source: Source,
    /// Where it goes.
    pub(crate) destination: Destination,
    /// Destination fields that identify a record. They have to be mapped.
    #[serde(rename = "match")]
    #[schemars(length(min = 1))]
    pub(crate) match_keys: Vec<String>,
    /// What happens at the destination to rows that leave the source. Default: `delete` for mirror, else `ignore`.
    #[serde(default)]
    pub(crate) on_delete: Option<OnDelete>,
    /// What goes into each destination field.
    #[schemars(length(min = 1))]
    pub(crate) fields: Vec<Field>,
    /// Stricter limits than the destination's own.
    #[serde(default)]
    pub(crate) limits: Option<Limits>,
    /// What a run does not do before a person approves it.
    #[serde(default)]
    pub(crate) guards: Option<Guards>,
}

/// What is read. Exactly one of `model`, `sql` and `table`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// A connection with a `source`.
    pub(crate) connection: String,
    /// A file with one SELECT, relative to the project folder.
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// One SELECT.
    #[serde(default)]
    pub(crate) sql: Option<String>,
    /// A table of the connection, read whole.
    #[serde(default)]
    pub(crate) table: Option<String>,
}

/// Where rows go.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// A connection with a `destination`.
    pub(crate) connection: String,
    /// The kind of record.
    pub(crate) object: String,
    /// What is done with added and changed rows. Default: `upsert`.
    #[serde(default)]
    pub(crate) mode: Mode,
}

/// What is done with added and changed rows.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Create a record; fail when it exists.
    Insert,
    /// Change a record; fail when it does not exist.
    Update,
    /// Create or change.
    #[default]
    Upsert,
    /// Create or change, and delete records of rows that this sync delivered and that left the source.
    Mirror,
    /// Rows are events; each is sent once.
    Append,
    /// Rows are members of a list: they are added to it, and taken from it when they leave the source.
    Members,
}

/// What happens to rows that leave the source.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnDelete {
    /// Their records stay.
    Ignore,
    /// Their records are removed.
    Delete,
    /// Their records stay, and the mapped fields besides the match key become empty.
    Clear,
}

/// What a null does to a destination field.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Null {
    /// It empties the field.
    #[default]
    Send,
    /// It leaves the field as it is.
    Skip,
}

/// When a field is written. The last two need a connector that can read records.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Write {
    /// Whenever its row is sent.
    #[default]
    Always,
    /// Where the record has nothing in it.
    IfEmptyAtDestination,
    /// Where there is no record yet.
    OnCreate,
}

/// What a run does not do before a person approves it. Of a number and a ratio the one that allows more counts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Guards {
    /// Removed rows whose records are deleted or cleared. Default: 100.
    #[serde(default)]
    pub(crate) max_delete_rows: Option<u64>,
    /// The same as a part of the delivered rows. Default: 0.1.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) max_delete_ratio: Option<f64>,
    /// Delivered rows that are sent again. Default: 1000.
    #[serde(default)]
    pub(crate) max_resend_rows: Option<u64>,
    /// The same as a part of the delivered rows. Default: 0.5.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    pub(crate) max_resend_ratio: Option<f64>,
    /// Rows that the model has to return once something was delivered. Default: 1, and 0 where rows that leave the source stay
    /// remembered (`append`, and `insert` under `on_delete: ignore`).
    #[serde(default)]
    pub(crate) min_source_rows: Option<u64>,
    /// Rows that the model may return. Default: any number.
    #[serde(default)]
    pub(crate) max_rows: Option<u64>,
}

/// What goes into one destination field. Exactly one of `from`, `sql` and `value`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    /// The destination field.
    pub(crate) to: String,
    /// A column of the model.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// A scalar SQL expression over the model's columns.
    #[serde(default)]
    pub(crate) sql: Option<String>,
    /// The same text, number or boolean for every row.
    #[serde(default)]
    #[schemars(extend("type" = ["string", "number", "boolean"]))]
    pub(crate) value: Option<serde_json::Value>,
    /// What a null does. Default: `send`.
    #[serde(default)]
    pub(crate) null: Null,
    /// When it is written. Default: `always`.
    #[serde(default)]
    pub(crate) write: Write,
}

/// Stricter limits than the destination's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Rows in one call.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) batch: Option<u32>,
    /// Calls at once.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) concurrency: Option<u16>,
}
