"""The forms that a person began and did not send, as the worklist names them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from clinics.models import Membership
from triage.models import UnsentForm

ADDENDA = re.compile(r"addenda/$")  # written on the page of its visit


@dataclass(frozen=True)
class UnsentRow:
    url: str
    heading: str
    patient: str
    saved_at: dt.datetime


def unsent_rows(member: Membership) -> list[UnsentRow]:
    forms = UnsentForm.objects.of(member).newest_first().select_related("patient")
    return [
        UnsentRow(ADDENDA.sub("", form.path), form.heading, str(form.patient or ""), form.saved_at)
        for form in forms
    ]
