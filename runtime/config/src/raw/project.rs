//! `offtake.yml` as typed.

use schemars::JsonSchema;
use serde::Deserialize;

/// A project.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    #[expect(dead_code, reason = "the schema checks it, nothing reads it")]
    pub(crate) version: u32,
    /// Name of the project.
    pub(crate) project: String,
    /// Folder for the delivery state, relative to this file. Default: `state`.
    #[serde(default)]
    pub(crate) state: Option<String>,
    /// Environment variables that `${NAME}` may read, besides those that begin with `OFFTAKE_`.
    #[serde(default)]
    pub(crate) env_allow: Vec<String>,
}
