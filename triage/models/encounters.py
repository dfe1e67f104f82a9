from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property

from clinics.tenancy import CompositeForeignKey, tenant_foreign_key
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.patients import Patient
from triage.models.visibility import RecordQuerySet

if TYPE_CHECKING:
    from triage.models.assessments import Assessment
    from triage.models.observations import Observation


class EpisodeQuerySet(RecordQuerySet):
    patient_path = "patient__"

    def open(self) -> Self:
        return self.filter(status=Episode.Status.OPEN)

    def with_signed_visit(self) -> Self:
        signed = Encounter.objects.filter(episode=models.OuterRef("pk"), status=Encounter.Status.SIGNED)
        return self.filter(models.Exists(signed))

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "id")


class EpisodeSide(models.TextChoices):
    LEFT = "left", "Left"
    RIGHT = "right", "Right"
    BOTH = "both", "Both"
    UNKNOWN = "unknown", "Unknown"


class EpisodeStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class EpisodeOnset(models.TextChoices):
    NOT_ASKED = "", "Not asked"
    SUDDEN = "sudden", "Sudden, in one step or blow"
    OVER_DAYS = "over_days", "Within days"
    GRADUAL = "gradual", "Gradual, over weeks"


class LoadChange(models.TextChoices):
    """What the load on the foot did in the weeks before the onset."""

    NOT_ASKED = "", "Not asked"
    NONE = "none", "No change"
    MORE = "more", "More distance or more days"
    FASTER = "faster", "Faster, hills or jumps"
    SURFACE = "surface", "Other surface or shoes"
    RETURN = "return", "Back after a break"
    WORK = "work", "More standing or walking at work"


class Irritability(models.TextChoices):
    """How easily the pain is stirred and how long it lasts (docs/following.md: expert estimate)."""

    NOT_JUDGED = "", "Not judged"
    LOW = "low", "Low"
    MODERATE = "moderate", "Moderate"
    HIGH = "high", "High"


@tracked
class Episode(EditableModel):
    """One complaint, followed over time. `site_code` is a site of the knowledge; codes stay for ever."""

    Side = EpisodeSide
    Status = EpisodeStatus
    Onset = EpisodeOnset
    LoadChange = LoadChange
    Irritability = Irritability

    patient = tenant_foreign_key(Patient, related_name="episodes")
    title = models.CharField(max_length=200)
    side = models.CharField(max_length=10, choices=EpisodeSide, default=EpisodeSide.UNKNOWN)
    site_code = models.CharField("place", max_length=63, blank=True)
    onset_on = models.DateField(null=True, blank=True)
    onset = models.CharField(max_length=10, choices=EpisodeOnset, blank=True, default=EpisodeOnset.NOT_ASKED)
    load_change = models.CharField(
        "load before the onset", max_length=10, choices=LoadChange, blank=True, default=LoadChange.NOT_ASKED
    )
    load_change_note = models.CharField(max_length=200, blank=True)
    irritability = models.CharField(
        max_length=10, choices=Irritability, blank=True, default=Irritability.NOT_JUDGED
    )
    note = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=EpisodeStatus, default=EpisodeStatus.OPEN)

    objects = EpisodeQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_episode_patient"),
            unique_submission("triage_episode_submission"),
            not_blank("title", name="triage_episode_title", message="Name the complaint."),
            one_of("side", EpisodeSide, name="triage_episode_side"),
            one_of("onset", EpisodeOnset, name="triage_episode_onset"),
            one_of("load_change", LoadChange, name="triage_episode_load_change"),
            one_of("irritability", Irritability, name="triage_episode_irritability"),
            one_of("status", EpisodeStatus, name="triage_episode_status"),
        ]

    def __str__(self) -> str:
        return self.title


class EncounterQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def drafts(self) -> Self:
        return self.filter(status=Encounter.Status.DRAFT)

    def signed(self) -> Self:
        return self.filter(status=Encounter.Status.SIGNED)

    def kept(self) -> Self:
        return self.exclude(status=Encounter.Status.DISCARDED)

    def held_by(self, moment: dt.datetime) -> Self:
        return self.filter(held_at__lte=moment)

    def up_to_previous_of(self, encounter: Encounter) -> Self:
        """The signed visits on which a visit builds. What is signed after it began stays out, so that this
        never changes.
        """
        previous = models.Q(pk=encounter.previous_id)
        latest = models.Subquery(Encounter.objects.filter(previous).values("held_at"))
        known = models.Q(signed_at__lte=encounter.created_at) | previous
        return self.signed().filter(known, episode=encounter.episode_id, held_at__lte=latest)

    def held_on(self, day: dt.date) -> Self:
        return self.filter(held_at__date=day)

    def not_held_on(self, day: dt.date) -> Self:
        return self.exclude(held_at__date=day)

    def newest_first(self) -> Self:
        return self.order_by("-held_at", "-created_at", "id")

    def oldest_first(self) -> Self:
        return self.order_by("held_at", "created_at", "id")

    def with_patient(self) -> Self:
        """With all that the workspace shows around the answers; without the release's long document."""
        return self.with_record().select_related("release").defer("release__document_bytes")

    def with_record(self) -> Self:
        """With episode and patient; the process knows the release by its id (knowledge/compiled.py)."""
        return self.select_related("episode__patient")

    def with_answer_count(self) -> Self:
        """Counted for the visits that are read alone: joined, the answers of a whole clinic would be."""
        answers = self.model._meta.get_field("observations").related_model.objects
        of_visit = answers.answered().filter(encounter=models.OuterRef("pk")).order_by().values("encounter")
        count = models.Subquery(of_visit.annotate(count=models.Count("pk")).values("count"))
        return self.annotate(answer_count=Coalesce(count, 0))


SIGNED_IS_FINAL = pgtrigger.Protect(
    name="signed_is_final",
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__status="signed"),
)


class EncounterSetting(models.TextChoices):
    RUNNERS = "runners", "Runners"
    SPORTS_CLINIC = "sports_clinic", "Sports clinic"
    PRIMARY_CARE = "primary_care", "Primary care"


class EncounterStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    SIGNED = "signed", "Signed"
    DISCARDED = "discarded", "Discarded"


@tracked
class Encounter(EditableModel):
    """One visit. A draft is pinned to the release it began with; a signed one never changes."""

    Setting = EncounterSetting
    Status = EncounterStatus

    episode = tenant_foreign_key(Episode, related_name="encounters")
    release = models.ForeignKey(
        "knowledge.Release", on_delete=models.PROTECT, related_name="+", editable=False
    )
    previous = tenant_foreign_key(
        "self", related_name="following", null=True, blank=True, editable=False
    )  # the newest signed visit of the complaint when this one began
    setting = models.CharField(
        max_length=20, choices=EncounterSetting, default=EncounterSetting.SPORTS_CLINIC
    )
    held_at = models.DateTimeField("held on", default=timezone.now)
    note = models.TextField(blank=True)
    status = models.CharField(
        max_length=10, choices=EncounterStatus, default=EncounterStatus.DRAFT, editable=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    signed_at = models.DateTimeField(null=True, editable=False)

    objects = EncounterQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_encounter_episode"),
            CompositeForeignKey(fields=("clinic", "previous"), name="triage_encounter_previous"),
            unique_submission("triage_encounter_submission"),
            one_of("setting", EncounterSetting, name="triage_encounter_setting"),
            one_of("status", EncounterStatus, name="triage_encounter_status"),
            models.CheckConstraint(
                condition=models.Q(status="signed", signed_by__isnull=False, signed_at__isnull=False)
                | models.Q(~models.Q(status="signed"), signed_by__isnull=True, signed_at__isnull=True),
                name="triage_encounter_signature",
                violation_error_message="A signed visit says who signed it and when; any other says neither.",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "status", "-held_at"], name="triage_encounter_worklist"),
        ]
        triggers = [SIGNED_IS_FINAL]

    def __str__(self) -> str:
        return f"{self.held_at:%Y-%m-%d}"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_signed(self) -> bool:
        return self.status == self.Status.SIGNED

    @cached_property
    def earlier_rows(self) -> list[Observation]:
        """What was answered at the visits on which this one builds, the newest first. One query."""
        if self.previous_id is None:
            return []
        return self.observations.model.BEFORE.rows(self)

    @cached_property
    def withheld(self) -> list[dict[str, str]]:
        """Answers of this visit that could not follow when it moved to another release (ReleaseMove). No
        earlier answer takes their place. Read only where there are earlier answers.
        """
        moves = self.earlier_rows[0].moved if self.earlier_rows else []  # type: ignore[attr-defined]
        return [entry for answers in moves for entry in answers if entry["reason"]]

    @cached_property
    def assessment(self) -> Assessment:
        """The differential frozen at signing. Raises DoesNotExist before."""
        return self.assessments.get()
