"""The account, objects and fields that a connector discovers, and what one call takes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

_TYPES = ("string", "number", "integer", "boolean", "date", "datetime", "enumeration", "json")


def account(facts: dict[str, Any]) -> dict[str, Any]:
    """What people see of the account: label to value."""
    named = [{"label": label, "value": str(value)} for label, value in facts.items()]
    return {"schema": "offtake.account/1", "facts": named}


@dataclass
class Object:
    """A kind of record at the vendor."""

    id: str
    label: str
    operations: list[str]
    match_keys: list[str] = field(default_factory=list)


@dataclass
class ObjectPage:
    """A page of objects, and the cursor of the next one."""

    objects: list[Object]
    next: str | None = None

    def to_json(self) -> str:
        """Schema `offtake.objects/1`."""
        return json.dumps({"schema": "offtake.objects/1", "objects": [asdict(one) for one in self.objects]})


@dataclass
class Choice:
    """A value of an enumeration."""

    value: str
    label: str


@dataclass
class Field:
    """A field of an object. `type` is string, number, integer, boolean, date, datetime, enumeration or json."""

    name: str
    type: str
    label: str = ""
    required: bool = False
    read_only: bool = False
    unique: bool = False
    multiple: bool = False
    max_length: int | None = None
    options: list[Choice] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.type not in _TYPES:
            raise ValueError(f"no field is of type {self.type!r}")
        self.label = self.label or self.name


def fields_json(object: str, fields: list[Field]) -> str:
    """Schema `offtake.fields/1`."""
    return json.dumps({"schema": "offtake.fields/1", "object": object, "fields": [asdict(one) for one in fields]})


@dataclass
class Limits:
    """What the vendor takes in one call, and how many requests it allows: pairs of requests and milliseconds."""

    rows: int
    bytes: int = 1 << 20
    concurrency: int = 1
    rates: list[tuple[int, int]] = field(default_factory=list)
