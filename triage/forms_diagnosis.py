"""Forms of what a complaint proved to be and of what is still to be done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from triage.forms import AHEAD_MAX, DateInput, RecordForm, past_day
from triage.models import Diagnosis, FollowUp
from triage.models.patients import EARLIEST_BIRTH

NOT_LISTED = ""


class DiagnosisForm(RecordForm):
    """`likely`: code and name of what the last differential named first; `conditions`: of all there are."""

    condition_code = forms.ChoiceField(label="It proved to be", required=False)
    close = forms.BooleanField(label="This ends the complaint", required=False)

    class Meta:
        model = Diagnosis
        fields = ["condition_code", "text", "grade", "proven_on", "note"]
        widgets = {
            "grade": forms.RadioSelect,
            "proven_on": DateInput(),
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"text": "Or, when it is not in the list", "grade": "Proven by", "proven_on": "Known since"}
        help_texts = {
            "grade": "Judgement alone is kept, and never counted as proof",
            "text": "What it was, in a few words",
        }

    def __init__(
        self,
        *args: Any,
        likely: list[tuple[str, str]],
        conditions: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["condition_code"].choices = [  # type: ignore[attr-defined]
            (NOT_LISTED, "not in the knowledge"),
            *([("In the last differential", likely)] if likely else []),
            ("All conditions", conditions),
        ]
        self.fields["grade"].choices = Diagnosis.Grade.choices  # type: ignore[attr-defined]
        self.fields["proven_on"].initial = timezone.localdate

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        code, text = cleaned.get("condition_code"), cleaned.get("text")
        if code and text:
            self.add_error("text", "Choose from the list or write it here, not both.")
        if not code and not text and "condition_code" not in self.errors:
            self.add_error("condition_code", "Choose a condition, or write below what it was.")
        return cleaned

    def clean_proven_on(self) -> dt.date | None:
        return past_day(self.cleaned_data["proven_on"])


class FollowUpForm(RecordForm):
    class Meta:
        model = FollowUp
        fields = ["kind", "text", "due_on"]
        widgets = {"kind": forms.RadioSelect, "due_on": DateInput()}
        labels = {"text": "What", "due_on": "Due on", "kind": "Kind"}
        help_texts = {"text": "For example “review after six weeks of loading” or “MRI of the ankle”"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = FollowUp.Kind.choices  # type: ignore[attr-defined]

    def clean_due_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["due_on"]
        if not EARLIEST_BIRTH <= day <= timezone.localdate() + AHEAD_MAX:
            raise ValidationError("Give a day within the next three years.")
        return day
