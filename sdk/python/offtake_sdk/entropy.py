"""Fresh randomness from the host. Never mint an idempotency key from it: the host has minted one for every row.

The interpreter was snapshotted when the component was built. Without `reseed`, the generator of the `random` module would
give the same numbers in every call of every connection.
"""

import random

from wit_world.imports import entropy as _host

_SEED_BYTES = 32


def bytes(length: int) -> bytes:
    """So many random bytes, 255 at most."""
    return _host.bytes(length)


def hex(length: int) -> str:
    """So many random bytes as lowercase hexadecimal digits."""
    return _host.bytes(length).hex()


def reseed() -> None:
    """Seeds the `random` module anew. The SDK does so at the beginning of every call."""
    random.seed(_host.bytes(_SEED_BYTES))
