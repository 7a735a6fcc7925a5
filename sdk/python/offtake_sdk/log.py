"""Log lines. The host budgets them, and a line must never hold a row's values."""

import json
from typing import Any

from wit_world.imports import log as _host


def debug(message: str, **fields: Any) -> None:
    """Writes a line at level `debug`; the fields are a flat object."""
    _emit(_host.Level.DEBUG, message, fields)


def info(message: str, **fields: Any) -> None:
    """Writes a line at level `info`."""
    _emit(_host.Level.INFO, message, fields)


def warn(message: str, **fields: Any) -> None:
    """Writes a line at level `warn`."""
    _emit(_host.Level.WARN, message, fields)


def error(message: str, **fields: Any) -> None:
    """Writes a line at level `error`."""
    _emit(_host.Level.ERROR, message, fields)


def _emit(level: _host.Level, message: str, fields: dict[str, Any]) -> None:
    _host.emit(level, message, json.dumps(fields) if fields else None)
