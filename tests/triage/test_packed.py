"""A frozen differential is stored packed, and read as it was said."""

from __future__ import annotations

import pytest
from django.db import connection

from triage.models import Assessment
from triage.models.packed import PackedField
from triage.packing import MAGIC, Packed, packed, unpacked

SAID = b'{"hypotheses":[' + b'{"condition":"tarsal_tunnel"},' * 1000 + b"]}"


@pytest.mark.parametrize("data", [b"", b"{}", SAID, bytes(range(256))])
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    assert unpacked(packed(data)) == data
    assert packed(data).startswith(MAGIC)


def test_much_that_repeats_takes_little_room() -> None:
    assert len(packed(SAID)) < len(SAID) / 20


def test_what_was_stored_unpacked_is_read() -> None:
    assert unpacked(SAID) == SAID
    assert unpacked(b"") == b""


def test_the_field_packs_once() -> None:
    field = Assessment._meta.get_field("output")
    assert isinstance(field, PackedField)
    once = field.get_db_prep_save(SAID, connection)
    again = field.get_db_prep_save(Packed(bytes(packed(SAID))), connection)
    assert bytes(once.obj) == bytes(again.obj) == packed(SAID)
    assert field.from_db_value(memoryview(packed(SAID)), None, connection) == SAID
    assert field.from_db_value(None, None, connection) is None
