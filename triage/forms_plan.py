"""Forms of a plan: what it is for, its treatments, exercises, running load and referrals."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from triage.forms import AHEAD_MAX, DateInput, RecordForm
from triage.models import HomeExercise, LoadStep, Plan, PlannedTreatment, Referral
from triage.models.patients import EARLIEST_BIRTH

ANSWER_WITHIN = dt.timedelta(days=14)
NOT_LISTED = ""
STOPPED = "stopped"


def check_day(day: dt.date | None) -> None:
    if day is not None and not EARLIEST_BIRTH <= day <= timezone.localdate() + AHEAD_MAX:
        raise ValidationError("Give a day between 1900 and three years from now.")


class PlanForm(RecordForm):
    """`likely`: code and name of what the last differential named first; `conditions`: of all there are."""

    condition_code = forms.ChoiceField(label="The plan is for", required=False)

    class Meta:
        model = Plan
        fields = ["condition_code", "text", "goal", "load_note"]
        widgets = {"goal": forms.Textarea(attrs={"rows": 2}), "load_note": forms.Textarea(attrs={"rows": 2})}
        labels = {
            "text": "Or, when it is not in the list",
            "goal": "Goal, in the patient’s words",
            "load_note": "Running load, in a few words",
        }
        help_texts = {
            "goal": "For example “finish the half-marathon in May without burning”",
            "load_note": "Weeks in kilometres or minutes can be added one by one as well",
        }

    def __init__(
        self, *args: Any, likely: list[tuple[str, str]], conditions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["condition_code"].choices = [  # type: ignore[attr-defined]
            (NOT_LISTED, "not in the knowledge"),
            *([("Recorded, or in the last differential", likely)] if likely else []),
            ("All conditions", conditions),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        code, text = cleaned.get("condition_code"), cleaned.get("text")
        if code and text:
            self.add_error("text", "Choose from the list or write it here, not both.")
        if not code and not text and "condition_code" not in self.errors:
            self.add_error("condition_code", "Choose a condition, or write below what the plan is for.")
        return cleaned


class CareForm(RecordForm):
    """A line with a status and dates."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "status" in self.fields:
            self.fields["status"].choices = PlannedTreatment.Status.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        began, ended = cleaned.get("started_on"), cleaned.get("ended_on")
        for name, day in (("started_on", began), ("ended_on", ended)):
            try:
                check_day(day)
            except ValidationError as refusal:
                self.add_error(name, refusal)
        if began and ended and ended < began:
            self.add_error("ended_on", "It ends before it starts.")
        if cleaned.get("status") == STOPPED and not cleaned.get("stop_reason"):
            self.add_error("stop_reason", "Say why it was stopped.")
        return cleaned


CARE_FIELDS = ["status", "started_on", "ended_on", "stop_reason"]


def care_widgets() -> dict[str, Any]:
    return {"status": forms.RadioSelect, "started_on": DateInput(), "ended_on": DateInput()}


CARE_LABELS = {"stop_reason": "Stopped because"}


class TreatmentForm(CareForm):
    """One that stands on the plan."""

    class Meta:
        model = PlannedTreatment
        fields = ["note", *CARE_FIELDS]
        widgets = {"note": forms.Textarea(attrs={"rows": 2}), **care_widgets()}
        labels = {"note": "How, when, by whom", **CARE_LABELS}


class OwnTreatmentForm(RecordForm):
    """One in own words. `weigh` are sentences on the cautions that apply; then a reason is asked for."""

    caution_reason = forms.CharField(
        label="Why all the same",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The reason stays on record",
    )

    class Meta:
        model = PlannedTreatment
        fields = ["text", "stage", "note"]
        widgets = {"stage": forms.RadioSelect, "note": forms.Textarea(attrs={"rows": 2})}
        labels = {"text": "Treatment", "note": "How, when, by whom"}

    def __init__(self, *args: Any, weigh: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weigh = weigh
        self.fields["text"].required = True
        self.fields["stage"].choices = PlannedTreatment.Stage.choices  # type: ignore[attr-defined]
        if not weigh:
            del self.fields["caution_reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.weigh and not cleaned.get("caution_reason"):
            self.add_error("caution_reason", " ".join(self.weigh))
        return cleaned


class CautionReasonForm(forms.Form):
    caution_reason = forms.CharField(
        label="Why it is chosen all the same",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        error_messages={"required": "Say why: the reason stays on record."},
    )


class ExerciseForm(CareForm):
    class Meta:
        model = HomeExercise
        fields = [
            "name",
            "how",
            "sets",
            "repetitions",
            "hold_seconds",
            "times_a_day",
            "days_a_week",
            "load",
            "pain_rule",
            *CARE_FIELDS,
        ]
        widgets = {"how": forms.Textarea(attrs={"rows": 2}), **care_widgets()}
        labels = {
            "name": "Exercise",
            "hold_seconds": "Hold, in seconds",
            "times_a_day": "Times a day",
            "days_a_week": "Days a week",
            "pain_rule": "Pain rule",
            **CARE_LABELS,
        }
        help_texts = {
            "load": "For example “backpack with 5 kg” or “green band”",
            "pain_rule": "For example “up to 3 of 10, gone by the next morning”",
        }


class LoadStepForm(RecordForm):
    class Meta:
        model = LoadStep
        fields = ["week", "running_km", "running_minutes", "note"]
        labels = {
            "week": "Week of the plan",
            "running_km": "Running, in kilometres a week",
            "running_minutes": "Or in minutes a week",
            "note": "In words",
        }
        help_texts = {"note": "For example “walk 2, run 3, six times, every other day”"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        said = [cleaned.get(name) for name in ("running_km", "running_minutes", "note")]
        if all(one in (None, "") for one in said) and not self.errors:
            self.add_error("running_km", "Give kilometres, minutes, or a few words.")
        return cleaned


class ReferralForm(RecordForm):
    due_on = forms.DateField(
        label="Answer expected by",
        widget=DateInput(),
        help_text="From then on it stands on the worklist as due",
    )

    class Meta:
        model = Referral
        fields = ["to_whom", "reason", "urgency", "referred_on", "answered_on", "answer"]
        widgets = {
            "reason": forms.Textarea(attrs={"rows": 3}),
            "urgency": forms.RadioSelect,
            "referred_on": DateInput(),
            "answered_on": DateInput(),
            "answer": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"to_whom": "To whom", "reason": "Why, and what is asked"}
        help_texts = {"urgency": "The scale of the red flags"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["urgency"].choices = Referral.Urgency.choices  # type: ignore[attr-defined]
        if self.instance._state.adding:
            del self.fields["answered_on"], self.fields["answer"]
            self.fields["referred_on"].initial = timezone.localdate
            self.fields["due_on"].initial = lambda: timezone.localdate() + ANSWER_WITHIN
        else:
            del self.fields["due_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("referred_on", "answered_on", "due_on"):
            try:
                check_day(cleaned.get(name))
            except ValidationError as refusal:
                self.add_error(name, refusal)
        if cleaned.get("answer") and not cleaned.get("answered_on"):
            self.add_error("answered_on", "Say when the answer came.")
        return cleaned
