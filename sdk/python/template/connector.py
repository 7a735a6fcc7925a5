"""Writes people to the API of Example: a whole connector, to be changed into yours."""

from typing import Any

from offtake_sdk import (
    Batch, CallFailure, Connector as Base, Context, Field, Limits, Object, ObjectPage, Report, Request, Response, Row,
    VendorError, account, encode, export,
)


class Destination(Base):
    """It answers five questions and never sleeps, retries or sees a secret."""

    def check(self, cx: Context) -> dict[str, Any]:
        me = _send(cx, "GET", "/me").json()
        return account({"Account": me.get("name", "unnamed")})

    def objects(self, cx: Context, cursor: str | None) -> ObjectPage:
        return ObjectPage([Object("people", "People", ["insert", "upsert", "delete"], ["email"])])

    def fields(self, cx: Context, object: str) -> list[Field]:
        if object != "people":
            raise CallFailure.schema_changed("unknown_object", f"there is no object {object!r}")
        return [
            Field("email", "string", label="Email", required=True, unique=True),
            Field("name", "string", label="Name"),
            Field("age", "integer", label="Age"),
        ]

    def limits(self, cx: Context, object: str, operation: str) -> Limits:
        return Limits(rows=50, concurrency=2, rates=[(600, 60_000)])

    def write(self, cx: Context, batch: Batch) -> Report:
        # The row's own fault is rejected and the next one goes on. Anything else ends the call, and the host decides.
        return Report.row_by_row(batch, lambda row: _write_one(cx, batch.operation, row))


def _write_one(cx: Context, operation: str, row: Row) -> tuple[str, str | None]:
    if not row.match_text:
        raise CallFailure.rejected("no_email", "email is empty", field="email")
    person = f"/people/{encode(row.match_text)}"
    # The key is the same when the row goes again, so a vendor that knows it does nothing twice.
    key = row.idempotency_key
    if operation == "delete":
        _send(cx, "DELETE", person, idempotency_key=key)
        return "deleted", None
    if operation == "insert":
        response = _send(cx, "POST", "/people", json=row.fields, idempotency_key=key)
    else:
        response = _send(cx, "PUT", person, json=row.fields, idempotency_key=key)
    return ("created" if response.status == 201 else "updated"), response.json().get("id")


def _send(cx: Context, method: str, path: str, **more: Any) -> Response:
    workspace = encode(cx.config.get("workspace", "main"))
    return cx.http.send(Request(method, f"/v1/{workspace}{path}", auth="token", **more), explain=_explain)


def _explain(response: Response) -> VendorError:
    """Reads `{"code": …, "message": …, "field": …}`; what is missing is filled in from the status."""
    try:
        body = response.json()
    except CallFailure:
        return VendorError()
    if not isinstance(body, dict):
        return VendorError()
    return VendorError(code=body.get("code"), message=body.get("message"), field=body.get("field"))


Connector = export(Destination)
