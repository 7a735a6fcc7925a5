"""Tables whose schema changed after rows were written: files are read by field id, never by name or position."""

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, FloatType, IntegerType, LongType, NestedField, StringType, StructType
from written import PERSON, people


def then(change, *later, of=PERSON):
    """Writes Ada and Bob, changes the schema, then writes what comes later."""

    def make(lake, name):
        table = lake.create_table(name, of)
        columns = [[1, 2], ["Ada", "Bob"]]
        table.append(pa.table(columns, schema=table.schema().as_arrow()))
        with table.update_schema(allow_incompatible_changes=True) as update:
            change(update)
        if later:
            table.append(pa.Table.from_pylist(list(later), schema=table.schema().as_arrow()))

    return make


def add_city(update):
    update.add_column("city", StringType())


def rename(update):
    update.rename_column("name", "full_name")


def drop(update):
    update.delete_column("name")


def reorder(update):
    update.move_first("name")


def dropped_and_added_again(lake, name):
    table = lake.create_table(name, PERSON)
    people(table, (1, "Ada"), (2, "Bob"))
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("name")
    with table.update_schema() as update:
        update.add_column("name", StringType())
    people(table, (3, "Grace"))
    assert table.scan(row_filter="id < 3").to_arrow()["name"].to_pylist() == [None, None]


def names_swapped(lake, name):
    schema = Schema(
        NestedField(1, "id", LongType()), NestedField(2, "first", StringType()), NestedField(3, "last", StringType())
    )
    table = lake.create_table(name, schema)
    table.append(pa.table([[1], ["Ada"], ["Lovelace"]], schema=table.schema().as_arrow()))
    for old, new in [("first", "between"), ("last", "first"), ("between", "last")]:
        with table.update_schema() as update:
            update.rename_column(old, new)
    table.append(pa.Table.from_pylist([{"id": 2, "first": "Hopper", "last": "Grace"}], schema=table.schema().as_arrow()))
    assert table.scan(row_filter="id == 1").to_arrow().to_pylist() == [{"id": 1, "last": "Ada", "first": "Lovelace"}]


def widened(before, after, small, large):
    def make(lake, name):
        table = lake.create_table(name, Schema(NestedField(1, "id", LongType()), NestedField(2, "n", before)))
        table.append(pa.table([[1, 2], [small, None]], schema=table.schema().as_arrow()))
        with table.update_schema() as update:
            update.update_column("n", field_type=after)
        table.append(pa.table([[3], [large]], schema=table.schema().as_arrow()))

    return make


def place_changed(change, *later):
    """A struct whose fields change: they have ids of their own, and a reader that goes by position mixes them up."""
    fields = [NestedField(3, "city", StringType()), NestedField(4, "zip", StringType()), NestedField(5, "n", IntegerType())]
    of = Schema(NestedField(1, "id", LongType()), NestedField(2, "place", StructType(*fields)))

    def make(lake, name):
        table = lake.create_table(name, of)
        rows = [{"id": 1, "place": {"city": "Åre", "zip": "830", "n": 7}}, {"id": 2, "place": None}]
        table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
        with table.update_schema(allow_incompatible_changes=True) as update:
            change(update)
        if later:
            table.append(pa.Table.from_pylist([{"id": 3, "place": later[0]}], schema=table.schema().as_arrow()))

    return make


def replace_field(update):
    update.delete_column("place.zip")
    update.add_column(("place", "country"), StringType())


def drop_field(update):
    update.delete_column("place.zip")


def rename_field(update):
    update.rename_column("place.city", "town")


def widen_field(update):
    update.update_column("place.n", field_type=LongType())


def reorder_fields(update):
    update.move_before("place.zip", "place.city")


CASES = {
    "column_added": then(add_city, {"id": 3, "name": "Grace", "city": "Arlington"}),
    "column_added_without_data": then(add_city),
    "column_renamed": then(rename, {"id": 3, "full_name": "Grace"}),
    "column_renamed_without_data": then(rename),
    "column_dropped": then(drop, {"id": 3}),
    "column_dropped_without_data": then(drop),
    "columns_reordered": then(reorder, {"id": 3, "name": "Grace"}),
    "columns_reordered_without_data": then(reorder),
    "dropped_and_added_again": dropped_and_added_again,
    "names_swapped": names_swapped,
    "int_widened": widened(IntegerType(), LongType(), -(2**31), 2**40),
    "float_widened": widened(FloatType(), DoubleType(), 0.1, 1e300),
    "struct_field_added": place_changed(lambda update: update.add_column(("place", "country"), StringType())),
    "struct_field_dropped": place_changed(drop_field, {"city": "Oslo", "n": 1}),
    "struct_field_replaced": place_changed(replace_field, {"city": "Oslo", "n": 1, "country": "NO"}),
    "struct_field_renamed": place_changed(rename_field, {"town": "Oslo", "zip": "1", "n": 1}),
    "struct_field_widened": place_changed(widen_field, {"city": "Oslo", "zip": "1", "n": 2**40}),
    "struct_fields_reordered": place_changed(reorder_fields, {"zip": "1", "city": "Oslo", "n": 1}),
}
