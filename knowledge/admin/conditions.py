from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from knowledge.admin.base import SMALL_TEXT, CodedAdmin, Entries
from knowledge.models import (
    Caution,
    Condition,
    ConditionTreatment,
    Dispute,
    Evidence,
    EvidenceCount,
    Exclusion,
    IcdCode,
    PainSource,
    Position,
    Prior,
)


class IcdCodeEntries(Entries):
    model = IcdCode


class PriorEntries(Entries):
    model = Prior
    autocomplete_fields = ("source",)


class EvidenceEntries(Entries):
    """The evidence at a glance; the rest of a row stands on its own page, one click away."""

    model = Evidence
    fields = (
        "finding",
        "level",
        "positives",
        "n",
        "probability",
        "frequency_class",
        "source",
        "locator",
        "basis",
    )
    autocomplete_fields = ("finding", "source")
    show_change_link = True


class ConditionTreatmentEntries(Entries):
    model = ConditionTreatment
    autocomplete_fields = ("treatment", "source")
    show_change_link = True


class ExclusionEntries(Entries):
    model = Exclusion
    autocomplete_fields = ("finding", "source")


class PainSourceEntries(Entries):
    model = PainSource
    autocomplete_fields = ("structure",)


class DisputeEntries(Entries):
    model = Dispute
    show_change_link = True


@admin.register(Condition)
class ConditionAdmin(CodedAdmin):
    list_display = ["code", "name", "nature", "urgency", "evidence_rows", "replaced_by"]
    list_filter = ("urgency", "nature", "sites")
    search_fields = ["code", "name", "synonyms"]
    search_help_text = "Code, name or synonym"
    list_select_related = ("replaced_by",)
    autocomplete_fields = ("sites", "structures", "mimics", "recovery_source", "replaced_by")
    inlines = (
        IcdCodeEntries,
        PriorEntries,
        EvidenceEntries,
        ConditionTreatmentEntries,
        ExclusionEntries,
        PainSourceEntries,
        DisputeEntries,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(evidence_count=Count("evidence"))

    @admin.display(description="evidence", ordering="evidence_count")
    def evidence_rows(self, row: Any) -> int:
        return int(row.evidence_count)


class EvidenceCountEntries(Entries):
    model = EvidenceCount


@admin.register(Evidence)
class EvidenceAdmin(admin.ModelAdmin):
    actions = None
    formfield_overrides = SMALL_TEXT
    list_display = ["condition", "finding", "level", "positives", "n", "frequency_class", "basis", "source"]
    list_filter = ("basis", "risk_of_bias", "frequency_class", "condition")
    list_select_related = ("condition", "finding", "source")
    search_fields = [
        "condition__code",
        "condition__name",
        "finding__code",
        "finding__name",
        "source__citation",
    ]
    search_help_text = "Condition, finding or source"
    autocomplete_fields = ("condition", "finding", "source")
    inlines = (EvidenceCountEntries,)
    list_per_page = 50


class CautionEntries(Entries):
    model = Caution
    autocomplete_fields = ("if_risk_factor", "source")


@admin.register(ConditionTreatment)
class ConditionTreatmentAdmin(admin.ModelAdmin):
    actions = None
    formfield_overrides = SMALL_TEXT
    list_display = ["condition", "treatment", "stage", "basis", "source"]
    list_filter = ("stage", "basis", "condition")
    list_select_related = ("condition", "treatment", "source")
    search_fields = ["condition__name", "treatment__name", "source__citation"]
    autocomplete_fields = ("condition", "treatment", "source")
    inlines = (CautionEntries,)


class PositionEntries(Entries):
    model = Position
    autocomplete_fields = ("source",)


@admin.register(Dispute)
class DisputeAdmin(admin.ModelAdmin):
    actions = None
    list_display = ["topic", "condition"]
    list_select_related = ("condition",)
    search_fields = ["topic", "condition__name"]
    autocomplete_fields = ("condition",)
    inlines = (PositionEntries,)
