"""What is typed and not sent yet is kept on the server, so that neither a closed laptop nor a sign-out loses
it.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from clinics.models import Membership
from triage.errors import TooMuchText
from triage.models import Patient, UnsentForm
from triage.services.records import guard

CHARACTERS_MAX = 100_000


@transaction.atomic
def keep_unsent(
    *, member: Membership, path: str, heading: str, fields: Mapping[str, str], patient: Patient | None = None
) -> UnsentForm:
    """Keep the newest state of one form of one person. Raises TooMuchText."""
    if sum(map(len, fields.values())) > CHARACTERS_MAX:
        raise TooMuchText(most=CHARACTERS_MAX)
    if patient is not None:
        guard(member, patient)
    kept, _ = UnsentForm.objects.update_or_create(
        clinic_id=member.clinic_id,
        user_id=member.user_id,
        path=path,
        defaults={"heading": heading, "patient": patient, "fields": dict(fields)},
    )
    return kept


def drop_unsent(*, member: Membership, path: str) -> None:
    UnsentForm.objects.of(member).at(path).delete()
