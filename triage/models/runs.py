from __future__ import annotations

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clinics.tenancy import CompositeForeignKey, tenant_foreign_key
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.encounters import Episode
from triage.models.patients import Patient
from triage.models.programmes import EpisodeProgramme, StepChange
from triage.models.visibility import RecordQuerySet

DISTANCE_KM_MAX = 300
MINUTES_MAX = 2880
MILEAGE_KM_MAX = 9999
DROP_MM_MAX = 30
PAIN_MAX = 10


class ShoeQuerySet(RecordQuerySet):
    patient_path = "patient__"

    def of_patient(self, patient: Patient) -> Self:
        return self.filter(patient=patient)

    def in_use(self) -> Self:
        return self.filter(retired_on=None)

    def with_mileage(self) -> Self:
        """`mileage_km`: kilometres at the start and those of the runs logged since."""
        logged = models.Sum("runs__distance_km", filter=models.Q(runs__removed=False), default=Decimal(0))
        return self.annotate(mileage_km=models.F("km_at_start") + logged)

    def newest_first(self) -> Self:
        return self.order_by(models.F("retired_on").desc(nulls_first=True), "-in_use_since", "name", "id")


class ShoeKind(models.TextChoices):
    TRAINER = "trainer", "Daily trainer"
    RACER = "racer", "Racing shoe"
    TRAIL = "trail", "Trail shoe"
    SPIKES = "spikes", "Spikes"
    MINIMAL = "minimal", "Minimal shoe"
    OTHER = "other", "Other"


class ShoeStiffness(models.TextChoices):
    SOFT = "soft", "Soft, bends easily"
    MEDIUM = "medium", "In between"
    STIFF = "stiff", "Stiff or plated"
    ROCKER = "rocker", "Stiff with a rocker"
    UNKNOWN = "unknown", "Not known"


@tracked
class Shoe(EditableModel):
    """A pair of shoes of the patient; its mileage grows with the runs logged in it."""

    Kind = ShoeKind
    Stiffness = ShoeStiffness

    patient = tenant_foreign_key(Patient, related_name="shoes")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=ShoeKind, default=ShoeKind.TRAINER)
    drop_mm = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(DROP_MM_MAX)]
    )
    stiffness = models.CharField(max_length=10, choices=ShoeStiffness, default=ShoeStiffness.UNKNOWN)
    km_at_start = models.DecimalField(
        max_digits=6,
        decimal_places=1,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(MILEAGE_KM_MAX)],
    )
    in_use_since = models.DateField(null=True, blank=True)
    retired_on = models.DateField(null=True, blank=True, editable=False)
    note = models.CharField(max_length=200, blank=True)

    objects = ShoeQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_shoe_patient"),
            unique_submission("triage_shoe_submission"),
            one_of("kind", ShoeKind, name="triage_shoe_kind"),
            one_of("stiffness", ShoeStiffness, name="triage_shoe_stiffness"),
            not_blank("name", name="triage_shoe_name", message="Name the shoe."),
        ]

    def __str__(self) -> str:
        return self.name


class RunQuerySet(RecordQuerySet):
    patient_path = "episode__patient__"

    def of_episode(self, episode: Episode) -> Self:
        return self.filter(episode=episode)

    def kept(self) -> Self:
        return self.filter(removed=False)

    def oldest_first(self) -> Self:
        return self.order_by("ran_on", "created_at", "id")

    def newest_first(self) -> Self:
        return self.order_by("-ran_on", "-created_at", "id")

    def with_shoe(self) -> Self:
        return self.select_related("shoe")

    def with_patient(self) -> Self:
        return self.select_related("episode__patient", "programme")

    def stops_unanswered(self) -> Self:
        """A stop rule is met in a programme that goes on, and nobody went back or said why not since."""
        answered = StepChange.objects.filter(
            programme=models.OuterRef("programme"),
            kind__in=StepChange.ANSWERS,
            created_at__gte=models.OuterRef("stops_met_at"),
        )
        met = self.kept().filter(programme__status=EpisodeProgramme.Status.RUNNING).exclude(stops_met=[])
        return met.exclude(models.Exists(answered))


class RunKind(models.TextChoices):
    WALK_RUN = "walk_run", "Walk–run"
    FLAT = "flat", "Flat, firm"
    HILLS = "hills", "Hills"
    TRAIL = "trail", "Trail or soft ground"
    TRACK = "track", "Track"
    TREADMILL = "treadmill", "Treadmill"
    INTERVALS = "intervals", "Fast, intervals"
    RACE = "race", "Race"
    OTHER = "other", "Other"


def _pain(label: str) -> models.PositiveSmallIntegerField[int | None, int | None]:
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, validators=[MaxValueValidator(PAIN_MAX)]
    )


@tracked
class Run(EditableModel):
    """One run and what it did to the pain. `programme` and `step` are those of that day; `stops_met` holds
    the codes of the stop rules of that step which the run has met (triage/programmes).
    """

    Kind = RunKind

    episode = tenant_foreign_key(Episode, related_name="runs")
    programme = tenant_foreign_key(EpisodeProgramme, related_name="runs", null=True, blank=True)
    step = models.PositiveSmallIntegerField(default=0, editable=False)
    shoe = tenant_foreign_key(Shoe, related_name="runs", null=True, blank=True)
    ran_on = models.DateField()
    kind = models.CharField(max_length=10, choices=RunKind, default=RunKind.FLAT)
    distance_km = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(DISTANCE_KM_MAX)],
    )
    minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MINUTES_MAX)]
    )
    pain_before = _pain("pain before")
    pain_during = _pain("pain during")
    pain_after = _pain("pain right after")
    pain_next_morning = _pain("pain the next morning")
    start_up_longer = models.BooleanField(null=True, blank=True)
    nerve_symptoms = models.BooleanField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    removed = models.BooleanField(default=False, editable=False)
    stops_met = models.JSONField(default=list, blank=True, editable=False)
    stops_met_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "episode"), name="triage_run_episode"),
            CompositeForeignKey(fields=("clinic", "programme"), name="triage_run_programme"),
            CompositeForeignKey(fields=("clinic", "shoe"), name="triage_run_shoe"),
            unique_submission("triage_run_submission"),
            one_of("kind", RunKind, name="triage_run_kind"),
            models.CheckConstraint(
                condition=models.Q(distance_km__isnull=False) | models.Q(minutes__isnull=False),
                name="triage_run_length",
                violation_error_message="Give the distance, the minutes, or both.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ran_on}"
