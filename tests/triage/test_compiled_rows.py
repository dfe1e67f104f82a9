"""Rows that are compiled once read as the template engine would have rendered them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.template import Context, Engine
from django.utils.safestring import mark_safe

SOURCE = (
    '<li{% if row.open %} class="open"{% elif row.count %} class="some"{% else %} class="none"{% endif %}>'
    "{{ row.name }} {{ row.count }} {{ title }} {{ row.inner.name }}{{ row.nothing }}{{ row.call }}"
    "{% if row.missing %}!{% endif %}{% if row.count > 1 and row.name %}many{% endif %}{{ row.name|upper }}"
    "{% if row.inner %}{% for letter in row.inner.name %}{{ letter }}.{% endfor %}{% endif %}"
    '{% include "inner.html" with word=row.name %}</li>'
)
TEMPLATES = {
    "row.html": SOURCE,
    "inner.html": "<i>{{ word }}{{ row.count }}</i>",
    "loop.html": '{% for row in rows %}{% include "row.html" %}{% endfor %}',
    "compiled.html": '{% load compiled_rows %}{% rows rows "row.html" %}',
    "between.html": '{% load compiled_rows %}{% rows rows "inner.html" ", " %}{{ row.name }}',
}


@dataclass(frozen=True)
class Inner:
    name: str


@dataclass(frozen=True)
class Row:
    name: Any
    count: Any = 0
    open: bool = False
    inner: Inner | None = None
    nothing: None = None

    def call(self) -> str:
        return "<called>"


ROWS = (
    Row("a <b> & 'c' \"d\""),
    Row(mark_safe("<b>safe</b>"), 12, True, Inner("x<y")),
    Row("", 1234567, inner=Inner("")),
    Row(None, 1.5),
    Row("Lefèvre – ◇", -3, False, Inner("ü")),
    {"name": "<dict>", "count": 2, "items": "i", "inner": {"name": "<n>"}},
)


@pytest.fixture
def engine() -> Engine:
    loader = ("django.template.loaders.locmem.Loader", TEMPLATES)
    return Engine(loaders=[loader], libraries={"compiled_rows": "triage.templatetags.compiled_rows"})


@pytest.mark.parametrize("autoescape", [True, False])
def test_the_bytes_are_those_of_a_loop_around_include(engine: Engine, autoescape: bool) -> None:
    for _ in range(2):
        loop, compiled = (
            engine.get_template(name).render(
                Context({"rows": ROWS, "title": "<title>"}, autoescape=autoescape)
            )
            for name in ("loop.html", "compiled.html")
        )
        assert compiled == loop
    assert ("&lt;b&gt;" in compiled) is autoescape


def test_nothing_is_rendered_without_rows(engine: Engine) -> None:
    for rows in ((), None):
        assert engine.get_template("compiled.html").render(Context({"rows": rows})) == ""
    assert engine.get_template("compiled.html").render(Context({})) == ""


def test_what_stands_between_and_no_row_afterwards(engine: Engine) -> None:
    context = Context({"rows": ROWS[:2], "row": Row("outer")})
    assert engine.get_template("between.html").render(context) == "<i>0</i>, <i>12</i>outer"
