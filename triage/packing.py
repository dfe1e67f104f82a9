"""Bytes that repeat themselves, packed for storage: a differential is mostly the same words."""

from __future__ import annotations

import zlib

LEVEL = 1  # to a twentieth in a millisecond
MAGIC = b"x\x01"  # how zlib begins at this level; JSON never does


class Packed(bytes):
    """Packed already, such as in another process."""


def packed(data: bytes) -> Packed:
    return Packed(zlib.compress(data, LEVEL))


def unpacked(stored: bytes) -> bytes:
    """What was stored before there was packing comes back as it is."""
    return zlib.decompress(stored) if stored.startswith(MAGIC) else stored
