"""The rows of a write: parsed once, with what the host knows about each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .failure import CallFailure

_CONTENT_TYPE = "application/x-ndjson;profile=offtake-v1"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()
"""What a row says about a field that it does not have: the vendor's value stays. `None` clears it."""


@dataclass
class Row:
    """One record to write."""

    index: int
    fields: dict[str, Any]
    """The fields that are present, `None` ones included."""
    match_text: str | None
    """The value of the first match key as text; none when it is absent, null, a list or an object."""
    idempotency_key: str
    remote_id: str | None

    def get(self, field: str) -> Any:
        """`ABSENT`, `None` or the value."""
        return self.fields.get(field, ABSENT)


@dataclass
class Batch:
    """Rows of one object that take one operation."""

    object: str
    operation: str
    """insert, update, upsert, delete, append, member-add or member-remove"""
    match_keys: list[str]
    id: str
    """The same for the same rows, also when they are sent again."""
    attempt: int
    rows: list[Row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def match_key(self) -> str:
        """The match key, for vendors that find a record by one field. Misconfigured, when there is none or are several."""
        return only_key(self.object, self.match_keys)


def only_key(object: str, match_keys: list[str]) -> str:
    """The one match key."""
    if len(match_keys) == 1:
        return match_keys[0]
    if not match_keys:
        raise CallFailure.misconfigured("match_key_missing", f"{object} needs a match key")
    named = ", ".join(match_keys)
    message = f"a record of {object} is found by one field, and `match` has {named}"
    raise CallFailure.misconfigured("match_keys_unsupported", message)


def text(value: Any) -> str | None:
    """A scalar as text, the way it stands in the row; none for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return None


def parse_rows(raw: bytes) -> list[dict[str, Any]]:
    """NDJSON as rows. The parser's own message may quote a row, and a failure must not carry row values into a log."""
    rows = []
    for index, line in enumerate(line for line in raw.split(b"\n") if line):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise CallFailure("fatal", "unreadable_batch", f"row {index} is not a JSON object")
        rows.append(row)
    return rows


def parse(batch: Any) -> Batch:
    """Reads what the host hands over."""
    if batch.content_type != _CONTENT_TYPE:
        raise CallFailure("fatal", "unreadable_batch", f"rows of type {batch.content_type!r} are not understood")
    rows = parse_rows(batch.rows)
    if len(rows) != len(batch.refs):
        raise CallFailure("fatal", "unreadable_batch", f"{len(rows)} rows came with {len(batch.refs)} references")
    first_key = batch.match_keys[0] if batch.match_keys else None
    parsed = [
        Row(index, fields, text(fields.get(first_key)), ref.idempotency_key, ref.remote_id)
        for index, (fields, ref) in enumerate(zip(rows, batch.refs, strict=True))
    ]
    operation = batch.op.name.lower().replace("_", "-")
    return Batch(batch.object, operation, list(batch.match_keys), batch.batch_id, batch.attempt, parsed)
