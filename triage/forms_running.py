"""Forms of a programme, its runs and the patient's shoes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from triage.forms import DateInput, RecordForm, past_day
from triage.models import Run, Shoe, StepChange
from triage.models.runs import PAIN_MAX

SAID = (("True", "Yes"), ("False", "No"), ("", "Not said"))
REASON_LENGTH = 1000
MET = (("yes", "met"), ("no", "not met"))


def _said(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=SAID,
        coerce=lambda word: word == "True",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class RunForm(RecordForm):
    start_up_longer = _said("Start-up pain longer or stronger than before?")
    nerve_symptoms = _said("Tingling, numbness or burning?")

    class Meta:
        model = Run
        fields = [
            "ran_on",
            "kind",
            "distance_km",
            "minutes",
            "pain_before",
            "pain_during",
            "pain_after",
            "pain_next_morning",
            "start_up_longer",
            "nerve_symptoms",
            "shoe",
            "note",
        ]
        widgets = {"ran_on": DateInput()}
        labels = {
            "ran_on": "Day",
            "kind": "Kind and ground",
            "distance_km": "Distance, in kilometres",
            "minutes": "Duration, in minutes",
            "pain_before": "Pain before the run, 0 to 10",
            "pain_during": "Worst pain during the run, 0 to 10",
            "pain_after": "Pain right after, 0 to 10",
            "pain_next_morning": "Pain the next morning, 0 to 10",
            "shoe": "Shoe",
        }
        help_texts = {
            "distance_km": "Distance, duration, or both",
            "pain_next_morning": "Leave it empty and add it tomorrow",
        }

    def __init__(self, *args: Any, shoes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shoe"].queryset = shoes  # type: ignore[attr-defined]
        self.fields["shoe"].empty_label = "not said"  # type: ignore[attr-defined]
        self.fields["kind"].choices = Run.Kind.choices  # type: ignore[attr-defined]
        if self.instance._state.adding:
            self.fields["ran_on"].initial = timezone.localdate
        for name in ("pain_before", "pain_during", "pain_after", "pain_next_morning"):
            self.fields[name].widget.attrs.update({"inputmode": "numeric", "max": PAIN_MAX})

    def clean_ran_on(self) -> dt.date | None:
        return past_day(self.cleaned_data["ran_on"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = {"distance_km", "minutes"} - set(self.errors)
        if len(given) > 1 and cleaned.get("distance_km") is None and cleaned.get("minutes") is None:
            self.add_error("distance_km", "Give the distance, the minutes, or both.")
        return cleaned


class ShoeForm(RecordForm):
    class Meta:
        model = Shoe
        fields = ["name", "kind", "drop_mm", "stiffness", "km_at_start", "in_use_since", "note"]
        widgets = {"in_use_since": DateInput(), "kind": forms.RadioSelect, "stiffness": forms.RadioSelect}
        labels = {
            "name": "Name",
            "drop_mm": "Drop from heel to toe, in millimetres",
            "stiffness": "Sole",
            "km_at_start": "Kilometres it had already",
            "in_use_since": "In use since",
        }
        help_texts = {"name": "As the patient calls it", "km_at_start": "Logged runs are added by themselves"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Shoe.Kind.choices  # type: ignore[attr-defined]
        self.fields["stiffness"].choices = Shoe.Stiffness.choices  # type: ignore[attr-defined]

    def clean_in_use_since(self) -> dt.date | None:
        return past_day(self.cleaned_data["in_use_since"])


class BeginForm(forms.Form):
    """`programmes`: code and name of what the release offers."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)
    programme = forms.ChoiceField(
        label="Programme",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a programme.",
            "invalid_choice": "The release has no such programme.",
        },
    )
    begun_on = forms.DateField(label="Begins on", widget=DateInput(), initial=timezone.localdate)

    def __init__(self, *args: Any, programmes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = programmes  # type: ignore[attr-defined]

    def clean_begun_on(self) -> dt.date | None:
        return past_day(self.cleaned_data["begun_on"])


class TickForm(forms.Form):
    submission_id = forms.UUIDField(required=False)
    step = forms.IntegerField(min_value=1, max_value=100)
    criterion = forms.IntegerField(min_value=0, max_value=100)
    met = forms.TypedChoiceField(choices=MET, coerce=lambda word: word == "yes")
    met_on = forms.DateField(label="Day", required=False, widget=DateInput())

    def clean_met_on(self) -> dt.date | None:
        return past_day(self.cleaned_data["met_on"])


class StepForm(forms.Form):
    """One move of the programme; the page shows a few of these, each with what it needs."""

    submission_id = forms.UUIDField(required=False)
    version = forms.IntegerField(min_value=1, max_value=10**9)
    kind = forms.ChoiceField(choices=[pair for pair in StepChange.Kind.choices if pair[0] != "begun"])
    rule = forms.IntegerField(label="Which stop rule", min_value=0, max_value=100, required=False)
    run = forms.UUIDField(required=False)
    reason = forms.CharField(label="What happened", max_length=REASON_LENGTH, required=False, strip=True)
