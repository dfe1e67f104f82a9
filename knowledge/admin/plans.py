from __future__ import annotations

from django.contrib import admin

from knowledge.admin.base import CodedAdmin, Entries
from knowledge.models import Programme, Rule, Step, Treatment


@admin.register(Treatment)
class TreatmentAdmin(CodedAdmin):
    search_fields = ["code", "name", "description"]


@admin.register(Rule)
class RuleAdmin(CodedAdmin):
    list_display = ["code", "name", "condition", "urgency", "basis"]
    list_filter = ("urgency", "basis")
    search_fields = ["code", "name", "action"]
    list_select_related = ("condition",)
    autocomplete_fields = ("condition", "source")


class StepEntries(Entries):
    model = Step


@admin.register(Programme)
class ProgrammeAdmin(CodedAdmin):
    autocomplete_fields = ("conditions", "source")
    inlines = (StepEntries,)
