from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Self

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinics.tenancy import CompositeForeignKey, tenant_foreign_key
from triage.blocks import Reading, Verdict, agent, judge
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.encounters import Encounter, Episode
from triage.models.visibility import RecordQuerySet

PAIN_MOST = 10
VOLUME_MOST_ML = 20

# FOR SHARE waits for a signature that is being written at this moment; without it both could succeed.
SIGNED_VISIT_REFUSES = """
PERFORM 1 FROM triage_encounter WHERE id = NEW.encounter_id FOR SHARE;
IF EXISTS (SELECT 1 FROM triage_encounter WHERE id = NEW.encounter_id AND status = 'signed') THEN
    RAISE EXCEPTION 'the visit of this block is signed' USING ERRCODE = 'restrict_violation';
END IF;
RETURN NEW;
"""
DECLARED_BEFORE = """
IF OLD.injected_at IS NOT NULL AND (
    NEW.injected_at IS NULL
    OR (OLD.encounter_id, OLD.finding_code, OLD.side, OLD.task, OLD.pain_before, OLD.declared_at)
    IS DISTINCT FROM
    (NEW.encounter_id, NEW.finding_code, NEW.side, NEW.task, NEW.pain_before, NEW.declared_at)
) THEN
    RAISE EXCEPTION 'what was declared stays as it was before the injection'
    USING ERRCODE = 'restrict_violation';
END IF;
IF EXISTS (SELECT 1 FROM triage_painreading WHERE block_id = NEW.id AND read_at < NEW.injected_at) THEN
    RAISE EXCEPTION 'a reading lies before the injection' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""
READ_AFTER = """
PERFORM 1 FROM triage_encounter e JOIN triage_diagnosticblock b ON b.encounter_id = e.id
WHERE b.id = NEW.block_id FOR SHARE OF e;
IF EXISTS (
    SELECT 1 FROM triage_encounter e JOIN triage_diagnosticblock b ON b.encounter_id = e.id
    WHERE b.id = NEW.block_id AND e.status = 'signed'
) THEN
    RAISE EXCEPTION 'the visit of this reading is signed' USING ERRCODE = 'restrict_violation';
END IF;
IF NOT EXISTS (
    SELECT 1 FROM triage_diagnosticblock WHERE id = NEW.block_id AND injected_at <= NEW.read_at
) THEN
    RAISE EXCEPTION 'a reading follows the injection' USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


class BlockSide(models.TextChoices):
    NONE = "", "No side"
    LEFT = "left", "Left"
    RIGHT = "right", "Right"


class BlockGuidance(models.TextChoices):
    LANDMARK = "landmark", "By landmark"
    ULTRASOUND = "ultrasound", "Ultrasound"
    STIMULATOR = "stimulator", "Nerve stimulator"
    FLUOROSCOPY = "fluoroscopy", "Fluoroscopy"


class AllergyAnswer(models.TextChoices):
    NONE = "none", "Asked: none"
    SOME = "some", "Asked: there is one"


class NumbArea(models.TextChoices):
    UNCHECKED = "", "Not checked"
    NUMB = "numb", "Numb"
    PARTLY = "partly", "Partly numb"
    NOT_NUMB = "not_numb", "Not numb"


class DiagnosticBlockQuerySet(RecordQuerySet):
    patient_path = "encounter__episode__patient__"

    def of_encounter(self, encounter: Encounter) -> Self:
        return self.filter(encounter=encounter)

    def standing(self) -> Self:
        return self.filter(called_off_at=None)

    def of_drafts(self) -> Self:
        return self.filter(encounter__status=Encounter.Status.DRAFT)

    def injected_on(self, day: dt.date) -> Self:
        return self.filter(injected_at__date=day)

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(encounter__episode=episode)

    def given(self) -> Self:
        return self.exclude(injected_at=None)

    def with_all(self) -> Self:
        """With readings, the answers of the visit, and who injected; the visit knows its release by id."""
        people = self.select_related("encounter", "injected_by")
        return people.prefetch_related("readings", "encounter__observations")

    def with_readings(self) -> Self:
        return self.prefetch_related("readings")

    def with_patient(self) -> Self:
        return self.select_related("encounter__episode__patient")

    def oldest_first(self) -> Self:
        return self.order_by("declared_at", "id")


