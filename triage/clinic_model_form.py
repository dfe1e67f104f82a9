"""The form of a clinic's own numbers: what a lead types -> the settings that lie over a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from rapidfuzz import process

from triage.models.clinic_models import PROVEN_CASES_FOR_TEMPERATURE
from triage.presentation.clinic_numbers import KIND_NAMES, kinds_of
from triage.proof import Proof

MOST = 1_000_000
TOGETHER = "Benefit and harm go together: give both, or leave both empty."
LINE = re.compile(r"(?P<name>.+?)\s*[:=]\s*(?P<harm>\d+(?:\.\d+)?)\s*")
KEPT = ("base_rates", "default_rates", "temperature")  # what this form does not ask is carried on


class Worth(forms.FloatField):
    """A number in the clinic's own unit; empty: none."""

    def __init__(self, label: str, *, least: float, help_text: str = "") -> None:
        super().__init__(label=label, min_value=least, max_value=MOST, required=False, help_text=help_text)
        self.widget.attrs.update({"step": "any", "inputmode": "decimal", "class": "numberinput form-control"})


class ClinicModelForm(forms.Form):
    """`document`: the release whose conditions and findings it names; `current`: the settings in force."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    other_percent = forms.FloatField(
        label="Something else, in per cent",
        min_value=0.1,
        max_value=90,
        required=False,
        help_text="How many of 100 new complaints turn out to be none of the listed conditions.",
    )
    benefit = Worth("Benefit of treating rightly", least=0.0001)
    harm = Worth("Harm of treating wrongly", least=0.0001)
    test_harm = Worth("Harm of a test", least=0, help_text="Time, pain, cost, worry. 0 or empty: none.")
    single_tests = forms.CharField(
        label="Single tests",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, the name as on the visit's page, a colon and the harm: “MRI: 0.5”.",
    )
    reason = forms.CharField(
        label="Why", max_length=300, help_text="Kept with the version, for whoever asks later."
    )

    def __init__(
        self,
        data: Any = None,
        *,
        document: Mapping[str, Any],
        current: Mapping[str, Any],
        version: int,
        proof: Proof,
    ) -> None:
        self.document, self.current, self.proof = document, current, proof
        super().__init__(data, initial={"version": version, **_initial(document, current)})
        for row in document["conditions"]:
            self.fields[f"benefit_{row['code']}"] = Worth(f"{row['name']}: benefit", least=0.0001)
            self.fields[f"harm_{row['code']}"] = Worth(f"{row['name']}: harm", least=0.0001)
        for kind in kinds_of(document):
            self.fields[f"kind_{kind}"] = Worth(KIND_NAMES.get(kind, kind.replace("_", " ")), least=0)
        if proof.allows_temperature:
            self.fields["temperature"] = Worth(
                "Temperature",
                least=0.1,
                help_text=f"Fitted to {PROVEN_CASES_FOR_TEMPERATURE} proven cases or more.",
            )

    def condition_rows(self) -> Iterator[tuple[str, Any, Any]]:
        """Name, benefit and harm of each condition, by name."""
        for row in sorted(self.document["conditions"], key=lambda row: row["name"]):
            yield row["name"], self[f"benefit_{row['code']}"], self[f"harm_{row['code']}"]

    def kind_rows(self) -> list[Any]:
        return [self[f"kind_{kind}"] for kind in kinds_of(self.document)]

    def clean_single_tests(self) -> dict[str, float]:
        names = {row["name"].casefold(): row["code"] for row in self.document["findings"]}
        names |= {row["code"]: row["code"] for row in self.document["findings"]}
        found, faults = {}, []
        for line in filter(None, map(str.strip, self.cleaned_data["single_tests"].splitlines())):
            read = LINE.fullmatch(line)
            code = names.get(read["name"].casefold()) if read else None
            if read and code:
                found[code] = float(read["harm"])
            else:
                faults.append(_unread(line, read["name"] if read else "", list(names)))
        if faults:
            raise ValidationError(faults)
        return found

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        codes = [f"_{row['code']}" for row in self.document["conditions"]]
        for suffix in ("", *codes):
            pair = (f"benefit{suffix}", f"harm{suffix}")
            if not self.errors.keys() & set(pair) and (given.get(pair[0]) is None) != (
                given.get(pair[1]) is None
            ):
                self.add_error(pair[0], TOGETHER)
        return given

    def settings(self) -> dict[str, Any]:
        """The settings to save; only what is set."""
        given = self.cleaned_data
        utilities = {key: given[key] for key in ("benefit", "harm", "test_harm") if given.get(key)}
        utilities["conditions"] = {
            row["code"]: {"benefit": given[f"benefit_{row['code']}"], "harm": given[f"harm_{row['code']}"]}
            for row in self.document["conditions"]
            if given.get(f"benefit_{row['code']}")
        }
        kinds = {kind: given.get(f"kind_{kind}") for kind in kinds_of(self.document)}
        utilities["kinds"] = {kind: harm for kind, harm in kinds.items() if harm is not None}
        utilities["findings"] = given["single_tests"]
        settings = {key: self.current[key] for key in KEPT if key in self.current}
        settings |= {key: given[key] for key in ("temperature",) if given.get(key)}
        if given.get("other_percent"):
            settings["other_prior"] = round(given["other_percent"] / 100, 6)
        return settings | {"utilities": {key: value for key, value in utilities.items() if value}}


def _initial(document: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    utilities = current.get("utilities") or {}
    names = {row["code"]: row["name"] for row in document["findings"]}
    first = {key: utilities.get(key) for key in ("benefit", "harm", "test_harm")}
    first["temperature"] = current.get("temperature")
    if current.get("other_prior"):
        first["other_percent"] = round(current["other_prior"] * 100, 4)
    for code, pair in (utilities.get("conditions") or {}).items():
        first |= {f"benefit_{code}": pair["benefit"], f"harm_{code}": pair["harm"]}
    first |= {f"kind_{kind}": harm for kind, harm in (utilities.get("kinds") or {}).items()}
    singles = utilities.get("findings") or {}
    first["single_tests"] = "\n".join(f"{names.get(code, code)}: {harm:g}" for code, harm in singles.items())
    return first


def _unread(line: str, name: str, names: list[str]) -> str:
    if not name:
        return f"“{line}” is not a name, a colon and a number."
    nearest = process.extractOne(name.casefold(), names)
    return f"No test is called “{name}”. Did you mean “{nearest[0]}”?"
