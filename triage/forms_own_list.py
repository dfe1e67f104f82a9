"""A clinician's own list: up to five lines, each a condition found by its name or a few own words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from knowledge.catalogue import Catalogue
from knowledge.searching import plain
from triage.agreement import OWN_MOST
from triage.forms import PlainForm
from triage.own_lists import CONFIDENCE_WORDS
from triage.services.own_lists import TEXT_LENGTH

NUMBERS = range(1, OWN_MOST + 1)
CANDIDATES = 5
HITS = 60  # of all kinds, of which conditions are kept
OWN_WORDS = "own-words"
UNHEARD_OF = "Nothing in the list sounds like this. Save again to keep your own words."


@dataclass(frozen=True)
class Line:
    """One line of the form; `pick` only where what was typed is no name as it stands."""

    number: int
    condition: BoundField
    confidence: BoundField
    pick: BoundField | None


class OwnListForm(PlainForm):
    """`known`: the catalogue of the visit's release. Valid, `entries` holds the list, best first."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, known: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries: list[dict[str, str]] = []
        in_use = [row for row in known.rows("conditions") if not row.get("replaced_by")]
        self.names = {row["code"]: str(row["name"]) for row in in_use}
        self._known = known
        self._codes = {plain(name): code for code, name in self.names.items()}
        for row in in_use:
            for synonym in row.get("synonyms", []):
                self._codes.setdefault(plain(synonym), row["code"])
        for number in NUMBERS:
            self._add_line(number)

    def _add_line(self, number: int) -> None:
        typing = {"class": "form-control", "list": "conditions", "autocomplete": "off", "spellcheck": "false"}
        self.fields[f"condition_{number}"] = forms.CharField(
            label=f"Number {number}",
            required=False,
            max_length=TEXT_LENGTH,
            widget=forms.TextInput(attrs=typing | ({"autofocus": True} if number == 1 else {})),
        )
        self.fields[f"confidence_{number}"] = forms.ChoiceField(
            label=f"How likely, number {number}",
            required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
            choices=[("", "how likely (optional)"), *((word, word) for word in CONFIDENCE_WORDS)],
        )

    @property
    def lines(self) -> list[Line]:
        return [
            Line(
                number,
                self[f"condition_{number}"],
                self[f"confidence_{number}"],
                self[f"pick_{number}"] if f"pick_{number}" in self.fields else None,
            )
            for number in NUMBERS
        ]

    @property
    def all_names(self) -> list[str]:
        return sorted(self.names.values(), key=str.casefold)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        taken: set[str] = set()
        for number in NUMBERS:
            text = (cleaned.get(f"condition_{number}") or "").strip()
            if text:
                self._read(number, text, taken)
        if not self.entries and not self.errors:
            self.add_error("condition_1", "Name at least one, or show the differential without it.")
        return cleaned

    def _read(self, number: int, text: str, taken: set[str]) -> None:
        code = self._codes.get(plain(text)) if plain(text) else ""
        if code is None:
            code = self._picked(number, text)
        if code is None:
            return
        if code and code in taken:
            self.add_error(f"condition_{number}", f"{self.names[code]} stands above already.")
            return
        taken.add(code)
        confidence = self.cleaned_data.get(f"confidence_{number}", "")
        words = self.names.get(code, text)
        self.entries.append({"condition": code, "text": words, "confidence": confidence})

    def _picked(self, number: int, text: str) -> str | None:
        """The condition chosen for what is no name as typed, empty for own words, None where it is asked."""
        name, found = f"pick_{number}", self._candidates(text)
        choices = [(code, self.names[code]) for code in found]
        self.fields[name] = forms.ChoiceField(
            label=f"Which is “{text}”?",
            required=False,
            widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            choices=[*choices, (OWN_WORDS, "not in the list: keep my words")],
        )
        chosen = str(self.data.get(name, ""))
        if chosen == OWN_WORDS or chosen in found:
            return "" if chosen == OWN_WORDS else chosen
        self.data = cast(QueryDict, self.data).copy()
        self.data[name] = found[0] if found else OWN_WORDS
        asked = "Choose which it is, then save." if found else UNHEARD_OF
        self.add_error(f"condition_{number}", asked)
        return None

    def _candidates(self, text: str) -> list[str]:
        """Conditions that sound like it, the closest first; nothing of the ranking goes into it."""
        hits = self._known.search(text, HITS)
        return [code for kind, code, *_ in hits if kind == "condition" and code in self.names][:CANDIDATES]
