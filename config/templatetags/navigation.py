"""Where somebody is and where they may go: the areas of the site, and the pages of the area one is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

register = template.Library()
Allowed = Callable[[HttpRequest], bool]


@dataclass(frozen=True)
class Way:
    """A link of a navigation; `current` is what aria-current says."""

    title: str
    url: str
    current: str


@dataclass(frozen=True)
class Place:
    """A page to go to, which stands for every view whose name begins as one of `heads`."""

    title: str
    view: str
    heads: tuple[str, ...]
    allowed: Allowed = lambda request: True

    def owns(self, name: str) -> bool:
        return name == self.view or name.startswith(self.heads)


def _leads(request: HttpRequest) -> bool:
    membership = getattr(request, "membership", None)
    return membership is not None and membership.leads


def _edits(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_knowledge_editor", False))


def _reviews(request: HttpRequest) -> bool:
    return _edits(request) or bool(getattr(request.user, "is_knowledge_reviewer", False))


EDITING = (
    "knowledge:edit-",
    "knowledge:entity-",
    "knowledge:part-",
    "knowledge:change-",
    "knowledge:document-",
    "knowledge:evidence-",
)
# The first place that owns a view has it.
CLINIC = (
    Place("Results", "triage:clinic-results", ("triage:clinic-results", "triage:clinic-table"), _leads),
    Place("Numbers", "triage:clinic-model", ("triage:clinic-model",), _leads),
    Place("Knowledge in use", "triage:clinic-release", ("triage:clinic-release",), _leads),
    Place("Own list", "triage:own-list-settings", ("triage:own-list-settings",), _leads),
    Place("Members", "members:member-list", ("members:",), _leads),
    Place("On record", "audit:log", ("audit:",), _leads),
    Place("Broken glass", "triage:glass-list", ("triage:glass-list", "triage:glass-review"), _leads),
)
KNOWLEDGE = (
    Place("Edit", "knowledge:edit-index", EDITING, _edits),
    Place("Reviews", "knowledge:review-list", ("knowledge:review-", "triage:review-"), _reviews),
    Place("Releases", "knowledge:release-list", ("knowledge:release-",)),
    Place("Tell apart", "knowledge:separate", ("knowledge:separate",)),
    Place("Browse", "knowledge:index", ("knowledge:",)),
)
AREAS = (
    Place("Worklist", "triage:worklist", ("triage:worklist",)),
    Place("Knowledge", "knowledge:index", ("knowledge:", "triage:review-")),
    Place("Clinic", "triage:clinic-results", tuple(head for place in CLINIC for head in place.heads), _leads),
    Place("Patients", "triage:patient-list", ("triage:",)),
)
ORDER = ("Worklist", "Patients", "Knowledge", "Clinic")
PAGES = {"Knowledge": tuple(reversed(KNOWLEDGE)), "Clinic": CLINIC}


@register.simple_tag(takes_context=True)
def areas(context: Any) -> list[Way]:
    """The areas of the site, in their order."""
    request = context["request"]
    here = _owner(AREAS, request)
    ways = {place.title: _way(place, here, request) for place in AREAS if place.allowed(request)}
    return [way for title in ORDER if (way := ways.get(title))]


@register.simple_tag(takes_context=True)
def pages_here(context: Any) -> list[Way]:
    """The pages of the area one is in; none where it has but one for this person."""
    request = context["request"]
    area = _owner(AREAS, request)
    places = PAGES.get(area.title if area else "", ())
    here = _owner(KNOWLEDGE if area and area.title == "Knowledge" else places, request)
    ways = [_way(place, here, request) for place in places if place.allowed(request)]
    found = [way for way in ways if way]
    return found if len(found) > 1 else []


def _owner(places: tuple[Place, ...], request: HttpRequest) -> Place | None:
    name = _view_of(request)
    return next((place for place in places if name and place.owns(name)), None)


def _way(place: Place, here: Place | None, request: HttpRequest) -> Way | None:
    try:
        url = reverse(place.view)
    except NoReverseMatch:
        return None
    exact = _view_of(request) == place.view
    return Way(place.title, url, ("page" if exact else "true") if place is here else "")


def _view_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else ""
