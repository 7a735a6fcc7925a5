"""The host's clock. A connector may look at it and must not wait for it."""

from wit_world.imports import clock as _host


def now_unix_ms() -> int:
    """Milliseconds since 1970 in UTC."""
    return _host.now_unix_ms()


def deadline_unix_ms() -> int:
    """When the host ends the running call, in milliseconds since 1970."""
    return _host.deadline_unix_ms()
