"""The way out: requests that name an endpoint and a credential slot, and answers that are failures where they fail."""

from __future__ import annotations

import json as _json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from componentize_py_types import Err, Ok
from wit_world.imports import http as wit

from . import status as _status
from .failure import CallFailure


def encode(text: str) -> str:
    """Percent-encodes text for one path segment or one query value."""
    return quote(text, safe="")


@dataclass
class VendorError:
    """What a connector could read in the vendor's error body. What is left out is filled in from the status."""

    code: str | None = None
    message: str | None = None
    field: str | None = None
    scope: str | None = None
    retry_after_ms: int | None = None
    treat_as: int | None = None
    """The status to go by, where the vendor's own does not say what it means (403 for a quota: 429)."""


@dataclass
class Response:
    """What the vendor answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    read_only: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def json(self) -> Any:
        """Reads the body as JSON. Fatal, when it is not."""
        try:
            return _json.loads(self.body)
        except ValueError as error:
            # The parser's words may quote the body.
            kind = type(error).__name__
            message = f"the answer is not the JSON expected ({kind})"
            raise CallFailure.unreadable(message, effect_unknown=not self.read_only) from None


Explain = Callable[[Response], VendorError]


@dataclass
class Request:
    """A request that is not sent yet. `path` begins with `/` and may hold a query."""

    method: str
    path: str
    endpoint: str = "api"
    auth: str | None = None
    """The slot whose credential the host puts where the manifest says."""
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] | None = None
    idempotency_key: str | None = None
    timeout_ms: int | None = None
    max_response_bytes: int | None = None
    read_only: bool | None = None
    """Says that it changes nothing at the vendor, as a search by POST does. GET and HEAD need no saying."""
    link: bool = False
    """The path is a whole URL that the vendor returned. It passes the same policy."""

    def to_wit(self) -> wit.Request:
        """As the contract has it."""
        headers = [(name, value) for name, value in (self.headers or {}).items()]
        body = self.body
        if self.json is not None:
            # Plain UTF-8, and nothing that JSON does not know.
            body = _json.dumps(self.json, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
            headers.append(("content-type", "application/json"))
        target = wit.Target_Absolute(self.path) if self.link else wit.Target_Endpoint((self.endpoint, self.path))
        return wit.Request(
            self.method, target, headers, body, self.auth, self.timeout_ms, self.idempotency_key, self.max_response_bytes
        )

    def only_reads(self) -> bool:
        """Whether it changes nothing at the vendor."""
        return self.method in ("GET", "HEAD") if self.read_only is None else self.read_only


class Http:
    """Sends requests for one call."""

    def __init__(self) -> None:
        self.writes = 0
        """Requests after which the vendor may hold something that it did not hold before."""

    def send(self, request: Request, explain: Explain | None = None) -> Response:
        """Sends a request. An answer other than 2xx raises a `CallFailure`, in the words that `explain` finds."""
        try:
            raw = wit.send(request.to_wit())
        except Err as error:
            raise self._failed(request, _status.of_transport(error.value)) from None
        return self._settle(request, raw, explain)

    def send_all(
        self, requests: list[Request], max_in_flight: int, explain: Explain | None = None
    ) -> list[Response | CallFailure]:
        """Sends requests side by side. Answers and failures come in the order of the requests."""
        answers: list[Response | CallFailure] = []
        outcomes = wit.send_all([request.to_wit() for request in requests], max_in_flight)
        for request, outcome in zip(requests, outcomes, strict=True):
            try:
                if isinstance(outcome, Ok):
                    answers.append(self._settle(request, outcome.value, explain))
                else:
                    answers.append(self._failed(request, _status.of_transport(outcome.value)))
            except CallFailure as failure:
                answers.append(failure)
        return answers

    def _settle(self, request: Request, raw: wit.Response, explain: Explain | None) -> Response:
        response = Response(raw.status, list(raw.headers), bytes(raw.body), request.only_reads())
        if 200 <= response.status <= 299:
            if not request.only_reads():
                self.writes += 1
            return response
        vendor = explain(response) if explain else VendorError()
        raise self._failed(request, _status.of_response(response, vendor))

    def _failed(self, request: Request, failure: CallFailure) -> CallFailure:
        if request.only_reads():
            failure.effect_unknown = False
        return failure
