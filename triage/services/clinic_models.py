"""A clinic's own numbers: a new version each time, by a lead, on record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from clinics.models import Clinic, Membership
from knowledge.catalogue import catalogue
from triage.differential import current_clinic_model
from triage.errors import NotAllowed, NotEnoughProof, StaleVersion
from triage.models import ClinicModel
from triage.proof import proof_in
from triage.ranking.clinic_model import with_clinic
from triage.ranking.compile import canonical
from triage.services.encounters import release_for
from triage.services.records import audit


@transaction.atomic
def save_clinic_model(
    *, member: Membership, settings: Mapping[str, Any], version: int, reason: str
) -> ClinicModel:
    """The next version of the clinic's own numbers; `version` is the one that was current when they were
    written, 0 for none. The same numbers again give the current version back.

    Raises NotAllowed, StaleVersion, NotEnoughProof, NoRelease, and InvalidRelease with every fault.
    """
    if not member.leads:
        raise NotAllowed
    Clinic.objects.select_for_update().get(pk=member.clinic_id)  # versions follow one another
    current = current_clinic_model(member.clinic_id)
    written = canonical({key: value for key, value in settings.items() if value not in (None, {})})
    if current is not None and bytes(current.document_bytes) == written:
        return current
    _require_current(current, version)
    proof = proof_in(member.clinic_id)
    uses = {
        "uses_base_rates": bool(settings.get("base_rates")),
        "uses_temperature": bool(settings.get("temperature")),
    }
    if (uses["uses_base_rates"] and not proof.allows_base_rates) or (
        uses["uses_temperature"] and not proof.allows_temperature
    ):
        raise NotEnoughProof(consecutive=proof.consecutive, proven=proof.proven)
    with_clinic(catalogue(release_for(member).sha256).document, settings)
    row = ClinicModel(
        clinic_id=member.clinic_id,
        version=(current.version if current else 0) + 1,
        document_bytes=written,
        sha256=hashlib.sha256(written).hexdigest(),
        consecutive_episodes=proof.consecutive,
        proven_episodes=proof.proven,
        reason=reason.strip(),
        saved_by_id=member.user_id,
        **uses,
    )
    row.full_clean(exclude=["clinic", "saved_by"], validate_unique=False)
    row.save(force_insert=True)
    audit(member, "clinic_model.saved", row)
    return row


def _require_current(current: ClinicModel | None, version: int) -> None:
    now = current.version if current else 0
    if now != version:
        raise StaleVersion(mine={"version": version}, theirs={"version": now}, version=now)
