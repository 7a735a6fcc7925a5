//! Files as they are typed. Their JSON Schemas are made from these types, so editors, `offtake schema` and the checks
//! agree.

pub(crate) mod connection;
pub(crate) mod project;
pub(crate) mod sync;

use schemars::generate::SchemaSettings;
use serde_json::Value;

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `offtake.yml`.
    Project,
    /// `connections/*.yml`.
    Connection,
    /// `syncs/*.yml`.
    Sync,
}

/// The JSON Schema (2020-12) of one kind of file.
pub fn schema(kind: FileKind) -> Value {
    // Editors and checks read one flat schema more easily than one with references.
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let generator = settings.into_generator();
    let schema = match kind {
        FileKind::Project => generator.into_root_schema_for::<project::Project>(),
        FileKind::Connection => generator.into_root_schema_for::<connection::Connection>(),
        FileKind::Sync => generator.into_root_schema_for::<sync::Sync>(),
    };
    schema.to_value()
}
