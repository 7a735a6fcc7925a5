"""Delete files, which pyiceberg reads but does not write: a fast append whose manifest says that it holds deletes."""

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestWriterV2
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.typedef import Record

# Field ids that the Iceberg specification reserves for the two columns of a position delete file.
FILE_PATH_ID, POS_ID = 2147483546, 2147483545


class DeletesWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class RowDelta(_FastAppendFiles):
    def new_manifest_writer(self, spec):
        return DeletesWriter(spec, self.schema(), self.new_manifest_output(), self._snapshot_id, self._compression)


def with_id(name: str, kind: pa.DataType, field_id: int) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={b"PARQUET:field_id": str(field_id).encode()})


def by_position(table: Table, positions: list[int]) -> None:
    """Deletes rows of the table's first data file."""
    path = min(task.file.file_path for task in table.scan().plan_files())
    schema = pa.schema([with_id("file_path", pa.string(), FILE_PATH_ID), with_id("pos", pa.int64(), POS_ID)])
    content = pa.table({"file_path": [path] * len(positions), "pos": positions}, schema=schema)
    commit(table, content, DataFileContent.POSITION_DELETES, None)


def by_equality(table: Table, column: str, values: list[int]) -> None:
    """Deletes rows where the column has one of the values."""
    field_id = table.schema().find_field(column).field_id
    content = pa.table({column: values}, schema=pa.schema([with_id(column, pa.int64(), field_id)]))
    commit(table, content, DataFileContent.EQUALITY_DELETES, [field_id])


def commit(table: Table, content: pa.Table, kind: DataFileContent, equality_ids: list[int] | None) -> None:
    path = f"{table.location()}/data/deletes-{kind.name.lower()}.parquet"
    output = table.io.new_output(path)
    with output.create() as stream:
        pq.write_table(content, stream)
    file = DataFile.from_args(
        content=kind,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=content.num_rows,
        file_size_in_bytes=len(output),
        column_sizes={},
        value_counts={},
        null_value_counts={},
        nan_value_counts={},
        lower_bounds={},
        upper_bounds={},
        key_metadata=None,
        split_offsets=[4],
        equality_ids=equality_ids,
        sort_order_id=None,
        spec_id=0,
    )
    file.spec_id = 0
    with table.transaction() as transaction:
        with RowDelta(operation=Operation.DELETE, transaction=transaction, io=table.io) as delta:
            delta.append_data_file(file)
