"""From transport errors and HTTP statuses to the failures of the contract."""

from __future__ import annotations

import email.utils
import math
from typing import TYPE_CHECKING, Any

from wit_world.imports import http as wit

from . import clock
from .failure import CallFailure

if TYPE_CHECKING:
    from .http import Response, VendorError

# The host cuts messages at 1 KiB; a body is not carried further than that.
_MESSAGE_CHARS_MAX = 1024
_SENT_NOTHING = {"Error_Dns": "dns", "Error_Connect": "connect", "Error_Tls": "tls"}
_UNKNOWN = {"Error_Timeout": "timeout", "Error_Reset": "reset", "Error_Cancelled": "cancelled"}
_REFUSALS = {
    "DENIED_BY_POLICY": ("misconfigured", "the manifest does not declare this request, or the operator did not grant it"),
    "UNKNOWN_CREDENTIAL": ("misconfigured", "the connection has no credential for the slot that the request names"),
    "TOO_LARGE": ("too_large", "the request is too large"),
    "BUDGET_EXHAUSTED": ("too_large", "the call has used up the requests it may make"),
    "INVALID_REQUEST": ("fatal", "the connector made a request that is not valid HTTP"),
}


def of_transport(error: Any) -> CallFailure:
    """What an error of the way out means."""
    name = type(error).__name__
    words = getattr(error, "value", None)
    if isinstance(error, wit.Error_Refused):
        kind, message = _REFUSALS[error.value.name]
        return CallFailure(kind, error.value.name.lower(), message)
    if name in _SENT_NOTHING:
        return CallFailure("transient", _SENT_NOTHING[name], str(words))
    code = _UNKNOWN.get(name, "transport")
    message = words if isinstance(words, str) else "the vendor did not answer in time"
    return CallFailure("transient", code, message, effect_unknown=True)


def of_response(response: Response, vendor: VendorError) -> CallFailure:
    """What a status other than 2xx means, in the vendor's words where there are any."""
    status = response.status
    asked = vendor.retry_after_ms
    if asked is None:
        asked = retry_after_ms(response.header("retry-after"), clock.now_unix_ms())
    kind, effect_unknown = _kind(vendor.treat_as or status, asked)
    return CallFailure(
        kind,
        vendor.code or f"http_{status}",
        vendor.message or _words(response),
        http_status=status,
        field=vendor.field,
        retry_after_ms=asked if kind == "rate_limited" else None,
        scope=vendor.scope,
        effect_unknown=effect_unknown,
    )


def _kind(status: int, asked: int | None) -> tuple[str, bool]:
    known = {401: "auth", 403: "forbidden", 404: "schema_changed", 410: "schema_changed", 413: "too_large", 429: "rate_limited"}
    if status in known:
        return known[status], False
    # A gateway that got no good answer does not know what the vendor did, and its own hint is none of the vendor's.
    if status in (408, 502, 504):
        return "transient", True
    if 500 <= status <= 599:
        return ("transient" if asked is None else "rate_limited"), True
    if 400 <= status <= 499:
        return "unattributed", False
    # Redirects are followed by nobody.
    return "fatal", True


def retry_after_ms(value: str | None, now_unix_ms: int) -> int | None:
    """RFC 9110 section 10.2.3: seconds or a date. None where the header says neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
        return math.ceil(seconds * 1000) if math.isfinite(seconds) and seconds >= 0 else None
    except ValueError:
        pass
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max(0, round(at.timestamp() * 1000) - now_unix_ms)


def _words(response: Response) -> str:
    text = response.body.decode("utf-8", "replace").strip()
    return text[:_MESSAGE_CHARS_MAX] or f"the vendor answered with status {response.status}"
