//! Iceberg tables, pinned to one snapshot and refused where they would be read wrongly.

use std::any::Any;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use iceberg::io::{FileIO, LocalFsStorageFactory};
use iceberg::spec::{DataContentType, DataFileFormat, NestedFieldRef, TableMetadata, Type};
use iceberg::table::{StaticTable, Table};
use iceberg::{Catalog as _, CatalogBuilder as _, ErrorKind, NamespaceIdent, TableIdent};
use iceberg_catalog_sql::SqlCatalogBuilder;
use iceberg_datafusion::IcebergStaticTableProvider;
use offtake_core::lake::Catalog;

use crate::Error;

/// A table at one snapshot.
pub(crate) struct Pinned {
    pub(crate) provider: Arc<dyn TableProvider>,
    /// None for a table that was never written to.
    pub(crate) snapshot: Option<i64>,
}

/// Opens a table by its folder or its metadata file.
pub(crate) async fn open(name: &str, path: &Path) -> Result<Pinned, Error> {
    let metadata = if path.is_dir() { newest_metadata(path) } else { path.exists().then(|| path.to_owned()) };
    let metadata = metadata.ok_or_else(|| Error::NotFound { table: name.to_owned(), path: path.to_owned() })?;
    let file_io = FileIO::new_with_fs();
    let read = TableMetadata::read_from(&file_io, metadata.to_string_lossy()).await;
    let metadata = read.map_err(|error| unreadable(name, &error))?;
    pin(name, metadata, file_io).await
}

/// Opens a table of a catalog.
pub(crate) async fn open_in_catalog(catalog: &Catalog, namespace: &str, table: &str) -> Result<Pinned, Error> {
    let name = format!("{namespace}.{table}");
    let Catalog::Sqlite { path, name: catalog, warehouse } = catalog;
    if !path.exists() {
        return Err(Error::NotFound { table: name, path: path.clone() });
    }
    let failed = |error: iceberg::Error| unreadable(&name, &error);
    let catalog = SqlCatalogBuilder::default()
        .uri(format!("sqlite://{}", path.display()))
        .warehouse_location(warehouse.clone())
        .sql_bind_style(iceberg_catalog_sql::SqlBindStyle::QMark)
        .with_storage_factory(Arc::new(LocalFsStorageFactory))
        .load(catalog.clone(), std::collections::HashMap::new())
        .await
        .map_err(failed)?;
    let namespace = NamespaceIdent::from_strs(namespace.split('.')).map_err(failed)?;
    let found = match catalog.load_table(&TableIdent::new(namespace.clone(), table.to_owned())).await {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), ErrorKind::TableNotFound | ErrorKind::NamespaceNotFound) => {
            let known = catalog.list_tables(&namespace).await.unwrap_or_default();
            return Err(Error::UnknownTable { table: name, known: known.iter().map(ToString::to_string).collect() });
        }
        Err(error) => return Err(failed(error)),
    };
    pin(&name, found.metadata().clone(), found.file_io().clone()).await
}

async fn pin(name: &str, metadata: TableMetadata, file_io: FileIO) -> Result<Pinned, Error> {
    let failed = |error: iceberg::Error| unreadable(name, &error);
    refuse_grown_structs(name, &metadata)?;
    let metadata = with_current_schema(name, metadata)?;
    let identity = TableIdent::from_strs(["pinned", name]).map_err(failed)?;
    let table = StaticTable::from_metadata(metadata, identity, file_io).await.map_err(failed)?.into_table();
    refuse_unsupported(name, &table).await?;
    let snapshot = table.metadata().current_snapshot_id();
    let provider = IcebergStaticTableProvider::try_new_from_table(table).await.map_err(failed)?;
    Ok(Pinned { provider: Arc::new(Unfiltered(provider)), snapshot })
}

/// A table whose rows are filtered by DataFusion alone.
///
/// Iceberg's reader loses rows when it filters by itself: those of files whose column was of a narrower type when they
/// were written, and NaN, which is outside the bounds that files are skipped by. It also looks below casts and then cannot
/// compare what it finds.
#[derive(Debug)]
struct Unfiltered(IcebergStaticTableProvider);

#[async_trait]
impl TableProvider for Unfiltered {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        self.0.table_type()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        self.0.scan(state, projection, &[], limit).await
    }
}

