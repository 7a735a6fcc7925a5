"""Tables and fields of a base: https://airtable.com/developers/web/api/model/table-model and .../field-model."""

from typing import Any

from offtake_sdk import CallFailure, Choice, Context, Field, encode

from client import send

# Field types that Airtable computes, so that nobody can write them.
COMPUTED = {
    "formula", "rollup", "count", "lookup", "multipleLookupValues", "createdTime", "lastModifiedTime", "createdBy",
    "lastModifiedBy", "autoNumber", "button", "externalSyncSource", "aiText",
}
KINDS = {
    "number": "number", "percent": "number", "currency": "number", "rating": "integer", "duration": "number",
    "checkbox": "boolean", "date": "date", "dateTime": "datetime", "singleSelect": "enumeration",
    "multipleSelects": "enumeration", "multipleRecordLinks": "json", "multipleAttachments": "json",
    "singleCollaborator": "json", "multipleCollaborators": "json", "barcode": "json",
}
# Fields that may find a record: their values are what the row says, letter by letter.
KEYS = {"singleLineText", "email", "url", "phoneNumber", "number"}


def tables(cx: Context) -> list[dict[str, Any]]:
    """All tables of the base."""
    base = cx.config["base"]
    answer = send(cx, "GET", f"/v0/meta/bases/{encode(base)}/tables").json()
    found = answer.get("tables") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise CallFailure.unreadable("the answer names no tables", effect_unknown=False)
    return found


def table(cx: Context, object: str) -> dict[str, Any]:
    """The table of this id."""
    for found in tables(cx):
        if found["id"] == object:
            return found
    raise CallFailure.schema_changed("unknown_table", f"the base has no table {object!r}")


def keys(table: dict[str, Any]) -> list[str]:
    """Fields by which a record may be found."""
    return [field["name"] for field in table["fields"] if field["type"] in KEYS]


def field(found: dict[str, Any]) -> Field:
    """A field as the contract has it; rows name it by its name."""
    kind = found["type"]
    options = (found.get("options") or {}).get("choices", [])
    return Field(
        found["name"],
        KINDS.get(kind, "string"),
        read_only=kind in COMPUTED,
        multiple=kind == "multipleSelects",
        options=[Choice(option["name"], option["name"]) for option in options] if kind.endswith(("Select", "Selects")) else [],
    )
