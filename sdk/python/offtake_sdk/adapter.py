"""Carries the calls of the WIT to the connector's class and keeps the rules that every connector has in common."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from wit_world.exports import connector as wit
from wit_world.imports import types

from . import entropy, log
from .batch import parse, parse_rows
from .connector import Connector, Context, Lookup
from .failure import CallFailure
from .http import Http
from .schema import fields_json

T = TypeVar("T")


def export(connector: type[Connector]) -> type:
    """Makes the class that the component exports. Once in a component: `Connector = export(MyConnector)` in connector.py."""

    class Exported:
        def check(self, conn: types.Connection) -> str:
            return _call(conn, lambda cx: json.dumps(connector().check(cx)))

        def discover_objects(self, conn: types.Connection, cursor: str | None) -> wit.ObjectPage:
            def found(cx: Context) -> wit.ObjectPage:
                page = connector().objects(cx, cursor)
                return wit.ObjectPage(page.to_json(), page.next)

            return _call(conn, found)

        def discover_fields(self, conn: types.Connection, object: str) -> str:
            return _call(conn, lambda cx: fields_json(object, connector().fields(cx, object)))

        def limits_for(self, conn: types.Connection, object: str, op: types.Operation) -> wit.Limits:
            def found(cx: Context) -> wit.Limits:
                limits = connector().limits(cx, object, op.name.lower().replace("_", "-"))
                rates = [wit.Rate(requests, window_ms) for requests, window_ms in limits.rates]
                return wit.Limits(limits.rows, limits.bytes, limits.concurrency, rates)

            return _call(conn, found)

        def look_up(
            self, conn: types.Connection, object: str, match_keys: list[str], fields: list[str], rows: bytes
        ) -> bytes | None:
            return _call(conn, lambda cx: _look_up(connector(), cx, Lookup(object, match_keys, fields, parse_rows(rows))))

        def write(self, conn: types.Connection, batch: wit.Batch) -> list[types.RowResult]:
            return _call(conn, lambda cx: _write(connector(), cx, batch))

    return Exported


def _call(conn: types.Connection, enter: Callable[[Context], T]) -> T:
    entropy.reseed()
    try:
        try:
            config = json.loads(conn.config_json)
        except ValueError:
            raise CallFailure.misconfigured("config_invalid", "the configuration is not JSON") from None
        return enter(Context(config, conn.id, Http()))
    except CallFailure as failure:
        # Nothing can be halved outside of a write, which settles its own.
        if failure.kind == "unattributed" and not getattr(failure, "of_write", False):
            failure.kind = "rejected"
        raise failure.to_wit() from None
    except Exception as error:
        # The message stays out: it may quote a row. The place is enough to find the mistake.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} in {frame.name}, {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        log.error(f"the connector broke off: {place}")
        raise CallFailure("fatal", "exception", place, effect_unknown=True).to_wit() from None


def _look_up(connector: Connector, cx: Context, query: Lookup) -> bytes | None:
    found = connector.look_up(cx, query)
    if found is None:
        return None
    if len(found) != len(query.rows):
        raise CallFailure("fatal", "unreadable_answer", f"{len(found)} records were read for {len(query.rows)} rows")
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in found).encode()


def _write(connector: Connector, cx: Context, batch: Any) -> list[types.RowResult]:
    parsed = parse(batch)
    try:
        return connector.write(cx, parsed).results()
    except CallFailure as failure:
        # A refusal that names no row is about the only row there is.
        if failure.kind in ("unattributed", "rejected") and len(parsed) == 1:
            failure.kind = "rejected"
            return [types.RowResult(0, types.Outcome_Failed(failure.to_wit_failure()), None)]
        # The failing request may have done nothing while an earlier one did.
        failure.effect_unknown = failure.effect_unknown or cx.http.writes > 0
        failure.of_write = True
        raise
