"""Failures, named after what the host does about them."""

from __future__ import annotations

from componentize_py_types import Err
from wit_world.imports import types as wit

_NAMES = {
    "transient": wit.Failure_Transient,
    "auth": wit.Failure_Auth,
    "forbidden": wit.Failure_Forbidden,
    "rejected": wit.Failure_Rejected,
    "unattributed": wit.Failure_Unattributed,
    "too_large": wit.Failure_TooLarge,
    "schema_changed": wit.Failure_SchemaChanged,
    "misconfigured": wit.Failure_Misconfigured,
    "fatal": wit.Failure_Fatal,
}


class CallFailure(Exception):
    """A failure of a call, or of one row.

    `kind` is one of transient, rate_limited, auth, forbidden, rejected, unattributed, too_large, schema_changed,
    misconfigured, fatal. `effect_unknown` says that the vendor may have acted.
    """

    def __init__(
        self,
        kind: str,
        code: str,
        message: str,
        *,
        http_status: int | None = None,
        field: str | None = None,
        retry_after_ms: int | None = None,
        scope: str | None = None,
        effect_unknown: bool = False,
    ) -> None:
        if kind != "rate_limited" and kind not in _NAMES:
            raise ValueError(f"no failure is called {kind!r}")
        super().__init__(f"{kind}: {code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.http_status = http_status
        self.field = field
        self.retry_after_ms = retry_after_ms
        self.scope = scope
        self.effect_unknown = effect_unknown

    @classmethod
    def rejected(cls, code: str, message: str, *, field: str | None = None) -> CallFailure:
        """This input can never succeed."""
        return cls("rejected", code, message, field=field)

    @classmethod
    def misconfigured(cls, code: str, message: str) -> CallFailure:
        """The connection's configuration is wrong."""
        return cls("misconfigured", code, message)

    @classmethod
    def schema_changed(cls, code: str, message: str) -> CallFailure:
        """An object or a field is not there."""
        return cls("schema_changed", code, message)

    @classmethod
    def unreadable(cls, message: str, *, effect_unknown: bool) -> CallFailure:
        """An answer that breaks the vendor's contract."""
        return cls("fatal", "unreadable_answer", message, effect_unknown=effect_unknown)

    def to_wit_failure(self) -> wit.Failure:
        """As the contract has it."""
        detail = wit.Detail(self.code, self.message, self.http_status, self.field)
        if self.kind == "rate_limited":
            return wit.Failure_RateLimited(wit.Throttle(self.retry_after_ms, self.scope, detail))
        return _NAMES[self.kind](detail)

    def to_wit(self) -> Err[wit.CallFailure]:
        """As the contract has it, to be raised at the border."""
        effect = wit.Effect.UNKNOWN if self.effect_unknown else wit.Effect.NONE
        return Err(wit.CallFailure(self.to_wit_failure(), effect))
