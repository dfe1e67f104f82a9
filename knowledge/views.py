"""Pages that show what a line rests on, as the newest release says it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from knowledge.catalogue import Catalogue, catalogue
from knowledge.models import Release
from knowledge.pages import condition_page, source_page


def _published() -> tuple[Release, Catalogue]:
    release = Release.objects.current()
    if release is None:
        raise Http404("nothing is published yet")
    return release, catalogue(release.sha256)


@require_safe
def condition_detail(request: HttpRequest, code: str) -> HttpResponse:
    release, known = _published()
    page = condition_page(known, code)
    if page is None:
        raise Http404(f"no condition {code} in release {release.number}")
    return render(request, "knowledge/condition_detail.html", {"page": page, "release": release})


@require_safe
def source_detail(request: HttpRequest, code: str) -> HttpResponse:
    release, known = _published()
    page = source_page(known, code)
    if page is None:
        raise Http404(f"no source {code} in release {release.number}")
    return render(request, "knowledge/source_detail.html", {"page": page, "release": release})
