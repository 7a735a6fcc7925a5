"""Tables of one schema: types, partitions, deletes, snapshots."""

import datetime as dt
import decimal
import uuid

import deletes
import pyarrow as pa
from pyiceberg.expressions import EqualTo, GreaterThan
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    YearTransform,
)
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

TYPES = [
    ("bool", BooleanType(), True, False),
    ("int", IntegerType(), 2**31 - 1, -(2**31)),
    ("long", LongType(), 2**63 - 1, -(2**63)),
    ("safe", LongType(), 2**53, -(2**53)),
    ("float", FloatType(), 0.1, float("inf")),
    ("double", DoubleType(), 0.1, 1e300),
    ("nan", DoubleType(), float("nan"), -0.0),
    ("money", DecimalType(9, 2), decimal.Decimal("12.50"), decimal.Decimal("-0.05")),
    ("wide", DecimalType(38, 10), decimal.Decimal("9" * 28 + "." + "9" * 10), decimal.Decimal("-1e-10")),
    ("date", DateType(), dt.date(2026, 11, 22), dt.date(1969, 7, 20)),
    ("time", TimeType(), dt.time(13, 45, 0, 500000), dt.time(0, 0)),
    ("timestamp", TimestampType(), dt.datetime(2026, 11, 22, 13, 45, 0, 1), dt.datetime(1969, 12, 31, 23, 59, 59, 999999)),
    (
        "timestamptz",
        TimestamptzType(),
        dt.datetime(2026, 11, 22, 13, 45, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
        dt.datetime(1, 1, 1, tzinfo=dt.UTC),
    ),
    ("text", StringType(), "Zoë 👩‍👩‍👧 \u2028 \"quoted\" \\ \t\n\x01", ""),
    ("uuid", UUIDType(), uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7").bytes, uuid.UUID(int=0).bytes),
    ("fixed", FixedType(3), b"\x00\xff\x7f", b"abc"),
    ("binary", BinaryType(), b"\x00\xff", b""),
    ("list", ListType(100, LongType(), False), [1, None, 2**60], []),
    (
        "struct",
        StructType(
            NestedField(101, "city", StringType()),
            NestedField(102, "at", StructType(NestedField(103, "lat", DoubleType()))),
        ),
        {"city": "Åre", "at": {"lat": 63.4}},
        {"city": None, "at": None},
    ),
    ("map", MapType(104, StringType(), 105, IntegerType(), False), [("b", 2), ("a", None)], []),
    (
        "nested",
        ListType(106, StructType(NestedField(107, "tags", ListType(108, StringType(), False))), False),
        [{"tags": ["x", None]}, None, {"tags": None}],
        [{"tags": []}],
    ),
]

PERSON = Schema(NestedField(1, "id", LongType()), NestedField(2, "name", StringType()))


def people(table, *named: tuple[int, str | None]) -> None:
    columns = {"id": [row[0] for row in named], "name": [row[1] for row in named]}
    table.append(pa.table(columns, schema=table.schema().as_arrow()))


def plain_types(lake, name, version="2"):
    fields = [NestedField(1, "id", LongType())]
    fields += [NestedField(position, column, kind) for position, (column, kind, *_) in enumerate(TYPES, 2)]
    table = lake.create_table(name, Schema(*fields), properties={"format-version": version})
    columns = {"id": [1, 2, 3]} | {column: [first, second, None] for column, _, first, second in TYPES}
    table.append(pa.table(columns, schema=table.schema().as_arrow()))


def format_v1(lake, name):
    plain_types(lake, name, "1")


def appended_twice(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"), (2, None))
    people(table, (3, "Grace"))


def partitioned(*transforms, added=()):
    def make(lake, name):
        schema = Schema(
            NestedField(1, "id", LongType()),
            NestedField(2, "region", StringType()),
            NestedField(3, "at", TimestampType()),
        )
        fields = [PartitionField(source, 1000 + i, kind, f"p{i}") for i, (source, kind) in enumerate(transforms)]
        table = lake.create_table(name, schema, partition_spec=PartitionSpec(*fields))
        append_orders(table, 0)
        for column, kind in added:
            with table.update_spec() as update:
                update.add_field(column, kind)
            append_orders(table, 10)

    return make


def append_orders(table, base: int) -> None:
    moments = [dt.datetime(2026, 1, 1), dt.datetime(1969, 12, 31, 23), None, dt.datetime(2026, 1, 1, 5)]
    columns = {"id": [base + i for i in range(4)], "region": ["eu", "us/west 1", None, "eu"], "at": moments}
    table.append(pa.table(columns, schema=table.schema().as_arrow()))


def rows_deleted(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"), (2, "Bob"), (3, "Grace"))
    people(table, (4, "Bob"))
    table.delete(EqualTo("name", "Bob"))


def rows_overwritten(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"), (2, "Bob"), (3, "Grace"))
    changed = pa.table({"id": [3], "name": ["Hopper"]}, schema=table.schema().as_arrow())
    table.overwrite(changed, overwrite_filter=GreaterThan("id", 1))


def all_rows_deleted(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"))
    table.delete(EqualTo("id", 1))


def never_written(lake, name):
    lake.create_table(name, PERSON)


def pinned(lake, name):
    people(lake.create_table(name, PERSON), (1, "Ada"), (2, "Bob"))


def rolled_back(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"))
    kept = table.current_snapshot().snapshot_id
    people(table, (2, "Bob"))
    with table.manage_snapshots() as snapshots:
        snapshots.rollback_to_snapshot(kept)


def position_deletes(lake, name):
    table = lake.create_table(name, PERSON, properties={"format-version": "2"})
    people(table, *((row, f"person {row}") for row in range(5)))
    deletes.by_position(table, [1, 3])
    # Rows that come later are not the deletes' business, wherever they stand in their file.
    people(table.refresh(), (10, "later"), (11, "later"))


def equality_deletes(lake, name):
    table = lake.create_table(name, PERSON, properties={"format-version": "2"})
    people(table, (1, "Ada"), (2, "Bob"))
    deletes.by_equality(table, "id", [2])


def measures(lake, name):
    fields = [NestedField(1, "id", LongType()), NestedField(2, "n", DoubleType()), NestedField(3, "s", StringType())]
    table = lake.create_table(name, Schema(*fields))
    for columns in [[[1, 2], [1.5, 2.0], ["10", "9"]], [[3, 4], [float("nan"), 0.5], ["x", None]]]:
        table.append(pa.table(columns, schema=table.schema().as_arrow()))


def fractions(lake, name):
    table = lake.create_table(name, Schema(NestedField(1, "id", LongType()), NestedField(2, "n", DoubleType())))
    table.append(pa.table([[1, 2, 3], [1.5, 2.0, -1.5]], schema=table.schema().as_arrow()))


CASES = {
    "plain_types": plain_types,
    "format_v1": format_v1,
    "appended_twice": appended_twice,
    "partitioned_by_identity": partitioned((2, IdentityTransform())),
    "partitioned_by_bucket": partitioned((1, BucketTransform(3))),
    "partitioned_by_truncate": partitioned((2, TruncateTransform(2)), (1, TruncateTransform(2))),
    "partitioned_by_day": partitioned((3, DayTransform())),
    "partitioned_by_time": partitioned((3, HourTransform())),
    "partitioned_by_month_and_region": partitioned((3, MonthTransform()), (2, IdentityTransform())),
    "partition_added": partitioned((2, IdentityTransform()), added=[("at", YearTransform())]),
    "rows_deleted": rows_deleted,
    "rows_overwritten": rows_overwritten,
    "all_rows_deleted": all_rows_deleted,
    "never_written": never_written,
    "pinned": pinned,
    "rolled_back": rolled_back,
    "position_deletes": position_deletes,
    "equality_deletes": equality_deletes,
    "fractions": fractions,
    "measures": measures,
    "missing_file": pinned,
    "truncated_metadata": pinned,
}