/// A struct that gained a field since a snapshot was written cannot be read from that snapshot's files.
fn refuse_grown_structs(name: &str, metadata: &TableMetadata) -> Result<(), Error> {
    let written = metadata.snapshots().filter_map(|snapshot| metadata.schema_by_id(snapshot.schema_id()?));
    let grown = written.flat_map(|schema| schema.as_struct().fields()).any(|old| {
        let current = metadata.current_schema().field_by_id(old.id);
        current.is_some_and(|current| !nested_ids(current).is_subset(&nested_ids(old)))
    });
    let feature = "a struct column that gained a field after rows were written";
    if grown { Err(Error::UnsupportedFeature { table: name.to_owned(), feature }) } else { Ok(()) }
}

/// Field ids at any depth below a column.
fn nested_ids(field: &NestedFieldRef) -> BTreeSet<i32> {
    let below: Vec<&NestedFieldRef> = match field.field_type.as_ref() {
        Type::Struct(of) => of.fields().iter().collect(),
        Type::List(of) => vec![&of.element_field],
        Type::Map(of) => vec![&of.key_field, &of.value_field],
        _ => Vec::new(),
    };
    below.into_iter().flat_map(|field| nested_ids(field).into_iter().chain([field.id])).collect()
}

/// A snapshot is read by the schema it was written under, which lacks columns that were added or renamed since.
/// Files are read by field id, so the current schema reads every snapshot.
fn with_current_schema(name: &str, metadata: TableMetadata) -> Result<TableMetadata, Error> {
    let current = metadata.current_schema_id();
    let stale = metadata.current_snapshot().is_some_and(|snapshot| snapshot.schema_id() != Some(current));
    if !stale {
        return Ok(metadata);
    }
    let failed = |error: serde_json::Error| Error::Unreadable { table: name.to_owned(), message: error.to_string() };
    let pinned = metadata.current_snapshot_id();
    let mut json = serde_json::to_value(&metadata).map_err(failed)?;
    for snapshot in json.get_mut("snapshots").and_then(|snapshots| snapshots.as_array_mut()).into_iter().flatten() {
        if snapshot.get("snapshot-id").and_then(serde_json::Value::as_i64) == pinned
            && let Some(snapshot) = snapshot.as_object_mut()
        {
            snapshot.insert("schema-id".to_owned(), current.into());
        }
    }
    serde_json::from_value(json).map_err(failed)
}

/// Deletes that the reader would not apply bring deleted rows back to life.
async fn refuse_unsupported(name: &str, table: &Table) -> Result<(), Error> {
    let failed = |error: iceberg::Error| unreadable(name, &error);
    let refuse = |feature| Err(Error::UnsupportedFeature { table: name.to_owned(), feature });
    let Some(snapshot) = table.metadata().current_snapshot() else {
        return Ok(());
    };
    let manifests = table.manifest_list_reader(snapshot).load().await.map_err(failed)?;
    for manifest in manifests.entries() {
        if manifest.content != iceberg::spec::ManifestContentType::Deletes {
            continue;
        }
        let manifest = manifest.load_manifest(table.file_io()).await.map_err(failed)?;
        for entry in manifest.entries().iter().filter(|entry| entry.is_alive()) {
            let file = entry.data_file();
            match (file.content_type(), file.file_format()) {
                (DataContentType::EqualityDeletes, _) => return refuse("equality deletes"),
                (DataContentType::PositionDeletes, DataFileFormat::Parquet) => {}
                (DataContentType::PositionDeletes, DataFileFormat::Puffin) => return refuse("deletion vectors"),
                _ => return refuse("a delete file that is not Parquet"),
            }
        }
    }
    Ok(())
}

fn unreadable(name: &str, error: &iceberg::Error) -> Error {
    Error::Unreadable { table: name.to_owned(), message: error.message().to_owned() }
}

/// The metadata file with the highest version: `00003-….metadata.json` or `v3.metadata.json`.
pub(crate) fn newest_metadata(folder: &Path) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder.join("metadata")).ok()?.flatten();
    let versioned = names.filter_map(|entry| {
        let path = entry.path();
        let name = path.file_name()?.to_string_lossy().into_owned();
        let stem = name.strip_suffix(".metadata.json").or_else(|| name.strip_suffix(".gz.metadata.json"))?;
        let digits: String = stem.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
        Some((digits.parse::<u64>().ok()?, name, path))
    });
    versioned.max().map(|(_, _, path)| path)
}
