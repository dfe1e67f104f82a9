"""The form of a complaint: what it is, where, since when, and how it began."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from triage.forms import DateInput, RecordForm
from triage.models import Episode
from triage.models.patients import EARLIEST_BIRTH

Choices = Sequence[tuple[str, str]]
IRRITABILITY_WORDS = {  # expert estimate, after the clinical concept: what stirs it, how much, for how long
    "": "Not judged",
    "low": "Low: it takes a lot to bring on and has settled within an hour",
    "moderate": "Moderate: usual load brings it on, it has settled by the next morning",
    "high": "High: little brings it on, or it lasts beyond the next morning or wakes at night",
}


class EpisodeForm(RecordForm):
    """`sites`: codes and names of the release that the clinic uses; a place kept earlier stays a choice."""

    class Meta:
        model = Episode
        fields = [
            "title",
            "side",
            "site_code",
            "onset_on",
            "onset",
            "load_change",
            "load_change_note",
            "irritability",
            "note",
        ]
        widgets = {
            "onset_on": DateInput(),
            "note": forms.Textarea(attrs={"rows": 3}),
            "side": forms.RadioSelect,
            "onset": forms.RadioSelect,
            "irritability": forms.RadioSelect,
        }
        labels = {
            "title": "Complaint",
            "site_code": "Where it is worst",
            "onset_on": "Since (a rough date will do)",
            "onset": "How it began",
            "load_change": "Change of load in the weeks before",
            "load_change_note": "What changed",
        }
        help_texts = {
            "title": "In the patient's words, for example “ache in the arch of the foot”",
            "load_change_note": "For example “40 to 65 km a week within a month”",
            "irritability": "How hard to examine and where loading begins. The limits are an expert estimate",
        }

    def __init__(self, *args: Any, sites: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.site_code
        places = list(sites)
        if kept and kept not in dict(places):
            places.append((kept, kept.replace("_", " ")))
        self.fields["site_code"] = forms.ChoiceField(
            label=self.fields["site_code"].label, required=False, choices=[("", "Not named"), *places]
        )
        self.fields["side"].choices = Episode.Side.choices  # type: ignore[attr-defined]
        self.fields["onset"].choices = Episode.Onset.choices  # type: ignore[attr-defined]
        self.fields["load_change"].choices = Episode.LoadChange.choices  # type: ignore[attr-defined]
        self.fields["irritability"].choices = list(IRRITABILITY_WORDS.items())  # type: ignore[attr-defined]

    def clean_onset_on(self) -> dt.date | None:
        onset: dt.date | None = self.cleaned_data["onset_on"]
        if onset and onset > timezone.localdate():
            raise ValidationError("The onset lies in the future.")
        if onset and onset < EARLIEST_BIRTH:
            raise ValidationError("The onset lies before 1900; check the year.")
        return onset
