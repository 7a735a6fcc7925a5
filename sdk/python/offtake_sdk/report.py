"""The answer to a write: at most one outcome a row, and silence where nobody knows."""

from __future__ import annotations

from collections.abc import Callable

from wit_world.imports import types as wit

from . import log
from .batch import Batch, Row
from .failure import CallFailure

_KINDS = {kind.name.lower(): kind for kind in wit.OutcomeKind}
# Failures that are about the row itself: the next row may go on.
_OF_THE_ROW = ("rejected", "unattributed", "too_large")


class Report:
    """Collects what became of each row.

    The first answer to a row stands. A row that is never answered counts as unknown: the host sends it again with the same
    idempotency key.
    """

    def __init__(self, batch: Batch) -> None:
        self._answers: list[wit.RowResult | None] = [None] * len(batch)

    @classmethod
    def row_by_row(cls, batch: Batch, write_one: Callable[[Row], tuple[str, str | None]]) -> Report:
        """Calls `write_one` for each row in turn, for vendors that take one record a request. It returns what was done to the
        record (created, updated, unchanged, deleted, accepted) and the record's id, or raises a `CallFailure`."""
        report = cls(batch)
        for row in batch:
            try:
                kind, remote_id = write_one(row)
            except CallFailure as failure:
                if not report.fail_one(row, failure):
                    break
            else:
                report.done(row, kind, remote_id)
        return report

    def done(self, row: Row, kind: str, remote_id: str | None = None) -> None:
        """The vendor did it: created, updated, unchanged, deleted or accepted."""
        self._answer(row, wit.Outcome_Done(_KINDS[kind]), remote_id)

    def rejected(self, row: Row, code: str, message: str, *, field: str | None = None) -> None:
        """The vendor will never take this row."""
        self.failed(row, CallFailure.rejected(code, message, field=field))

    def failed(self, row: Row, failure: CallFailure) -> None:
        """The row failed, and the vendor did nothing with it."""
        self._answer(row, wit.Outcome_Failed(failure.to_wit_failure()), None)

    def fail_one(self, row: Row, failure: CallFailure) -> bool:
        """Settles a failure of the request that wrote one row, and says whether the next row may go on."""
        if failure.effect_unknown:
            # Nobody knows what became of it: silence has the host ask again.
            return False
        if failure.kind in _OF_THE_ROW:
            self.rejected(row, failure.code, failure.message, field=failure.field)
            return True
        self.failed(row, failure)
        return False

    def is_answered(self, row: Row) -> bool:
        """Whether the row has its answer."""
        return self._answers[row.index] is not None

    def results(self) -> list[wit.RowResult]:
        """As the contract has it."""
        return [answer for answer in self._answers if answer is not None]

    def _answer(self, row: Row, outcome: wit.Outcome, remote_id: str | None) -> None:
        if self._answers[row.index] is not None:
            log.warn(f"row {row.index} was answered twice; the first stands")
            return
        self._answers[row.index] = wit.RowResult(row.index, outcome, remote_id)
