from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.utils import timezone

from clinics.tenancy import CompositeForeignKey, TenantModel, tenant_foreign_key
from triage.models.editable import one_of, tracked
from triage.models.encounters import Encounter, Episode
from triage.models.patients import Patient
from triage.models.prepared import Prepared
from triage.models.visibility import RecordQuerySet

# FOR SHARE waits for a signature that is being written at this moment; without it both could succeed.
SIGNED_VISIT_REFUSES = """
PERFORM 1 FROM triage_encounter WHERE id IN (OLD.encounter_id, NEW.encounter_id) FOR SHARE;
IF EXISTS (
    SELECT 1 FROM triage_encounter
    WHERE id IN (OLD.encounter_id, NEW.encounter_id) AND status = 'signed'
) THEN
    RAISE EXCEPTION 'the visit of this observation is signed' USING ERRCODE = 'restrict_violation';
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


class ObservationQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def answered(self) -> Self:
        return self.exclude(status=Observation.Status.NOT_TESTED)

    def of_patient(self, patient: Patient) -> Self:
        """At every visit that was not discarded."""
        kept = self.exclude(encounter__status=Encounter.Status.DISCARDED)
        return kept.filter(encounter__episode__patient=patient)

    def of_episode(self, episode: Episode) -> Self:
        return self.exclude(encounter__status=Encounter.Status.DISCARDED).filter(encounter__episode=episode)

    def of_findings(self, codes: Collection[str]) -> Self:
        return self.filter(finding_code__in=codes)

    def oldest_visit_first(self) -> Self:
        return self.select_related("encounter").order_by("encounter__held_at", "performed_at", "id")

    def before(self, encounter: Encounter) -> Self:
        """What was answered at the visits on which a visit builds, the newest first, each with its day, and
        with the answers that moves of the visit changed (`moved`, the same on each row).
        """
        visits = Encounter.objects.up_to_previous_of(encounter)
        answered = (
            self.answered()
            .filter(encounter__in=visits)
            .annotate(
                held_at=models.F("encounter__held_at"),
                moved=ArraySubquery(encounter.release_moves.standing().values("answers")),
            )
        )
        return answered.order_by("-held_at", "-encounter__signed_at", "finding_code", "side")

    def in_order(self) -> Self:
        return self.order_by("finding_code", "side")


class ObservationStatus(models.TextChoices):
    OBSERVED = "observed", "Observed"
    EQUIVOCAL = "equivocal", "Equivocal"
    NOT_TESTED = "not_tested", "Not tested"


class ObservationSide(models.TextChoices):
    NONE = "", "No side"
    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    BOTH = "both", "Both"


class ObservationStage(models.TextChoices):
    INTAKE = "intake", "Intake"
    EXAM = "exam", "Examination"
    INVESTIGATION = "investigation", "Investigation"


@tracked
class Observation(TenantModel):
    """A finding's level recorded at a visit. No row means: not asked.

    `version` is the visit's version when the answer was given: it never returns to an earlier number, even
    when an answer is cleared and given again.
    """

    Status = ObservationStatus
    Side = ObservationSide
    Stage = ObservationStage

    if TYPE_CHECKING:
        held_at: dt.datetime  # of its visit: told by `before`

    encounter = tenant_foreign_key(Encounter, related_name="observations")
    finding_code = models.CharField(max_length=63)
    level_code = models.CharField(max_length=63, blank=True)
    status = models.CharField(max_length=10, choices=ObservationStatus, default=ObservationStatus.OBSERVED)
    side = models.CharField(max_length=5, choices=ObservationSide, blank=True, default=ObservationSide.NONE)
    stage = models.CharField(max_length=13, choices=ObservationStage, default=ObservationStage.EXAM)
    performed_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(editable=False)

    objects = ObservationQuerySet.as_manager()
    BEFORE: ClassVar[Prepared]  # the rows of `before`, by visit

    class Meta(TenantModel.Meta):
        constraints = [
            *TenantModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_observation_encounter"),
            models.UniqueConstraint(
                fields=["clinic", "encounter", "finding_code", "side"],
                name="triage_observation_once",
                violation_error_message="This finding is answered already on this side.",
            ),
            one_of("status", ObservationStatus, name="triage_observation_status"),
            one_of("side", ObservationSide, name="triage_observation_side"),
            one_of("stage", ObservationStage, name="triage_observation_stage"),
            models.CheckConstraint(
                condition=models.Q(status="equivocal")
                | models.Q(models.Q(status="not_tested"), level_code="")
                | models.Q(models.Q(status="observed"), ~models.Q(level_code="")),
                name="triage_observation_level",
                violation_error_message="An observed finding has a level; one that was not tested has none.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="signed_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=SIGNED_VISIT_REFUSES,
            )
        ]

    def __str__(self) -> str:
        return self.finding_code

    @property
    def seen_on(self) -> dt.date:
        """Local day of its visit, where the query told when that was held."""
        return timezone.localdate(self.held_at)

    @property
    def answer(self) -> tuple[str, str]:
        """What was said, without when and by whom."""
        return self.status, self.level_code


EXAMPLE = {name: uuid.UUID(int=at) for at, name in enumerate(("id", "previous_id", "episode_id"), start=1)}
Observation.BEFORE = Prepared(
    Observation.objects.before, Encounter, {**EXAMPLE, "created_at": dt.datetime(1, 1, 1, tzinfo=dt.UTC)}
)
