"""Sites, structures, clusters and sources."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from knowledge.models.base import (
    Coded,
    choices,
    code_field,
    code_reference,
    name_field,
    names_field,
    share_constraint,
    tracked,
)


@tracked
class Site(Coded):
    """A place on the body; `parent` makes the part-of tree."""

    name = name_field()
    synonyms = names_field()
    parent = code_reference("self", null=True, blank=True)


@tracked
class Structure(Coded):
    """A nerve, tendon, bone … lying in sites."""

    KINDS = choices(
        "nerve", "tendon", "bone", "joint", "fascia", "ligament", "muscle", "fat_pad", "vessel", "bursa"
    )

    name = name_field()
    kind = models.CharField(max_length=20, choices=KINDS)
    sites = models.ManyToManyField(Site, blank=True, related_name="structures")
    course = models.TextField(blank=True)


@tracked
class Cluster(Coded):
    """Findings that say partly the same thing."""

    name = name_field()
    phi = models.FloatField(null=True, blank=True)

    class Meta(Coded.Meta):
        constraints = (*Coded.Meta.constraints, share_constraint("phi"))


@tracked
class Source(Coded):
    """A publication; an untraced one is recorded and never used."""

    citation = models.TextField()
    doi = name_field(blank=True)
    pmid = models.CharField(max_length=9, blank=True)
    url = models.URLField(max_length=200, blank=True)
    kind = code_field(blank=True)
    status = models.CharField(
        max_length=10, choices=choices("verified", "unverified", "untraced", "withdrawn"), default="verified"
    )

    def __str__(self) -> str:
        return self.citation[:120]

    def get_absolute_url(self) -> str:
        return reverse("knowledge:source-detail", args=[self.code])
