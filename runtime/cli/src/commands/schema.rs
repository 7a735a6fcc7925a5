//! `offtake schema`.

use offtake_config::FileKind;

use crate::args::{Schema, SchemaKind};
use crate::exit::Exit;
use crate::output::Output;

pub(crate) fn schema(schema: &Schema, output: &Output) -> anyhow::Result<Exit> {
    let kind = match schema.kind {
        SchemaKind::Project => FileKind::Project,
        SchemaKind::Connection => FileKind::Connection,
        SchemaKind::Sync => FileKind::Sync,
    };
    output.print(&serde_json::to_string_pretty(&offtake_config::schema(kind))?)?;
    Ok(Exit::Success)
}
