"""`{% rows panel.rows "triage/_hypothesis_row.html" %}`: a template once for each `row`, as a loop around
`include` renders it, the same bytes for less. A third value, such as ", ", is put between the rows.

Most of what a row costs is finding out what each name in it means, which is the same for every row. Where a
part of the template is text, a field without filters, or a condition on one, that is found out once, when
the template is first used. Whatever else stands in it, and every value that is more than text or a small
number, is rendered by the template engine.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Template, TextNode, Variable, VariableNode
from django.template.context import Context
from django.template.defaulttags import IfNode, TemplateLiteral
from django.utils.safestring import SafeString

register = template.Library()
Part = Callable[[Any, Context], str]
Field = Callable[[Any, Context], Any]
LARGEST_PLAIN = 999  # from a thousand on, digits may be grouped


class NotPlain(Exception):
    """Left to the template engine."""


class RowsNode(Node):
    def __init__(self, rows: FilterExpression, name: str, between: str) -> None:
        self.rows, self.name, self.between = rows, name, between
        self._compiled: tuple[Template | None, Part] = (None, lambda row, context: "")

    def render(self, context: Context) -> SafeString:
        source = context.template.engine.get_template(self.name)  # type: ignore[union-attr]
        kept, render_row = self._compiled
        if kept is not source or not context.autoescape:
            render_row = _joined(source.nodelist) if context.autoescape else _by_engine(source.nodelist)
            self._compiled = (source if context.autoescape else None), render_row
        found: Iterable[Any] = self.rows.resolve(context) or ()
        with context.push(row=None):
            return SafeString(self.between.join([_row(render_row, row, context) for row in found]))


@register.tag
def rows(parser: template.base.Parser, token: template.base.Token) -> RowsNode:
    _, values, name, *between = token.split_contents()
    return RowsNode(parser.compile_filter(values), name[1:-1], between[0][1:-1] if between else "")


def _row(render_row: Part, row: Any, context: Context) -> str:
    context["row"] = row
    return render_row(row, context)


def _joined(nodes: Iterable[Node]) -> Part:
    parts = [_part(node) for node in nodes]
    if len(parts) == 1:
        return parts[0]
    return lambda row, context: "".join([part(row, context) for part in parts])


def _part(node: Node) -> Part:
    if isinstance(node, TextNode):
        text: str = node.s
        return lambda row, context: text
    try:
        if type(node) is VariableNode:
            return _text(_field(node.filter_expression), node)
        if type(node) is IfNode:
            return _choice(node)
    except NotPlain:
        pass
    return _by_engine(node)


def _by_engine(node: Node | NodeList) -> Part:
    render: Callable[[Context], Any] = node.render if isinstance(node, NodeList) else node.render_annotated
    return lambda row, context: str(render(context))


def _field(expression: Any) -> Field:
    """What a name without filters means: a field of the row, or of what the context holds."""
    variable = expression.var
    if expression.filters or not isinstance(variable, Variable) or not variable.lookups or variable.translate:
        raise NotPlain
    first, *names = variable.lookups
    if any(name.isdigit() for name in names):
        raise NotPlain
    get: Callable[[Any], Any] = attrgetter(".".join(names)) if names else (lambda value: value)
    if first == "row":
        return lambda row, context: get(row)
    return lambda row, context: get(context[first])


def _text(field: Field, node: Node) -> Part:
    def text(row: Any, context: Context) -> str:
        try:
            value = field(row, context)
        except (AttributeError, KeyError):
            return str(node.render_annotated(context))
        kind = type(value)
        if kind is str:
            return html.escape(value)
        if kind is int and 0 <= value <= LARGEST_PLAIN:
            return str(value)
        return str(node.render_annotated(context))

    return text


def _choice(node: IfNode) -> Part:
    """Conditions that are names alone, the rest by the engine."""
    branches = [(_condition(condition), _joined(nodes)) for condition, nodes in node.conditions_nodelists]

    def choice(row: Any, context: Context) -> str:
        for holds, render in branches:
            if holds is None or holds(row, context):
                return render(row, context)
        return ""

    return choice


def _condition(condition: Any) -> Field | None:
    if condition is None:  # else
        return None
    if type(condition) is not TemplateLiteral:
        raise NotPlain
    field = _field(condition.value)
    by_engine: Callable[[Any], Any] = condition.eval

    def holds(row: Any, context: Context) -> Any:
        try:
            value = field(row, context)
        except (AttributeError, KeyError):
            return by_engine(context)
        return by_engine(context) if callable(value) else value

    return holds
