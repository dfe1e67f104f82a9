from __future__ import annotations

from django.contrib import admin

from knowledge.admin.base import CodedAdmin, Entries
from knowledge.models import (
    Avoidance,
    BlockRelief,
    ContributingFactor,
    DefaultRate,
    Effect,
    Finding,
    Level,
    RiskFactor,
)


class LevelEntries(Entries):
    model = Level


class DefaultRateEntries(Entries):
    model = DefaultRate


class AvoidanceEntries(Entries):
    model = Avoidance
    autocomplete_fields = ("condition", "rule")


class BlockReliefEntries(Entries):
    model = BlockRelief


@admin.register(Finding)
class FindingAdmin(CodedAdmin):
    list_display = ["code", "name", "kind", "package", "group", "side_aware", "cluster", "replaced_by"]
    list_filter = ("package", "stage", "kind", "side_aware", ("cluster", admin.EmptyFieldListFilter))
    search_fields = ["code", "name", "synonyms", "question"]
    search_help_text = "Code, name, synonym or question"
    list_select_related = ("cluster", "replaced_by")
    inlines = (LevelEntries, DefaultRateEntries, AvoidanceEntries, BlockReliefEntries)
    autocomplete_fields = (
        "parents",
        "asked_if_finding",
        "cluster",
        "sites",
        "structures",
        "default_source",
        "block_structures",
        "replaced_by",
    )
    fieldsets = (
        (None, {"fields": ("code", "name", "question", "synonyms", "replaced_by")}),
        ("Where it is asked", {"fields": ("stage", "package", "group", "order", "kind", "role")}),
        ("Side and place", {"fields": ("side_aware", "side_control", "sites", "structures")}),
        ("Related findings", {"fields": ("parents", "cluster", "asked_if_finding", "asked_if_level")}),
        (
            "Default rate and error",
            {"fields": ("default_n", "default_source", "default_locator", "default_basis", "epsilon")},
        ),
        ("How", {"fields": ("how_to", "positive_if", "minutes", "discomfort", "cost")}),
        (
            "Diagnostic block",
            {"fields": ("block_structures", "block_technical_success", "block_placebo", "block_complete")},
        ),
    )


class EffectEntries(Entries):
    model = Effect
    autocomplete_fields = ("condition", "source")


@admin.register(RiskFactor)
class RiskFactorAdmin(CodedAdmin):
    list_display = ["code", "name", "group"]
    list_filter = ("group",)
    search_fields = ["code", "name", "synonyms"]
    inlines = (EffectEntries,)
    autocomplete_fields = ("replaced_by",)


@admin.register(ContributingFactor)
class ContributingFactorAdmin(CodedAdmin):
    list_display = ["code", "name", "package", "group", "basis"]
    list_filter = ("package", "group", "basis")
    search_fields = ["code", "name", "synonyms"]
    autocomplete_fields = ("source", "addressed_by", "replaced_by")
