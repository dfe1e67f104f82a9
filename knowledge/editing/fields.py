"""Fields between what a person writes and the plain data: codes by name, lists line by line."""

from __future__ import annotations

import math
from typing import Any

import yaml
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from knowledge.editing.keys import Key
from knowledge.editing.names import Names
from knowledge.faults import ContentFaults
from knowledge.reading import parse_page
from knowledge.schema.base import NAME_LENGTH, TEXT_LENGTH

LINES_MOST = 200


class Field(forms.Field):
    """A field that can also write a value of the plain data as a person would."""

    def show(self, value: Any) -> Any:
        return "" if value is None else value


class Offering(forms.Widget):
    """What is meant by the words is offered below."""

    def render(self, *arguments: Any, **options: Any) -> SafeString:
        below = '{}<div class="choices" role="status"></div>'
        return format_html(below, super().render(*arguments, **options))


class Chooser(Offering, forms.TextInput):
    pass


class LongChooser(Offering, forms.Textarea):
    pass


class LineField(Field, forms.CharField):
    pass


class WholeField(Field, forms.IntegerField):
    widget = forms.TextInput(attrs={"inputmode": "numeric"})


class NumberField(Field, forms.FloatField):
    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def show(self, value: Any) -> Any:
        return "" if value is None else f"{value:.12g}"


class ChoiceField(Field, forms.ChoiceField):
    pass


class YesField(Field, forms.BooleanField):
    def show(self, value: Any) -> Any:
        return bool(value)


class CodeField(LineField):
    """One code, written as code or name."""

    def __init__(self, *, of: str, names: Names, **options: Any) -> None:
        super().__init__(max_length=NAME_LENGTH, **options)
        self.of, self.names = of, names

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.names.code(self.of, text) if text else None

    def show(self, value: Any) -> Any:
        return self.names.shown(self.of, value) if value else ""


class LinesField(LineField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *, each: int = NAME_LENGTH, **options: Any) -> None:
        super().__init__(max_length=TEXT_LENGTH, **options)
        self.each = each

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > LINES_MOST:
            raise ValidationError(f"More than {LINES_MOST} lines; shorten the list.")
        for line in lines:
            if len(line) > self.each:
                raise ValidationError(f"“{line[:40]}…” has more than {self.each} characters; shorten it.")
        return lines

    def show(self, value: Any) -> Any:
        return "\n".join(value or ())


class CodesField(LinesField):
    """Codes, one a line, written as codes or names."""

    def __init__(self, *, of: str, names: Names, **options: Any) -> None:
        super().__init__(**options)
        self.of, self.names = of, names

    def clean(self, value: Any) -> Any:
        codes = [self.names.code(self.of, line) for line in super().clean(value)]
        return sorted(set(codes))

    def show(self, value: Any) -> Any:
        return "\n".join(self.names.shown(self.of, code) for code in value or ())


class NumbersField(LinesField):
    """Numbers by code, “present: 0.11” a line; names stand for codes where `of` says which."""

    def __init__(self, *, of: str = "", names: Names, **options: Any) -> None:
        super().__init__(**options)
        self.of, self.names = of, names

    def clean(self, value: Any) -> Any:
        found: dict[str, float] = {}
        for line in super().clean(value):
            name, colon, number = line.rpartition(":")
            code = self.names.code(self.of, name.strip()) if self.of and colon else name.strip()
            if not colon or not code:
                raise ValidationError(f"“{line[:60]}” is not a name and a number; write “name: number”.")
            if code in found:
                raise ValidationError(f"{name.strip()[:60]} stands twice; keep one.")
            found[code] = _number(number.strip())
        return found

    def show(self, value: Any) -> Any:
        lines = (
            f"{self.names.shown(self.of, code) if self.of else code}: {number:.12g}"
            for code, number in (value or {}).items()
        )
        return "\n".join(lines)


class WeeksField(LineField):
    """“6–12” or “6”."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        parts = [part.strip() for part in text.replace("–", "-").replace("to", "-").split("-")]
        if not 1 <= len(parts) <= 2:
            raise ValidationError("Write the shortest and the longest number of weeks, for example 6–12.")
        shortest, *longest = map(_number, parts)
        return [shortest, longest[0] if longest else shortest]

    def show(self, value: Any) -> Any:
        return "–".join(f"{week:.12g}" for week in dict.fromkeys(value or ()))


class RuleField(LineField):
    """The condition of a red flag as text: the language of docs/knowledge-format.md."""

    widget = forms.Textarea(attrs={"rows": 8, "class": "mono", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_page(text.encode(), "when").data
        except ContentFaults as refused:
            fault = refused.faults[0]
            raise ValidationError(f"Line {fault.line}: {fault.problem}; {fault.remedy}.") from refused

    def show(self, value: Any) -> Any:
        if not value:
            return ""
        return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=80).strip()


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or len(text) > 40:
        raise ValidationError(f"“{text[:40]}” is not a number.")
    return value


def field_for(key: Key, names: Names) -> Field:
    """The field that asks for a key; nothing is required here, the schema says what is missing."""
    common: dict[str, Any] = {"label": key.label, "help_text": key.help, "required": False}
    if key.kind in {"line", "text"}:
        return _words(key, common)
    if key.kind == "choice":
        options = [("", "–"), *((code, code.replace("_", " ")) for code in key.choices)]
        return ChoiceField(choices=options, **common)
    if key.kind in {"code", "codes"}:
        return _chooser(key, names, common)
    if key.kind == "numbers":
        return NumbersField(of=key.of, names=names, **common)
    if key.kind == "names":
        return LinesField(each=key.most or NAME_LENGTH, **common)
    plain = {
        "number": NumberField,
        "whole": WholeField,
        "yes": YesField,
        "weeks": WeeksField,
        "rule": RuleField,
    }
    field: Field = plain[key.kind](**common)
    if key.kind == "rule":
        field.validators.append(ProhibitNullCharactersValidator())
    return field


def _words(key: Key, common: dict[str, Any]) -> Field:
    if key.kind == "line":
        return LineField(max_length=key.most or NAME_LENGTH, **common)
    return LineField(max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3}), **common)


def _chooser(key: Key, names: Names, common: dict[str, Any]) -> Field:
    """A field with suggestions as one types; without script the words are looked up when it is sent."""
    if key.kind == "code":
        return CodeField(of=key.of, names=names, widget=Chooser(_asking(key.of)), **common)
    return CodesField(of=key.of, names=names, widget=LongChooser({**_asking(key.of), "rows": 2}), **common)


def _asking(of: str) -> dict[str, Any]:
    return {
        "autocomplete": "off",
        "data-chooser": "",
        "hx-get": f"{reverse('knowledge:edit-choose')}?of={of}",
        "hx-trigger": "input changed delay:200ms",
        "hx-target": "next .choices",
        "hx-swap": "innerHTML",
        "hx-sync": "this:replace",
    }
