from __future__ import annotations

from django.contrib import admin

from knowledge.admin.base import CodedAdmin
from knowledge.models import Cluster, Site, Source, Structure


@admin.register(Site)
class SiteAdmin(CodedAdmin):
    list_display = ["code", "name", "parent"]
    search_fields = ["code", "name", "synonyms"]
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)


@admin.register(Structure)
class StructureAdmin(CodedAdmin):
    list_display = ["code", "name", "kind"]
    list_filter = ("kind",)
    autocomplete_fields = ("sites",)


@admin.register(Cluster)
class ClusterAdmin(CodedAdmin):
    list_display = ["code", "name", "phi"]


@admin.register(Source)
class SourceAdmin(CodedAdmin):
    list_display = ["code", "citation", "doi", "pmid", "status"]
    list_filter = ("status", "kind")
    search_fields = ["code", "citation", "doi", "pmid"]
    search_help_text = "Code, words of the citation, DOI or PubMed number"
