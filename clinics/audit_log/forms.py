from __future__ import annotations

import datetime as dt
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone

from clinics.models import AuditEventQuerySet, Membership

KINDS = {
    "": "everything",
    "record.opened": "opened a record",
    "record.refused": "was refused a record",
    "glass.": "broke the glass",
    "patient": "changed a patient’s details",
    "encounter.": "changed a visit",
    "observation.": "answered a finding",
    "member": "changed members",
    "audit.": "exported what is on record",
}


class LogFilterForm(forms.Form):
    """Travels in the address: ids and days only."""

    person = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(label="What", choices=list(KINDS.items()), required=False)
    patient = forms.UUIDField(
        label="Patient’s id", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, *, member: Membership) -> None:
        super().__init__(data)
        members = Membership.objects.filter(clinic_id=member.clinic_id).select_related("user")
        people = [(str(row.user_id), str(row.user)) for row in members.order_by("user__name")]
        self.fields["person"].choices = [("", "everybody"), *people]  # type: ignore[attr-defined]
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True  # sent by GET: a token would travel in the address

    def chosen(self, events: AuditEventQuerySet) -> AuditEventQuerySet:
        wanted = self.cleaned_data
        if wanted.get("person"):
            events = events.filter(user_id=wanted["person"])
        if wanted.get("kind"):
            events = events.filter(action__startswith=wanted["kind"])
        if wanted.get("patient"):
            events = events.of_patient(wanted["patient"])
        if wanted.get("day"):
            start = timezone.make_aware(dt.datetime.combine(wanted["day"], dt.time.min))
            events = events.filter(at__gte=start, at__lt=start + dt.timedelta(days=1))
        return events
