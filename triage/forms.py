"""Forms of the patient's record. They validate; the services write."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property

from triage.models import Encounter, Patient, PatientItem
from triage.models.patients import EARLIEST_BIRTH

VISIT_AHEAD_MAX = dt.timedelta(days=366)
AHEAD_MAX = dt.timedelta(days=3 * 366)  # of what is planned


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def past_day(day: dt.date | None) -> dt.date | None:
    """The day as it is, if any; raises ValidationError for tomorrow and for a slip of the century."""
    if day is not None and day > timezone.localdate():
        raise ValidationError("The day lies in the future.")
    if day is not None and day < EARLIEST_BIRTH:
        raise ValidationError("The day lies before 1900; check the year.")
    return day


class FieldsOnly:
    """Drawn without a form tag of its own, which the page writes."""

    @cached_property
    def helper(self) -> FormHelper:
        """Made when the form is drawn: by then it has all its fields, and has lost those it does without."""
        helper = FormHelper(self)
        helper.form_tag = False
        return helper


class PlainForm(FieldsOnly, forms.Form):
    """Of no model."""


class RecordForm(FieldsOnly, forms.ModelForm):
    """A model form that protects the record: an id against repeats, a version against stale pages."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["version"]
            self.fields["submission_id"].initial = uuid.uuid4
        else:
            del self.fields["submission_id"]
            self.fields["version"].required = True
            self.fields["version"].initial = self.instance.version

    def record_values(self) -> dict[str, Any]:
        """The cleaned values of the model's own fields."""
        return {
            name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.cleaned_data
        }


class PatientForm(RecordForm):
    class Meta:
        model = Patient
        fields = ["given_name", "family_name", "birth_date", "sex", "sport", "weekly_km", "note"]
        widgets = {
            "birth_date": DateInput(),
            "note": forms.Textarea(attrs={"rows": 3}),
            "sex": forms.RadioSelect,
        }
        labels = {"birth_date": "Date of birth", "weekly_km": "Weekly distance, in kilometres"}
        help_texts = {"sport": "The main one, for example marathon or trail running"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sex"].choices = Patient.Sex.choices  # type: ignore[attr-defined]
        for name in ("given_name", "family_name", "birth_date"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_birth_date(self) -> dt.date:
        born: dt.date = self.cleaned_data["birth_date"]
        if born > timezone.localdate():
            raise ValidationError("The date of birth lies in the future.")
        return born


class PatientItemForm(RecordForm):
    class Meta:
        model = PatientItem
        fields = ["kind", "text"]
        widgets = {"kind": forms.RadioSelect}
        labels = {"text": "What"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = PatientItem.Kind.choices  # type: ignore[attr-defined]


class EncounterForm(RecordForm):
    class Meta:
        model = Encounter
        fields = ["held_at", "setting", "note"]
        widgets = {
            "held_at": forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
            "setting": forms.RadioSelect,
            "note": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"held_at": "When", "setting": "Where"}
        help_texts = {"setting": "How common each condition is depends on who comes to you"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["setting"].choices = Encounter.Setting.choices  # type: ignore[attr-defined]

    def clean_held_at(self) -> dt.datetime:
        held_at: dt.datetime = self.cleaned_data["held_at"]
        if held_at.date() < EARLIEST_BIRTH:
            raise ValidationError("The visit lies before 1900; check the year.")
        if held_at > timezone.now() + VISIT_AHEAD_MAX:
            raise ValidationError("The visit lies more than a year ahead; check the year.")
        return held_at


class AddendumForm(PlainForm):
    text = forms.CharField(label="Addendum", widget=forms.Textarea(attrs={"rows": 3}), max_length=10_000)
    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)


class SignForm(PlainForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        label="I have checked patient, side and answers",
        error_messages={"required": "Tick this once you have checked patient, side and answers."},
    )
    unscreened = forms.BooleanField(
        label="Sign although the urgent conditions named above are not yet screened", required=False
    )

    def ask_about(self, unscreened: bool) -> None:
        """The second tick is there where urgent conditions are not screened, and only there."""
        if not unscreened:
            del self.fields["unscreened"]


class DismissalForm(PlainForm):
    reason = forms.CharField(
        label="Why it does not count here",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        error_messages={"required": "Say why: the reason stays on record."},
    )
