"""The form of a part: made from what it asks, read back as plain data, checked by the schema of its row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import conditional_escape
from pydantic import ValidationError as SchemaError

from knowledge.editing.fields import Field, field_for
from knowledge.editing.keys import Key, Repeat, Section, expanded, name_of, value_at
from knowledge.editing.names import Names
from knowledge.editing.parts import Part
from knowledge.editing.refusals import doi_in, refusals
from knowledge.faults import Path, faults_of_validation
from knowledge.mapping import Plain, set_path
from knowledge.schema.document import canonical_text

SOURCELESS = "A claim needs a source with the place in it, or the words “expert estimate”."
UNSOURCED = "a claim without a source|source .* without a locator"  # said already, beside its field
RESTS_ON_ITS_ROW = "cautions."  # unless it says otherwise
EMPTY = "Fill this in."


class EditForm(forms.Form):
    """One part of the working copy. Valid, `plain` holds its row as the schema writes it."""

    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, part: Part, *, names: Names, stored: Plain | None = None, data: Any = None) -> None:
        prefix = part.slug or part.kind
        super().__init__(data=data, auto_id=f"{prefix}-%s")
        self.part, self.names, self.stored = part, names, stored or {}
        self.plain: Plain = {}
        self.keys: dict[str, Key] = {}
        self.sections = [(section, list(self._groups(section))) for section in part.asks]
        for _, groups in self.sections:
            for _, keys in groups:
                for key in keys:
                    self._ask(key)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.layout = self._layout()

    def shown(self, name: str, value: Any) -> str:
        """A value of the plain data as the form would write it."""
        field = self.fields[name]
        return str(field.show(value) if isinstance(field, Field) else value)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        plain: Plain = {}
        for name, key in self.keys.items():
            if name in data and not self._in_list(key):
                set_path(plain, key.path, data[name])
        for _, repeat in self._repeats():
            set_path(plain, repeat.path, self._entries(repeat, data))
        if plain.get("doi"):
            plain["doi"] = doi_in(plain["doi"])
        self._levels(plain)
        self._claims(plain)
        for name, sentence in refusals(self.part, plain, self.stored):
            self.add_error(name if name in self.fields else None, sentence)
        sourceless = [name for name, errors in self.errors.items() if errors == [SOURCELESS]]
        if len(sourceless) == len(self.errors):
            self._check(plain)
        return data

    def _check(self, plain: Plain) -> None:
        try:
            self.plain = self.part.schema.model_validate_json(canonical_text(plain)).plain()
        except SchemaError as error:
            for path, problem, remedy in faults_of_validation(error):
                if re.match(UNSOURCED, problem):
                    if SOURCELESS not in str(self.errors):
                        self.add_error(None, SOURCELESS)
                    continue
                missing = self._missing(path, problem)
                if missing:
                    self.add_error(missing, EMPTY)
                    continue
                sentence = f"{problem}; {remedy}." if remedy else f"{problem}."
                self.add_error(self.field_at(path), sentence[0].upper() + sentence[1:])
        except ValueError as error:
            self.add_error(None, str(error))

    def _missing(self, path: Path, problem: str) -> str | None:
        """The field of a key that is said to be missing."""
        key, found, _ = problem.partition(" is missing")
        name = name_of(".".join([*map(str, path), key]))
        return name if found and name in self.fields else None

    def field_at(self, path: Path) -> str | None:
        """The field nearest to a place in the plain data."""
        parts = [str(step) for step in path]
        while parts:
            name = name_of(".".join(parts))
            if name in self.fields:
                return name
            parts.pop()
        return None

    def _ask(self, key: Key) -> None:
        name = name_of(key.path)
        field = field_for(key, self.names)
        value = value_at(self.stored, key.path)
        field.initial = self._levels_shown(key, field.show(value))
        if key.fixed and value is not None:
            field.disabled = True
            field.help_text = "For ever"
        self.keys[name] = key
        self.fields[name] = field

    def _levels_shown(self, key: Key, value: Any) -> Any:
        """“yes” for the answer present: levels by their names."""
        if not key.level_of or not isinstance(value, str) or not value:
            return value
        levels = self._levels_of(key, self.stored)
        if key.kind == "numbers":
            return "\n".join(_renamed(line, levels) for line in value.splitlines())
        return levels.get(value, value)

    def _levels_of(self, key: Key, plain: Mapping[str, Any]) -> dict[str, str]:
        if key.level_of == "self":
            return {row.get("code", ""): row.get("name", "") for row in plain.get("levels", [])}
        return self.names.levels.get(value_at(plain, key.level_of) or "", {})

    def _levels(self, plain: Plain) -> None:
        """Words for answers become codes of the finding's levels."""
        for name, key in self.keys.items():
            value = value_at(plain, key.path) if key.level_of else None
            if not value or name in self.errors:
                continue
            levels = self._levels_of(key, plain)
            try:
                found = (
                    {_level(levels, word): number for word, number in value.items()}
                    if isinstance(value, dict)
                    else _level(levels, value)
                )
            except ValidationError as error:
                self.add_error(name, error)
            else:
                _replace(plain, key.path, found)

    def _claims(self, plain: Plain) -> None:
        """The sentence on sources, beside the field that lacks it."""
        for key in self.keys.values():
            if not key.path.endswith("basis"):
                continue
            place = key.path.removesuffix("basis").rstrip(".")
            whole = value_at(plain, place) if place else plain
            if not whole or not isinstance(whole, Mapping) or whole.get("basis") == "expert_estimate":
                continue
            if place.startswith(RESTS_ON_ITS_ROW) and not {"source", "locator", "basis"} & set(whole):
                continue
            for lacking in ("source", "locator"):
                at = name_of(f"{place}.{lacking}" if place else lacking)
                if lacking not in whole and at not in self.errors:
                    self.add_error(at, SOURCELESS)
                    break

    def _entries(self, repeat: Repeat, data: Mapping[str, Any]) -> list[Plain]:
        entries = []
        for index in range(self._count(repeat)):
            entry: Plain = {}
            for key in repeat.keys:
                set_path(entry, key.path, data.get(name_of(f"{repeat.path}.{index}.{key.path}")))
            if any(value is not False for value in entry.values()):
                entries.append(entry)
        return entries

    def _count(self, repeat: Repeat) -> int:
        """How many groups the form has: those that were sent, else what is stored and some empty ones."""
        if not self.is_bound:
            return min(repeat.most, len(value_at(self.stored, repeat.path) or ()) + repeat.spare)
        form = re.compile(rf"{name_of(repeat.path)}__([0-9]{{1,2}})__")
        sent = [int(found[1]) + 1 for name in self.data if (found := form.match(name))]
        stored = len(value_at(self.stored, repeat.path) or ())
        return min(repeat.most, max([stored, *sent]))

    def _in_list(self, key: Key) -> bool:
        return any(key.path.startswith(f"{repeat.path}.") for _, repeat in self._repeats())

    def _repeats(self) -> Iterator[tuple[Section, Repeat]]:
        for section in self.part.asks:
            for entry in section.entries:
                if isinstance(entry, Repeat):
                    yield section, entry

    def _groups(self, section: Section) -> Iterator[tuple[str, list[Key]]]:
        """(title, keys): single keys under no title, then each entry of a list."""
        yield "", [entry for entry in section.entries if isinstance(entry, Key)]
        for entry in section.entries:
            if isinstance(entry, Repeat):
                for index in range(self._count(entry)):
                    yield f"{entry.label} {index + 1}", list(expanded(entry, index))

    def _layout(self) -> Layout:
        parts: list[Any] = ["token"]
        for section, groups in self.sections:
            inside = [self._group(title, keys) for title, keys in groups if keys]
            if section.folded and not self.is_bound:
                summary = conditional_escape(section.title)
                parts += [
                    HTML(f'<details class="fold edit-section"><summary>{summary}</summary>'),
                    *inside,
                    HTML("</details>"),
                ]
            else:
                parts.append(Fieldset(section.title, *inside, css_class="edit-section"))
        return Layout(*parts)

    def _group(self, title: str, keys: list[Key]) -> Any:
        fields = Div(*(self._cell(key) for key in keys), css_class="edit-fields")
        return fields if not title else Fieldset(title, fields, css_class="edit-group")

    def _cell(self, key: Key) -> Div:
        long = {"text", "rule"}
        return Div(name_of(key.path), css_class="edit-long" if key.kind in long else "edit-cell")


def _renamed(line: str, levels: Mapping[str, str]) -> str:
    code, _, number = line.rpartition(":")
    return f"{levels.get(code, code)}: {number.strip()}"


def _level(levels: Mapping[str, str], text: str) -> str:
    if text in levels:
        return text
    named = {name.casefold(): code for code, name in levels.items()}
    if text.casefold() in named:
        return named[text.casefold()]
    if not levels:
        return text
    known = ", ".join(levels.values())
    raise ValidationError(f"There is no answer “{text[:60]}”; the answers are {known}.")


def _replace(plain: Plain, path: str, value: Any) -> None:
    *way, last = path.split(".")
    inner: Any = plain
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[last] = value
