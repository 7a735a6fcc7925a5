"""Requests to Airtable, and its error bodies."""

from typing import Any

from offtake_sdk import CallFailure, Context, Request, Response, VendorError

# "You will need to wait 30 seconds before subsequent requests will succeed." No header says so.
WAIT_AFTER_429_MS = 30_000
# What the field `type` of an error says where the status alone would mean something else.
TREATED_AS = {
    # The table or a field is not there, or the token may not see it: Airtable does not tell these apart.
    "UNKNOWN_FIELD_NAME": 404,
    "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND": 403,
}


def send(cx: Context, method: str, path: str, **more: Any) -> Response:
    """Sends a request with the token."""
    return cx.http.send(Request(method, path, auth="token", **more), explain=explain)


def explain(response: Response) -> VendorError:
    """Reads `{"error": {"type": …, "message": …}}` and `{"error": "NOT_FOUND"}`."""
    wait = None
    if response.status == 429 and response.header("retry-after") is None:
        wait = WAIT_AFTER_429_MS
    try:
        body = response.json()
    except CallFailure:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return VendorError(code=error.lower(), retry_after_ms=wait, treat_as=TREATED_AS.get(error))
    if not isinstance(error, dict):
        return VendorError(retry_after_ms=wait)
    kind = str(error.get("type", ""))
    return VendorError(
        code=kind.lower() or None, message=error.get("message"), retry_after_ms=wait, treat_as=TREATED_AS.get(kind)
    )
