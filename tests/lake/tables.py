"""Writes Iceberg tables with pyiceberg, and beside them the rows that pyiceberg reads back.

tables.py OUT            writes every table and OUT/cases.json
tables.py OUT append     appends a row to the table `pinned`
"""

import json
import pathlib
import shutil
import sys

import evolved
import pyarrow as pa
import written
from encode import rows
from pyiceberg.catalog.sql import SqlCatalog

# No oracle: pyiceberg refuses these or would fail on them, and so must Offtake.
UNREADABLE = {"equality_deletes", "missing_file", "truncated_metadata"}


def catalog(out: pathlib.Path, name: str, warehouse: str) -> SqlCatalog:
    return SqlCatalog(name, uri=f"sqlite:///{out}/{name}.db", warehouse=warehouse)


def local(location: str) -> str:
    return location.removeprefix("file://")


def spoil(name: str, table) -> None:
    if name == "missing_file":
        for task in table.scan().plan_files():
            pathlib.Path(local(task.file.file_path)).unlink()
    if name == "truncated_metadata":
        metadata = pathlib.Path(local(table.metadata_location))
        text = metadata.read_text()
        metadata.write_text(text[: len(text) // 2])


def write(out: pathlib.Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    (out / "warehouse").mkdir(parents=True)
    cases = []
    # Locations are written as addresses by most tools and as plain paths by some.
    for catalog_name, warehouse in [("lake", f"file://{out}/warehouse"), ("bare", f"{out}/bare")]:
        lake = catalog(out, catalog_name, warehouse)
        lake.create_namespace("golden")
        for name, make in {**written.CASES, **evolved.CASES}.items():
            if catalog_name == "bare" and name != "plain_types":
                continue
            make(lake, f"golden.{name}")
            table = lake.load_table(f"golden.{name}")
            case = {
                "name": name if catalog_name == "lake" else f"{name}_{catalog_name}",
                "sql": f"{catalog_name}.golden.{name}",
                "folder": local(table.location()),
                "metadata": local(table.metadata_location),
                "snapshot": table.metadata.current_snapshot_id,
            }
            if name not in UNREADABLE:
                read = table.scan().to_arrow()
                case |= {"columns": read.schema.names, "rows": rows(read)}
            spoil(name, table)
            cases.append(case)
    (out / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1, allow_nan=False))


def append(out: pathlib.Path) -> None:
    table = catalog(out, "lake", f"file://{out}/warehouse").load_table("golden.pinned")
    table.append(pa.table({"id": [99], "name": ["late"]}, schema=table.schema().as_arrow()))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]).resolve()
    append(folder) if sys.argv[2:] == ["append"] else write(folder)
