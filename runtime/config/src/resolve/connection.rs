//! A connection, from typed in to usable.

use std::path::Path;
use std::sync::Arc;

use offtake_core::lake::{Catalog, Format, LakeConfig, Table};

use super::{Typed, claim, name};
use crate::problem::{Problem, Problems};
use crate::raw::connection as raw;
use crate::{DestinationConnection, Document, Project, SourceConnection};

/// What is left of a quota to whatever else uses the account, unless the connection says otherwise.
const QUOTA_RESERVE: f64 = 0.1;

pub(super) fn resolve(typed: Typed<raw::Connection>, project: &mut Project, problems: &mut Problems) {
    let Typed { document, raw } = typed;
    let Some(name) = name(&raw.connection, &document, "/connection", problems) else { return };
    claim(&project.sources, &name, &document, "/connection", problems);
    claim(&project.destinations, &name, &document, "/connection", problems);
    match (raw.source, raw.destination) {
        (Some(source), None) => {
            let lake = lake(source, &project.folder, &document, problems);
            project.sources.insert(name, SourceConnection { lake, document });
        }
        (None, Some(destination)) => {
            let destination = destination_connection(destination, &project.folder, document, problems);
            project.destinations.insert(name, destination);
        }
        _ => problems.push(
            Problem::at(&document, "/connection", "OFT-C009", "a connection has either `source` or `destination`")
                .with_help("split it in two files when it is both"),
        ),
    }
}

fn lake(source: raw::Source, folder: &Path, document: &Arc<Document>, problems: &mut Problems) -> LakeConfig {
    let mut lake = LakeConfig::default();
    for (text, table) in source.tables {
        let pointer = format!("/source/tables/{text}");
        if let Some(name) = name(&text, document, &pointer, problems) {
            lake.tables.insert(name, resolve_table(table, folder, document, &pointer, problems));
        }
    }
    for (text, catalog) in source.catalogs {
        let pointer = format!("/source/catalogs/{text}");
        if let Some(name) = name(&text, document, &pointer, problems) {
            let path = folder.join(&catalog.path);
            let warehouse = path.parent().unwrap_or(folder).to_string_lossy().into_owned();
            let own_name = catalog.name.unwrap_or_else(|| "default".to_owned());
            lake.catalogs.insert(name, Catalog::Sqlite { path, name: own_name, warehouse });
        }
    }
    lake
}

fn resolve_table(
    table: raw::Table,
    folder: &Path,
    document: &Arc<Document>,
    pointer: &str,
    problems: &mut Problems,
) -> Table {
    let csv_only = [("header", table.header.is_some()), ("delimiter", table.delimiter.is_some())];
    let format = match table.format {
        raw::Format::Csv => {
            let delimiter = table.delimiter.unwrap_or(',');
            let delimiter = u8::try_from(delimiter).unwrap_or_else(|_| {
                let pointer = format!("{pointer}/delimiter");
                problems.push(Problem::at(document, &pointer, "OFT-C010", "a delimiter is one ASCII character"));
                b','
            });
            Format::Csv { header: table.header.unwrap_or(true), delimiter }
        }
        raw::Format::Parquet => Format::Parquet,
        raw::Format::Ndjson => Format::Ndjson,
        raw::Format::Iceberg => Format::Iceberg,
    };
    if !matches!(format, Format::Csv { .. }) {
        for (key, _) in csv_only.into_iter().filter(|(_, given)| *given) {
            let pointer = format!("{pointer}/{key}");
            problems.push(Problem::at(document, &pointer, "OFT-C010", format!("`{key}` is for CSV alone")));
        }
    }
    Table { path: folder.join(table.path), format }
}

fn destination_connection(
    raw: raw::Destination,
    folder: &Path,
    document: Arc<Document>,
    problems: &mut Problems,
) -> DestinationConnection {
    let headers = raw.credentials.iter().filter_map(|(slot, typed)| Some((slot.clone(), typed.header.clone()?)));
    let headers = headers.collect();
    let credentials = super::credential::resolve(raw.credentials, folder, &document, problems);
    let allow = raw.allow;
    DestinationConnection {
        plugin: folder.join(raw.plugin),
        config: raw.config,
        credentials,
        headers,
        endpoints: raw.endpoints,
        quota_reserve: raw.quota_reserve.unwrap_or(QUOTA_RESERVE),
        plain_http: allow.as_ref().is_some_and(|allow| allow.plain_http),
        networks: allow.map(|allow| allow.networks).unwrap_or_default(),
        document,
    }
}
