"""The facts of a complaint in words."""

from __future__ import annotations

from clinics.models import Membership
from knowledge.catalogue import Catalogue, catalogue
from triage.errors import NoRelease
from triage.forms_episode import IRRITABILITY_WORDS
from triage.models import Episode
from triage.services import release_for


def sites_of(member: Membership) -> Catalogue | None:
    """Of the release that the clinic uses; None where none is published."""
    try:
        return catalogue(release_for(member).sha256)
    except NoRelease:
        return None


def places_of(member: Membership) -> list[tuple[str, str]]:
    """Code and name of every site, the whole region left out, in alphabetical order."""
    known = sites_of(member)
    rows = known.rows("sites") if known else []
    places = [(row["code"], row["name"]) for row in rows if row.get("parent")]
    return sorted(places, key=lambda place: place[1].casefold())


def facts_of(episode: Episode, member: Membership) -> list[tuple[str, str]]:
    """What is known of the complaint, by name; what nobody asked is left out."""
    known = sites_of(member) if episode.site_code else None
    load = episode.get_load_change_display() if episode.load_change else ""
    told = [
        ("Where it is worst", _site(known, episode.site_code)),
        ("How it began", episode.get_onset_display() if episode.onset else ""),
        ("Load before", " – ".join(part for part in (load, episode.load_change_note) if part)),
        ("Irritability", IRRITABILITY_WORDS[episode.irritability] if episode.irritability else ""),
    ]
    return [(name, words) for name, words in told if words]


def _site(known: Catalogue | None, code: str) -> str:
    return known.name("site", code) if known else code.replace("_", " ")
