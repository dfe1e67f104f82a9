"""A column of bytes that is stored packed: readers and writers see them as they were."""

from __future__ import annotations

from typing import Any

from django.db import models

from triage.packing import Packed, packed, unpacked


class PackedField(models.BinaryField):
    """The database itself packs several times slower and half as well. Not for lookups inside the bytes."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Packed):
            value = packed(bytes(value))
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else unpacked(bytes(value))
