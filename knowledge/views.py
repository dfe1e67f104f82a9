"""Pages that show what a line rests on: as the newest release says it, or as the one of a visit said it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from knowledge.catalogue import catalogue
from knowledge.models import Release
from knowledge.pages import condition_page, source_page


@require_safe
def condition_detail(request: HttpRequest, code: str) -> HttpResponse:
    release, current = _release_asked_for(request)
    page = condition_page(catalogue(release.sha256), code)
    if page is None:
        raise Http404(f"no condition {code} in release {release.number}")
    return _page(request, "knowledge/condition_detail.html", page, release, current)


@require_safe
def source_detail(request: HttpRequest, code: str) -> HttpResponse:
    release, current = _release_asked_for(request)
    page = source_page(catalogue(release.sha256), code)
    if page is None:
        raise Http404(f"no source {code} in release {release.number}")
    return _page(request, "knowledge/source_detail.html", page, release, current)


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
    request: HttpRequest, template: str, page: object, release: Release, current: Release
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
        },
    )
