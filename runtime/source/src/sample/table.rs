//! Writes an Iceberg table's snapshot: data file, manifest, manifest list, metadata.

use std::collections::HashMap;
use std::path::Path;

use arrow_array::RecordBatch;
use iceberg::io::FileIO;
use iceberg::spec::{
    DataFile, DataFileFormat, FormatVersion, MAIN_BRANCH, ManifestListWriter, ManifestWriterBuilder, Operation,
    PartitionSpec, Schema, Snapshot, SortOrder, Summary, TableMetadata, TableMetadataBuilder,
};
use iceberg::writer::base_writer::data_file_writer::DataFileWriterBuilder;
use iceberg::writer::file_writer::ParquetWriterBuilder;
use iceberg::writer::file_writer::location_generator::{DefaultFileNameGenerator, DefaultLocationGenerator};
use iceberg::writer::file_writer::rolling_writer::RollingFileWriterBuilder;
use iceberg::writer::{IcebergWriter, IcebergWriterBuilder};
use iceberg::{MetadataLocation, Result};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::iceberg_table::newest_metadata;

/// Rows of one write call.
const BATCH_ROWS: usize = 8_192;

/// Makes `rows` the whole content of the table in `folder`, as a new snapshot.
pub(super) async fn write(folder: &Path, schema: Schema, rows: &RecordBatch) -> Result<()> {
    let file_io = FileIO::new_with_fs();
    let location = folder.to_string_lossy().into_owned();
    let (metadata, previous) = match newest_metadata(folder) {
        Some(path) => {
            let path = path.to_string_lossy().into_owned();
            (TableMetadata::read_from(&file_io, &path).await?, Some(path))
        }
        None => {
            let spec = PartitionSpec::unpartition_spec();
            let order = SortOrder::unsorted_order();
            let builder =
                TableMetadataBuilder::new(schema, spec, order, location.clone(), FormatVersion::V2, HashMap::new())?;
            (builder.build()?.metadata, None)
        }
    };
    let files = data_files(&metadata, &file_io, rows).await?;
    let snapshot = snapshot(&metadata, &file_io, files).await?;
    let version = metadata.snapshots().count();
    let builder = TableMetadataBuilder::new_from_metadata(metadata, previous);
    let metadata = builder.set_branch_snapshot(snapshot, MAIN_BRANCH)?.build()?.metadata;
    let mut target = MetadataLocation::new_with_metadata(&location, &metadata);
    for _ in 0..version {
        target = target.with_next_version();
    }
    metadata.write_to(&file_io, &target).await
}

async fn data_files(metadata: &TableMetadata, file_io: &FileIO, rows: &RecordBatch) -> Result<Vec<DataFile>> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let parquet = ParquetWriterBuilder::new(properties, metadata.current_schema().clone());
    let names = DefaultFileNameGenerator::new(
        format!("customers-{}", metadata.snapshots().count()),
        None,
        DataFileFormat::Parquet,
    );
    let places = DefaultLocationGenerator::new(metadata)?;
    let rolling = RollingFileWriterBuilder::new_with_default_file_size(parquet, file_io.clone(), places, names);
    let mut writer = DataFileWriterBuilder::new(rolling).build(None).await?;
    for start in (0..rows.num_rows()).step_by(BATCH_ROWS) {
        let length = BATCH_ROWS.min(rows.num_rows() - start);
        writer.write(rows.slice(start, length)).await?;
    }
    writer.close().await
}

/// A snapshot that holds just these files: earlier ones stay with their own snapshots.
async fn snapshot(metadata: &TableMetadata, file_io: &FileIO, files: Vec<DataFile>) -> Result<Snapshot> {
    let sequence = metadata.next_sequence_number();
    let parent = metadata.current_snapshot_id();
    // Ids only have to differ within the table.
    let id = metadata.last_updated_ms() + sequence;
    let folder = format!("{}/metadata", metadata.location());
    let manifest = file_io.new_output(format!("{folder}/{id}-m0.avro"))?;
    let schema = metadata.current_schema().clone();
    let spec = metadata.default_partition_spec().as_ref().clone();
    let mut writer = ManifestWriterBuilder::new(manifest, Some(id), schema, spec).build_v2_data();
    for file in files {
        writer.add_file(file, sequence)?;
    }
    let manifest = writer.write_manifest_file().await?;
    let path = format!("{folder}/snap-{id}.avro");
    let output = file_io.new_output(&path)?.writer().await?;
    let mut list = ManifestListWriter::v2(output, id, parent, sequence);
    list.add_manifests(std::iter::once(manifest))?;
    list.close().await?;
    let operation = if parent.is_some() { Operation::Overwrite } else { Operation::Append };
    Ok(Snapshot::builder()
        .with_snapshot_id(id)
        .with_parent_snapshot_id(parent)
        .with_sequence_number(sequence)
        .with_timestamp_ms(metadata.last_updated_ms() + 1)
        .with_manifest_list(path)
        .with_summary(Summary { operation, additional_properties: HashMap::new() })
        .with_schema_id(metadata.current_schema_id())
        .build())
}
