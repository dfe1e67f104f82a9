"""Forms around restricted records."""

from __future__ import annotations

from typing import Any

from django import forms

from clinics.models import Membership
from triage.forms import PlainForm
from triage.models import Patient
from triage.models.restriction import REASON_LENGTH_MIN

TEXT_MAX = 1000


class BreakGlassForm(PlainForm):
    reason = forms.CharField(
        label="Why you need this record now",
        min_length=REASON_LENGTH_MIN,
        max_length=TEXT_MAX,
        help_text="The clinic’s lead reads this.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )


class ReviewForm(PlainForm):
    note = forms.CharField(label="Note", max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 2}))


class RestrictionForm(PlainForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    restricted = forms.BooleanField(
        label="Restricted",
        required=False,
        help_text="Closed to colleagues outside the care team below. Leads, and whoever wrote one of the"
        " visits, open the record in any case.",
    )
    team = forms.MultipleChoiceField(label="Care team", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, patient: Patient, member: Membership, **kwargs: Any) -> None:
        team = [str(row.user_id) for row in patient.care_team.all()]
        initial = {"version": patient.version, "restricted": patient.restricted, "team": team}
        super().__init__(*args, **{**kwargs, "initial": initial})
        members = Membership.objects.filter(clinic_id=member.clinic_id).select_related("user")
        people = [(str(row.user_id), str(row.user)) for row in members.order_by("user__name")]
        self.fields["team"].choices = people  # type: ignore[attr-defined]