@tracked
class DiagnosticBlock(EditableModel):
    """An injection at a named site against a task that was declared, with its pain, before it was given.

    Until `injected_at` it is a declaration and may be called off; from then on what was declared stays.
    """

    Side = BlockSide
    Guidance = BlockGuidance
    AllergyAnswer = AllergyAnswer
    NumbArea = NumbArea

    encounter = tenant_foreign_key(Encounter, related_name="blocks")
    finding_code = models.CharField(max_length=63)
    side = models.CharField(max_length=5, choices=BlockSide, blank=True, default=BlockSide.NONE)
    site = models.CharField(max_length=120)
    task = models.CharField(max_length=200)
    pain_before = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(PAIN_MOST)]
    )
    declared_at = models.DateTimeField()
    called_off_at = models.DateTimeField(null=True, blank=True, editable=False)

    allergy_answer = models.CharField(max_length=4, choices=AllergyAnswer, blank=True, default="")
    allergy_words = models.CharField(max_length=500, blank=True, default="")
    overridden = models.JSONField(default=list, blank=True, editable=False)
    override_reason = models.CharField(max_length=500, blank=True, default="")

    agent = models.CharField(max_length=30, blank=True, default="")
    concentration_percent = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    volume_ml = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    guidance = models.CharField(max_length=12, choices=BlockGuidance, blank=True, default="")
    injected_at = models.DateTimeField(null=True, blank=True)
    injected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    numb_area = models.CharField(max_length=8, choices=NumbArea, blank=True, default="")
    next_day_note = models.TextField(max_length=2000, blank=True, default="")

    objects = DiagnosticBlockQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "encounter"), name="triage_diagnosticblock_encounter"),
            unique_submission("triage_diagnosticblock_submission"),
            one_of("side", BlockSide, name="triage_diagnosticblock_side"),
            not_blank("site", name="triage_diagnosticblock_site", message="Name the site."),
            not_blank("task", name="triage_diagnosticblock_task", message="Name the task that provokes it."),
            models.UniqueConstraint(
                fields=["clinic", "encounter", "finding_code", "side"],
                condition=models.Q(called_off_at=None),
                name="triage_diagnosticblock_once",
                violation_error_message="This visit has this block on this side already: open that one.",
            ),
            models.CheckConstraint(
                condition=models.Q(pain_before__gte=1, pain_before__lte=PAIN_MOST),
                name="triage_diagnosticblock_pain",
                violation_error_message="The task must hurt before: pain 1 to 10.",
            ),
            models.CheckConstraint(
                condition=models.Q(injected_at=None) | models.Q(injected_at__gte=models.F("declared_at")),
                name="triage_diagnosticblock_order",
                violation_error_message="The injection comes after the task and its pain were declared.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    injected_at=None, injected_by=None, agent="", volume_ml=None, concentration_percent=None
                )
                | models.Q(
                    ~models.Q(agent=""),
                    called_off_at=None,
                    injected_at__isnull=False,
                    injected_by__isnull=False,
                    guidance__in=BlockGuidance.values,
                    allergy_answer__in=AllergyAnswer.values,
                    volume_ml__gt=0,
                    volume_ml__lte=VOLUME_MOST_ML,
                    concentration_percent__gt=0,
                    concentration_percent__lte=5,
                ),
                name="triage_diagnosticblock_given",
                violation_error_message=(
                    "An injection has agent, concentration, volume (up to 20 ml), guidance, and allergies"
                    " that were asked about."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(overridden=[]) | ~models.Q(override_reason=""),
                name="triage_diagnosticblock_reason",
                violation_error_message="Say why the block is given although something stands against it.",
            ),
        ]
        triggers = [
            NEVER_DELETED,
            pgtrigger.Trigger(
                name="signed_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=SIGNED_VISIT_REFUSES,
            ),
            pgtrigger.Trigger(
                name="declared_before",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=DECLARED_BEFORE,
            ),
        ]

    def __str__(self) -> str:
        return self.finding_code

    @property
    def is_given(self) -> bool:
        return self.injected_at is not None

    def verdict(self, readings: Iterable[PainReading]) -> Verdict | None:
        """What the readings support; None before the injection."""
        if not self.is_given:
            return None
        counted = [
            Reading(self.minutes_after(row.read_at), row.pain, row.of_task)
            for row in readings
            if not row.withdrawn
        ]
        return judge(self.pain_before, counted, agent(self.agent))

    def minutes_after(self, at: dt.datetime) -> int:
        """Whole minutes from the injection to `at`."""
        if self.injected_at is None:
            raise ValueError("nothing was injected yet")
        return int((at - self.injected_at).total_seconds() // 60)


class PainReadingQuerySet(RecordQuerySet):
    patient_path = "block__encounter__episode__patient__"

    def oldest_first(self) -> Self:
        return self.order_by("read_at", "created_at", "id")


@tracked
class PainReading(EditableModel):
    """Pain 0–10 on repeating the declared task (or, if not `of_task`, of something else) after the block.

    One that was taken by mistake is `withdrawn`: it stays, and counts for nothing.
    """

    block = tenant_foreign_key(DiagnosticBlock, related_name="readings")
    read_at = models.DateTimeField()
    pain = models.PositiveSmallIntegerField(validators=[MaxValueValidator(PAIN_MOST)])
    of_task = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True, default="")
    withdrawn = models.BooleanField(default=False)

    objects = PainReadingQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "block"), name="triage_painreading_block"),
            unique_submission("triage_painreading_submission"),
            models.CheckConstraint(
                condition=models.Q(pain__gte=0, pain__lte=PAIN_MOST),
                name="triage_painreading_pain",
                violation_error_message="Pain is a whole number from 0 to 10.",
            ),
        ]
        triggers = [
            NEVER_DELETED,
            pgtrigger.Trigger(
                name="read_after",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=READ_AFTER,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pain}"
