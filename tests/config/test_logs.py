import logging
import sys

import pytest

from config.logs import LineFormatter


def formatted(*, show_messages: bool) -> str:
    try:
        raise LookupError("Key (family_name)=(Canary) already exists")
    except LookupError:
        record = logging.LogRecord("tinel", logging.ERROR, __file__, 1, "save failed", None, sys.exc_info())
    return LineFormatter(show_messages=show_messages).format(record)


def test_production_log_names_the_place_and_kind_of_a_failure_but_no_value():
    line = formatted(show_messages=False)
    assert "LookupError" in line
    assert "test_logs.py" in line
    assert "Canary" not in line


def test_development_log_shows_the_message():
    assert "Canary" in formatted(show_messages=True)


@pytest.mark.parametrize("show", [True, False])
def test_times_are_utc(show):
    assert formatted(show_messages=show).split(" ")[0].endswith("Z")
