"""A query of one shape, put together once per process and then run with other values.

Building a queryset with its subqueries costs several times what its execution costs. The queryset stays the
one place where the query is written down: it is built for a made-up row, and where values of that row stand
in the statement, those of the row asked for are put.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from django.db import connection, models


class Prepared:
    """`build` makes the queryset for a row of `model`; it must have the same shape for every row. `example`
    gives the values of the row that it reads, each of its own.
    """

    def __init__(
        self,
        build: Callable[[Any], models.QuerySet[Any]],
        model: type[models.Model],
        example: Mapping[str, Any],
    ) -> None:
        self.build, self.model, self.example = build, model, dict(example)

    def rows(self, row: models.Model) -> list[Any]:
        """What the queryset of this row gives; related rows are not loaded with it."""
        compiler, statement, values = self._built
        with connection.cursor() as cursor:
            cursor.execute(statement, [getattr(row, value) if known else value for known, value in values])
            found = cursor.fetchall()
        wanted = compiler.get_converters([column[0] for column in compiler.select])
        fetched = list(compiler.apply_converters(found, wanted)) if wanted else found
        info = compiler.klass_info
        first, last = info["select_fields"][0], info["select_fields"][-1] + 1
        names = [column[0].target.attname for column in compiler.select[first:last]]
        rows = []
        for values_found in fetched:
            made = info["model"].from_db(connection.alias, names, values_found[first:last])
            for name, at in compiler.annotation_col_map.items():
                setattr(made, name, values_found[at])
            rows.append(made)
        return rows

    @cached_property
    def _built(self) -> tuple[Any, str, list[tuple[bool, Any]]]:
        """The compiler, the statement and, for each of its values, whether it is an attribute of the row."""
        query = self.build(self.model(**self.example)).query
        compiler: Any = query.get_compiler(using=connection.alias)
        statement, parameters = compiler.as_sql()
        names = {value: name for name, value in self.example.items()}
        values = [(value in names, names.get(value, value)) for value in parameters]
        missing = set(names.values()) - {value for known, value in values if known}
        if missing:
            raise LookupError(f"not in the statement: {sorted(missing)}")
        return compiler, statement, values
