//! Tables that are Parquet, CSV or NDJSON files.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use datafusion::datasource::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use offtake_core::lake::{Format, Table};

use crate::Error;
use crate::error::words;

/// Extensions looked for in a folder of NDJSON, in this order.
const NDJSON_EXTENSIONS: [&str; 3] = [".ndjson", ".jsonl", ".json"];

/// Opens a table that is not an Iceberg table.
pub(crate) async fn open(session: &SessionContext, name: &str, table: &Table) -> Result<Arc<dyn TableProvider>, Error> {
    let unreadable = |message: String| Error::Unreadable { table: name.to_owned(), message };
    let text = table.path.to_string_lossy();
    let glob = text.contains(['*', '?', '[']);
    let not_found = || Error::NotFound { table: name.to_owned(), path: table.path.clone() };
    if !glob && !table.path.exists() {
        return Err(not_found());
    }
    // A folder is only searched when its address ends with a slash.
    let address = if table.path.is_dir() { format!("{}/", text.trim_end_matches('/')) } else { text.into_owned() };
    let url = ListingTableUrl::parse(&address).map_err(|error| unreadable(words(&error)))?;
    let (format, extension): (Arc<dyn FileFormat>, String) = match &table.format {
        Format::Csv { header, delimiter } => {
            let csv = CsvFormat::default().with_has_header(*header).with_delimiter(*delimiter);
            (Arc::new(csv), extension(name, &table.path, &[".csv"])?)
        }
        Format::Ndjson => (Arc::new(JsonFormat::default()), extension(name, &table.path, &NDJSON_EXTENSIONS)?),
        Format::Parquet | Format::Iceberg => {
            (Arc::new(ParquetFormat::default()), extension(name, &table.path, &[".parquet"])?)
        }
    };
    let state = session.state();
    let partitions = state.config_options().execution.target_partitions;
    let options = ListingOptions::new(format)
        .with_file_extension(extension)
        .with_target_partitions(partitions)
        .with_collect_stat(false);
    let schema = options.infer_schema(&state, &url).await.map_err(|error| unreadable(words(&error)))?;
    if schema.fields().is_empty() {
        return Err(not_found());
    }
    if matches!(table.format, Format::Csv { header: true, .. }) {
        same_headers(&state, name, &url, &options, &schema).await?;
    }
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
    let table = ListingTable::try_new(config).map_err(|error| unreadable(words(&error)))?;
    Ok(Arc::new(table))
}

/// The columns of CSV are read by position, so a file whose header is another would be read wrongly.
async fn same_headers(
    state: &SessionState,
    name: &str,
    url: &ListingTableUrl,
    options: &ListingOptions,
    schema: &SchemaRef,
) -> Result<(), Error> {
    let unreadable = |message: String| Error::Unreadable { table: name.to_owned(), message };
    let failed = |error: DataFusionError| unreadable(words(&error));
    let store = state.runtime_env().object_store(url).map_err(failed)?;
    let files = url.list_all_files(state, store.as_ref(), &options.file_extension).await.map_err(failed)?;
    for file in files.try_collect::<Vec<_>>().await.map_err(failed)?.into_iter().filter(|file| file.size > 0) {
        let own = options.format.infer_schema(state, &store, std::slice::from_ref(&file)).await.map_err(failed)?;
        if !own.fields().iter().map(|field| field.name()).eq(schema.fields().iter().map(|field| field.name())) {
            return Err(unreadable(format!("the header of {} differs from the other files'", file.location)));
        }
    }
    Ok(())
}

/// A named file or glob is taken at its word. In a folder the files have to agree: one that were left out would look as if
/// its rows had been removed.
fn extension(table: &str, path: &Path, of_format: &[&str]) -> Result<String, Error> {
    if !path.is_dir() {
        return Ok(String::new());
    }
    let unreadable = |message: String| Error::Unreadable { table: table.to_owned(), message };
    let mut found: Option<&str> = None;
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(error.to_string()))? {
        let entry = entry.map_err(|error| unreadable(error.to_string()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Folders of partitions are searched by the reader; hidden files are nobody's rows.
        if entry.path().is_dir() || name.starts_with(['.', '_']) {
            continue;
        }
        let own = of_format.iter().find(|extension| name.ends_with(**extension));
        match (own, found) {
            (None, _) => {
                let message = format!("`{name}` in its folder is of another kind; name the files with a glob");
                return Err(unreadable(message));
            }
            (Some(own), Some(known)) if *own != known => {
                return Err(unreadable(format!("its folder mixes {known} and {own}; name the files with a glob")));
            }
            (Some(own), _) => found = Some(own),
        }
    }
    Ok(found.or(of_format.first().copied()).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_whole_or_not_at_all() {
        let cases: [(&[&str], Option<&str>); 6] = [
            (&["a.json", "b.json", "_SUCCESS", ".hidden"], Some(".json")),
            (&["a.jsonl"], Some(".jsonl")),
            (&[], Some(".ndjson")),
            (&["a.json", "b.ndjson"], None),
            (&["a.ndjson", "b.ndjson.gz"], None),
            (&["a.ndjson", "README.md"], None),
        ];
        for (files, expected) in cases {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|name| std::fs::write(folder.path().join(name), "").unwrap());
            let found = extension("t", folder.path(), &NDJSON_EXTENSIONS);
            assert_eq!(found.ok().as_deref(), expected, "{files:?}");
        }
    }
}
