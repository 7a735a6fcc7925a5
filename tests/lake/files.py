"""Writes Parquet, CSV and NDJSON into OUT/files, and beside them the rows that pyarrow holds.

files.py OUT
"""

import csv
import datetime as dt
import decimal
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from encode import rows

INDIA = dt.timezone(dt.timedelta(hours=5, minutes=30))


def typed() -> pa.Table:
    words = pa.array(["eu", "us", "eu", None]).dictionary_encode()
    place = pa.struct([("city", pa.string()), ("tags", pa.list_(pa.string()))])
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999000)
    columns = {
        "id": pa.array([1, 2, 3, 4], pa.uint64()),
        "huge": pa.array([2**64 - 1, 2**53, 0, None], pa.uint64()),
        "tiny": pa.array([-128, 127, 0, None], pa.int8()),
        "region": words,
        "place": pa.array([{"city": "Åre", "tags": ["a", None]}, {"city": None, "tags": []}, None, {}], place),
        "attributes": pa.array([[("k", 1)], [], None, [("b", None), ("a", 2)]], pa.map_(pa.string(), pa.int32())),
        "sizes": pa.array([[1, 2], [None, 3], None, [4, 5]], pa.list_(pa.int16(), 2)),
        "text": pa.array(["👩‍👩‍👧", "", "a\nb", None], pa.large_string()),
        "ms": pa.array([moment, dt.datetime(2026, 1, 1), None, None], pa.timestamp("ms")),
        "zoned": pa.array([dt.datetime(2026, 1, 1, 5, 30, tzinfo=INDIA), None, None, None], pa.timestamp("us", "+05:30")),
        "day": pa.array([dt.date(1900, 2, 28), dt.date(9999, 12, 31), None, None], pa.date32()),
        "clock": pa.array([dt.time(23, 59, 59), None, dt.time(0, 0, 0, 1000), None], pa.time32("ms")),
        "half": pa.array([0.5, -0.0, None, float("nan")], pa.float32()),
        "money": pa.array([decimal.Decimal("-12.50"), decimal.Decimal("0.01"), None, None], pa.decimal128(12, 2)),
        "raw": pa.array([b"\x00\xff", b"", None, b"a"], pa.large_binary()),
        "nothing": pa.nulls(4),
    }
    return pa.table(columns)


def parquet(folder: pathlib.Path) -> dict:
    one = typed()
    pq.write_table(one, folder / "typed.parquet", version="2.6")
    pq.write_table(one, folder / "pages.parquet", data_page_version="2.0", use_dictionary=False, row_group_size=2)
    old = pa.table({"id": [1], "at": [dt.datetime(1969, 7, 20, 20, 17, 40)]})
    pq.write_table(old, folder / "int96.parquet", use_deprecated_int96_timestamps=True)
    mixed = folder / "mixed"
    mixed.mkdir()
    first = pa.table({"id": [1, 2], "name": ["Ada", "Bob"], "city": ["Åre", None]})
    second = pa.table({"city": ["Oslo"], "id": [3], "name": ["Grace"]})
    third = pa.table({"name": ["no city"], "id": [4]})
    for position, table in enumerate([first, second, third]):
        pq.write_table(table, mixed / f"part-{position}.parquet")
    (mixed / "_SUCCESS").write_text("")
    (folder / "other-kinds").mkdir()
    pq.write_table(first, folder / "other-kinds" / "a.parquet")
    (folder / "other-kinds" / "b.csv").write_text("id,name,city\n")
    merged = pa.concat_tables([first, second, third], promote_options="default")
    odd = folder / "odd names"
    odd.mkdir()
    for name in ["a b.parquet", "100%.parquet", "a%20b.parquet", "#1.parquet", "ü?.parquet", "[x].parquet"]:
        pq.write_table(pa.table({"name": [name]}), odd / name)
    for region in ["eu", "us"]:
        (folder / "hive" / f"region={region}").mkdir(parents=True)
        pq.write_table(pa.table({"id": [region]}), folder / "hive" / f"region={region}" / "part.parquet")
    (folder / "broken.parquet").write_bytes((folder / "typed.parquet").read_bytes()[:-100])
    late = (folder / "pages.parquet").read_bytes()
    # Only the first row group's data is damaged: the footer promises rows that cannot be read.
    (folder / "damaged.parquet").write_bytes(late[:4] + b"\xff" * 400 + late[404:])
    return {"typed": rows(one), "mixed": rows(merged), "odd": sorted(path.name for path in odd.iterdir())}


def text(folder: pathlib.Path) -> None:
    people = [["id", "name", "note"], [1, 'Ada "the first"', "a,b;c"], [2, "Zoë 👩", "two\nlines"], [3, "", ""]]
    for name, delimiter, lines in [("people", ",", people), ("semicolons", ";", people), ("no-header", ",", people[1:])]:
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(lines)
    (folder / "bom.csv").write_text("\ufeffid,name\n1,Ada\n", encoding="utf-8")
    (folder / "uneven.csv").write_text("id,name\n1,Ada\n2\n")
    (folder / "orders").mkdir()
    (folder / "orders" / "a.csv").write_text("first,last\nAda,Lovelace\n")
    (folder / "orders" / "b.csv").write_text("last,first\nHopper,Grace\n")
    objects = [{"id": 1, "name": "Ada", "tags": ["x"], "place": {"city": "Åre"}}, {"id": 2, "name": None}, {"id": 3}]
    lines = "".join(json.dumps(line) + "\n" for line in objects)
    (folder / "people.ndjson").write_text(lines)
    (folder / "lines").mkdir()
    (folder / "lines" / "a.jsonl").write_text('{"id": 1}\n')
    (folder / "lines" / "b.jsonl").write_text('{"id": 2, "name": "later"}\n')
    (folder / "broken.ndjson").write_text('{"id": 1}\n{"id": \n')


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1]).resolve()
    files = out / "files"
    files.mkdir()
    expected = parquet(files)
    text(files)
    (out / "files.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1, allow_nan=False))
