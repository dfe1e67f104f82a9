"""Pages that show what a line rests on: as the newest release says it, or as the one of a visit said it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from knowledge.catalogue import Catalogue, catalogue
from knowledge.compiled import compiled_model
from knowledge.models import Release
from knowledge.pages import (
    condition_page,
    finding_page,
    index_page,
    separation,
    site_page,
    source_page,
    treatment_page,
)

QUERY_LENGTH = 80


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Everything to leaf through; letters to look for bring what they find, as one types."""
    release, current = _release_asked_for(request)
    page = index_page(catalogue(release.sha256), request.GET.get("q", "").strip()[:QUERY_LENGTH])
    fragment = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    template = "knowledge/index.html#found" if fragment else "knowledge/index.html"
    response = _page(request, template, page, release, current)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def condition_detail(request: HttpRequest, code: str) -> HttpResponse:
    return _coded_page(request, "condition", code, condition_page)


@require_safe
def source_detail(request: HttpRequest, code: str) -> HttpResponse:
    return _coded_page(request, "source", code, source_page)


@require_safe
def site_detail(request: HttpRequest, code: str) -> HttpResponse:
    return _coded_page(request, "site", code, site_page)


@require_safe
def treatment_detail(request: HttpRequest, code: str) -> HttpResponse:
    return _coded_page(request, "treatment", code, treatment_page)


@require_safe
def finding_detail(request: HttpRequest, code: str) -> HttpResponse:
    release, _ = _release_asked_for(request)
    model = compiled_model(release.sha256)
    return _coded_page(request, "finding", code, lambda known, code: finding_page(known, model, code))


@require_safe
def separate(request: HttpRequest) -> HttpResponse:
    """Two conditions side by side; without both of them the form to choose."""
    release, current = _release_asked_for(request)
    known = catalogue(release.sha256)
    chosen = [_condition_meant(known, request.GET.get(name, "")) for name in ("a", "b")]
    page = separation(known, compiled_model(release.sha256), *chosen) if all(chosen) else None
    extra = {
        "conditions": sorted(known.rows("conditions"), key=lambda row: row["name"].casefold()),
        "asked": [request.GET.get(name, "")[:QUERY_LENGTH] for name in ("a", "b")],
        "chosen": chosen,
        "same": bool(chosen[0]) and chosen[0] == chosen[1],
    }
    return _page(request, "knowledge/separate.html", page, release, current, **extra)


def _condition_meant(known: Catalogue, words: str) -> str:
    """The code of the condition that was chosen or written, typos forgiven; empty when there is none."""
    if known.condition(words):
        return words
    hits = known.search(words[:QUERY_LENGTH], 20)
    return next((code for kind, code, *_ in hits if kind == "condition"), "")


def _coded_page(
    request: HttpRequest, kind: str, code: str, build: Callable[[Catalogue, str], object | None]
) -> HttpResponse:
    release, current = _release_asked_for(request)
    page = build(catalogue(release.sha256), code)
    if page is None:
        raise Http404(f"no {kind} {code} in release {release.number}")
    return _page(request, f"knowledge/{kind}_detail.html", page, release, current)


def _release_asked_for(request: HttpRequest) -> tuple[Release, Release]:
    """The release named in the address, else the newest; and the newest."""
    current = Release.objects.current()
    if current is None:
        raise Http404("nothing is published yet")
    asked = request.GET.get("release", current.sha256)
    if asked == current.sha256:
        return current, current
    known = asked.isalnum()  # what the database cannot even compare is no release either
    release = Release.objects.light().filter(sha256=asked).first() if known else None
    if release is None:
        raise Http404("no such release")
    return release, current


def _page(
    request: HttpRequest, template: str, page: object, release: Release, current: Release, **extra: Any
) -> HttpResponse:
    pinned = release != current
    return render(
        request,
        template,
        {
            "page": page,
            "release": release,
            "current": current,
            "pinned": pinned,
            "release_query": f"?release={release.sha256}" if pinned else "",
            **extra,
        },
    )
