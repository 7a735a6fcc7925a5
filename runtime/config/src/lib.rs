//! The files of a project: read, checked whole, resolved.
//!
//! A file goes three steps: [`document`](mod@document) keeps the YAML with the place of every value, the JSON Schema of [`raw`](mod@raw) finds
//! everything that is wrong with its shape at once, and [`resolve`](mod@resolve) turns what is typed in into what can be used,
//! with all of its files seen together. Problems carry the place they are about.

mod check;
mod document;
mod interpolate;
mod problem;
mod project;
mod raw;
mod resolve;

pub use check::check_part;
pub use document::Document;
pub use problem::{Problem, Problems, suggest};
pub use project::{DestinationConnection, Project, SourceConnection, SyncConfig, SyncLimits};
pub use raw::{FileKind, schema};
pub use resolve::{PROJECT_FILE, load, load_settings, whole_table};
