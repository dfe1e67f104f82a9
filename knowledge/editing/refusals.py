"""What a form refuses before the schema is asked, in the words of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from knowledge.editing.keys import name_of
from knowledge.editing.parts import Part
from knowledge.models import Source

HEALTHY = re.compile(
    r"\b(healthy|asymptomatic|symptom-free|pain-free|volunteers?|normal (feet|people|subjects))\b", re.I
)
ILL = re.compile(r"\b(patients?|cases?|with|suspected|operated|painful|sore|diagnos\w+|symptomatic)\b", re.I)
NOT_HEALTHY = (
    "These are people without the complaint. A row counts people who have the condition; how often healthy "
    "people test negative says nothing about patients whose pain has another cause, and is not used."
)
NOT_USUAL = (
    "The usual rate is that of patients with the same complaint from another cause. A rate, or "
    "1 − specificity, of healthy people is lower and makes every positive test too telling; it is refused."
)
DOI = re.compile(r"^10\.[0-9]{4,9}/\S+$")


def refusals(part: Part, plain: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, sentence) of everything that must not be saved."""
    if part.slug == "evidence" and only_healthy(plain.get("population", "")):
        yield "population", NOT_HEALTHY
    default = plain.get("default", {})
    if (
        part.kind == "findings"
        and default != stored.get("default", {})
        and only_healthy(default.get("locator", ""))
    ):
        yield "default__locator", NOT_USUAL
    yield from _resting(plain)
    if part.kind == "sources":
        yield from _twice(plain)
        if "withdrawn" in {plain.get("status"), stored.get("status")} and plain.get("status") != stored.get(
            "status"
        ):
            yield "status", "A source is withdrawn, and taken back, by a reviewer on its own page."


def only_healthy(text: str) -> bool:
    return bool(HEALTHY.search(text)) and not ILL.search(HEALTHY.sub("", text))


def _resting(plain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every source that is named must be one whose text somebody read."""
    named = list(_sources(plain, ""))
    status = dict(Source.objects.filter(pk__in={code for _, code in named}).values_list("pk", "status"))
    for path, code in named:
        if status.get(code, "verified") != "verified":
            yield (
                name_of(path),
                f"The source {code} is {status[code]}: nothing may rest on it. Verify it, or name another.",
            )


def _sources(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if key == "source" and isinstance(inner, str):
                yield here, inner
            else:
                yield from _sources(inner, here)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _sources(inner, f"{path}.{index}")


def doi_in(text: str) -> str:
    """The DOI itself, out of an address or after “doi:”."""
    text = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.strip(), flags=re.I)
    return text.rstrip(".,;")


def _twice(plain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    doi, pmid = plain.get("doi", ""), plain.get("pmid", "")
    if doi and not DOI.match(doi):
        yield "doi", "A DOI begins with 10. and four to nine digits, then a slash: 10.1000/xyz123."
    for field, value in (("doi", doi), ("pmid", pmid)):
        if value:
            other = (
                Source.objects.filter(**{f"{field}__iexact": value}).exclude(pk=plain.get("code", "")).first()
            )
            if other is not None:
                yield field, f"The source {other.pk} already has it: {other.citation[:100]}. Use that one."
