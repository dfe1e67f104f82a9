from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.contrib.postgres.aggregates import StringAgg
from django.core.validators import MaxValueValidator
from django.db import models

from clinics.models import Membership
from clinics.tenancy import CompositeForeignKey, tenant_foreign_key
from triage.models.editable import EditableModel, not_blank, one_of, tracked, unique_submission
from triage.models.search import FoldName, SearchName, holds_one_of, meanings
from triage.models.spelling import near_words, slips_in
from triage.models.visibility import RecordQuerySet

WEEKLY_KM_MAX = 400
CANDIDATES_MAX = 100  # of a search that forgives, before the nearest are chosen
EARLIEST_BIRTH = dt.date(1900, 1, 1)


class PatientQuerySet(RecordQuerySet):
    def search(self, text: str) -> Self:
        """Every word begins a word of the name, or is the date (or year) of birth, or begins the id."""
        found = self
        for word in text.replace("\0", " ").split():  # no stored text can hold the null character
            found = found.filter(meanings(word))
        return found

    def spelled_like(self, text: str, *, most: int = 8) -> list[Any]:
        """Those whose name is a slip or two away from what was typed, the nearest first. Two queries."""
        typed = models.Min(FoldName(models.Value(text.replace("\0", " "))))
        names = self.aggregate(typed=typed, words=StringAgg("search_name", delimiter=""))
        words = frozenset((names["words"] or "").split())
        near = [near_words(word, words) for word in (names["typed"] or "").split()]
        if not near or not all(near):
            return []
        found = self
        for slips in near:
            found = found.filter(holds_one_of(slips))
        nearest = list(found.by_name().with_last_visit()[:CANDIDATES_MAX])
        return sorted(nearest, key=lambda patient: slips_in(patient.search_name, near))[:most]

    def closed_to(self, membership: Membership) -> Self:
        """Restricted records of the clinic that this member may not open."""
        closed = self.of_clinic(membership).filter(restricted=True)
        return closed.exclude(pk__in=self.model._default_manager.visible_to(membership).values("pk"))

    def by_name(self) -> Self:
        return self.order_by("family_name", "given_name", "birth_date", "id")

    def with_last_visit(self) -> Self:
        return self.annotate(last_visit_at=models.Max("episodes__encounters__held_at"))


class PatientSex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


@tracked
class Patient(EditableModel):
    Sex = PatientSex

    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    birth_date = models.DateField("date of birth")
    sex = models.CharField(max_length=10, choices=PatientSex, default=PatientSex.UNKNOWN)
    sport = models.CharField(max_length=100, blank=True)
    weekly_km = models.PositiveSmallIntegerField(
        "weekly distance (km)", null=True, blank=True, validators=[MaxValueValidator(WEEKLY_KM_MAX)]
    )
    note = models.TextField(blank=True)
    restricted = models.BooleanField(default=False, editable=False)
    search_name = models.GeneratedField(
        expression=SearchName("given_name", "family_name"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = PatientQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            unique_submission("triage_patient_submission"),
            not_blank("given_name", name="triage_patient_given_name", message="Enter the given name."),
            not_blank("family_name", name="triage_patient_family_name", message="Enter the family name."),
            one_of("sex", PatientSex, name="triage_patient_sex"),
            models.CheckConstraint(
                condition=models.Q(birth_date__gte=EARLIEST_BIRTH),
                name="triage_patient_birth_date",
                violation_error_message="The date of birth lies before 1900.",
            ),
            models.CheckConstraint(
                condition=models.Q(weekly_km__isnull=True) | models.Q(weekly_km__lte=WEEKLY_KM_MAX),
                name="triage_patient_weekly_km",
                violation_error_message=f"The weekly distance is at most {WEEKLY_KM_MAX} km.",
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "family_name", "given_name"], name="triage_patient_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    def age_on(self, day: dt.date) -> int:
        """Completed years."""
        before_birthday = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before_birthday

    @property
    def age_years(self) -> int:
        return self.age_on(dt.date.today())


class PatientItemQuerySet(RecordQuerySet):
    patient_path = "patient__"

    def current(self, day: dt.date) -> Self:
        return self.filter(models.Q(ended_on__isnull=True) | models.Q(ended_on__gt=day))


class ItemKind(models.TextChoices):
    COMORBIDITY = "comorbidity", "Comorbidity"
    MEDICINE = "medicine", "Medicine"
    ALLERGY = "allergy", "Allergy"


@tracked
class PatientItem(EditableModel):
    """A comorbidity, a medicine or an allergy; `code` is set where the knowledge has a word for it."""

    Kind = ItemKind

    patient = tenant_foreign_key(Patient, related_name="items")
    kind = models.CharField(max_length=12, choices=ItemKind)
    code = models.CharField(max_length=63, blank=True)
    text = models.CharField(max_length=200)
    ended_on = models.DateField(null=True, blank=True)

    objects = PatientItemQuerySet.as_manager()

    class Meta(EditableModel.Meta):
        constraints = [
            *EditableModel.Meta.constraints,
            CompositeForeignKey(fields=("clinic", "patient"), name="triage_patientitem_patient"),
            unique_submission("triage_patientitem_submission"),
            one_of("kind", ItemKind, name="triage_patientitem_kind"),
            not_blank("text", name="triage_patientitem_text", message="Say what it is."),
        ]
        ordering = ["kind", "text"]

    def __str__(self) -> str:
        return self.text

    def is_current(self, day: dt.date) -> bool:
        return self.ended_on is None or self.ended_on > day
