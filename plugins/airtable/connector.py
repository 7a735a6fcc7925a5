"""Writes records to the tables of an Airtable base.

Sources: https://airtable.com/developers/web/api/update-multiple-records (upsert, ten records a request),
https://airtable.com/developers/web/api/create-records, https://airtable.com/developers/web/api/get-base-schema,
https://airtable.com/developers/web/api/get-user-id-scopes, https://airtable.com/developers/web/api/rate-limits and
https://airtable.com/developers/web/api/errors.
"""

from typing import Any

from offtake_sdk import Connector as Base
from offtake_sdk import Batch, CallFailure, Context, Field, Limits, Object, ObjectPage, Report, account, encode, export

import schema
from client import send

# "Updates up to 10 records, or upserts them", and creates as many.
RECORDS_MAX = 10
# "The API is limited to 5 requests per second per base." The 50 a second of all of a user's tokens hold as well.
RATES = [(5, 1000)]
OPERATIONS = ["insert", "upsert"]


class Airtable(Base):
    """An object is a table, by its id."""

    def check(self, cx: Context) -> dict[str, Any]:
        me = send(cx, "GET", "/v0/meta/whoami").json()
        return account({"User": me.get("id", "unknown"), "Tables": len(schema.tables(cx))})

    def objects(self, cx: Context, cursor: str | None) -> ObjectPage:
        found = schema.tables(cx)
        return ObjectPage([Object(table["id"], table["name"], OPERATIONS, schema.keys(table)) for table in found])

    def fields(self, cx: Context, object: str) -> list[Field]:
        return [schema.field(found) for found in schema.table(cx, object)["fields"]]

    def limits(self, cx: Context, object: str, operation: str) -> Limits:
        if operation not in OPERATIONS:
            raise CallFailure.misconfigured("operation_unsupported", f"a table cannot take {operation!r}")
        return Limits(rows=RECORDS_MAX, rates=RATES)

    def write(self, cx: Context, batch: Batch) -> Report:
        report = Report(batch)
        if not batch.rows:
            return report
        if len(batch) > RECORDS_MAX:
            message = f"Airtable takes {RECORDS_MAX} records a request, and there are {len(batch)}"
            raise CallFailure("too_large", "too_many_records", message)
        body: dict[str, Any] = {
            "records": [{"fields": row.fields} for row in batch],
            "typecast": bool(cx.config.get("typecast", False)),
        }
        path = f"/v0/{encode(cx.config['base'])}/{encode(batch.object)}"
        if batch.operation == "insert":
            answer = send(cx, "POST", path, json=body).json()
        elif batch.operation == "upsert":
            body["performUpsert"] = {"fieldsToMergeOn": [batch.match_key]}
            answer = send(cx, "PATCH", path, json=body).json()
        else:
            raise CallFailure.misconfigured("operation_unsupported", f"a table cannot take {batch.operation!r}")
        _settle(batch, answer, report)
        return report


def _settle(batch: Batch, answer: Any, report: Report) -> None:
    """A request is done whole or not at all, so each row is done; which record is whose is told by the order alone where
    there are as many records as rows."""
    records = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(records, list) or len(records) != len(batch):
        raise CallFailure.unreadable("the answer does not have a record for each row", effect_unknown=True)
    created = set(answer.get("createdRecords", []))
    for row, record in zip(batch, records, strict=True):
        new = batch.operation == "insert" or record.get("id") in created
        report.done(row, "created" if new else "updated", record.get("id"))


Connector = export(Airtable)
