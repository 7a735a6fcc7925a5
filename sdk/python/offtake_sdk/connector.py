"""The one class that a connector implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from .batch import Batch, only_key, text
from .http import Http
from .report import Report
from .schema import Field, Limits, ObjectPage


@dataclass
class Context:
    """What a call is given: the connection's configuration, which holds no secret, and the way out."""

    config: dict[str, Any]
    connection_id: str
    http: Http


@dataclass
class Lookup:
    """What is to be read: `fields` of the records that the rows' match keys name."""

    object: str
    match_keys: list[str]
    fields: list[str]
    rows: list[dict[str, Any]]

    @property
    def match_key(self) -> str:
        """The one match key. Misconfigured, when there is none or are several."""
        return only_key(self.object, self.match_keys)

    def match_texts(self) -> list[str | None]:
        """The value of the match key of each row, as text."""
        return [text(row.get(self.match_key)) for row in self.rows]


class Connector(ABC):
    """A destination. Every call runs in a fresh instance: nothing is remembered between calls.

    A connector neither sleeps nor retries. It raises a `CallFailure` that names what happened, and the host decides.
    """

    @abstractmethod
    def check(self, cx: Context) -> dict[str, Any]:
        """Tries credential and reachability without changing anything; returns `account({...})`."""

    @abstractmethod
    def objects(self, cx: Context, cursor: str | None) -> ObjectPage:
        """The objects that can be written, page by page."""

    @abstractmethod
    def fields(self, cx: Context, object: str) -> list[Field]:
        """The fields of one object. Raises schema_changed when there is no such object."""

    @abstractmethod
    def limits(self, cx: Context, object: str, operation: str) -> Limits:
        """How many rows a call takes and how many requests the vendor allows."""

    @abstractmethod
    def write(self, cx: Context, batch: Batch) -> Report:
        """Writes the rows and answers for each."""

    def look_up(self, cx: Context, query: Lookup) -> list[dict[str, Any] | None] | None:
        """Reads the current values of fields, one record or None a row. None: this object cannot be read. It never writes."""
        return None
