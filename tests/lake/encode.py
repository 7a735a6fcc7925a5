"""Arrow values as the connector contract writes them (docs/spec/connector.md), independently of Offtake's code."""

import base64
import datetime
import math
import uuid

import pyarrow as pa

SAFE_INTEGER_MAX = 2**53


def rows(table: pa.Table) -> list[dict]:
    columns = [[value(item, field.type) for item in table.column(i).to_pylist()] for i, field in enumerate(table.schema)]
    return [dict(zip(table.schema.names, row)) for row in zip(*columns)] if columns else []


def value(item, kind: pa.DataType):
    if item is None:
        return None
    if pa.types.is_dictionary(kind):
        return value(item, kind.value_type)
    if pa.types.is_decimal(kind):
        return format(item, f".{kind.scale}f")
    if pa.types.is_struct(kind):
        return {field.name: value(item[field.name], field.type) for field in kind}
    if pa.types.is_map(kind):
        return {key(k, kind.key_type): value(v, kind.item_type) for k, v in item}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [value(element, kind.value_type) for element in item]
    return plain(item)


def plain(item):
    if isinstance(item, bool | str):
        return item
    if isinstance(item, int):
        return item if abs(item) <= SAFE_INTEGER_MAX else str(item)
    if isinstance(item, float):
        if math.isfinite(item):
            return item
        return "NaN" if math.isnan(item) else ("Infinity" if item > 0 else "-Infinity")
    if isinstance(item, uuid.UUID):
        return base64.b64encode(item.bytes).decode()
    if isinstance(item, bytes):
        return base64.b64encode(item).decode()
    if isinstance(item, datetime.datetime):
        utc = item.replace(tzinfo=None) if item.tzinfo is None else item.astimezone(datetime.UTC).replace(tzinfo=None)
        return without_zeros(utc.isoformat()) + "Z"
    if isinstance(item, datetime.time):
        return without_zeros(item.isoformat())
    if isinstance(item, datetime.date):
        return item.isoformat()
    raise TypeError(type(item))


def key(item, kind: pa.DataType) -> str:
    encoded = value(item, kind)
    return encoded if isinstance(encoded, str) else str(encoded)


def without_zeros(text: str) -> str:
    return text.rstrip("0") if "." in text else text
