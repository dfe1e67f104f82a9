"""The editor of the working copy: an entity with its tables, a new one, and what is said while one types."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from knowledge.access import editor_required
from knowledge.editing.changes import changes_of, changes_since, last_changes
from knowledge.editing.checking import Unsound, troubles_around
from knowledge.editing.figures import evidence_figures
from knowledge.editing.forms import EditForm
from knowledge.editing.names import Names
from knowledge.editing.parts import ENTITIES
from knowledge.editing.rows import Telling
from knowledge.editing.undoing import CannotUndo, undo
from knowledge.editing.words import in_words
from knowledge.views.entities import entity_or_404, fragment_wanted, part_or_404, row_or_404

QUERY_LENGTH = 80


@require_safe
@editor_required
def edit_index(request: MemberRequest) -> HttpResponse:
    """Everything that can be changed, and what was changed since the newest release."""
    query = request.GET.get("q", "").strip()[:QUERY_LENGTH].replace("\x00", "")
    names = Names()
    found = [(entity, names.search(kind, query)) for kind, entity in ENTITIES.items() if len(query) >= 2]
    context: dict[str, Any] = {
        "query": query,
        "found": [(entity, hits) for entity, hits in found if hits],
        "kinds": [(entity, entity.main.shape.model._default_manager.count()) for entity in ENTITIES.values()],
        "changes": last_changes(),
    }
    part = "found"
    if "since" in request.GET:
        part = "since"
        context |= {"since": changes_since(), "since_asked": True}
    template = (
        f"knowledge/edit/index.html#{part}" if fragment_wanted(request) else "knowledge/edit/index.html"
    )
    return render(request, template, context)


@require_safe
@editor_required
def entity_list(request: MemberRequest, kind: str) -> HttpResponse:
    """Every row of one kind."""
    entity = ENTITIES.get(kind)
    if entity is None:
        raise Http404("no such kind")
    rows = sorted(Names().rows(kind), key=lambda row: row[1].casefold())
    return render(request, "knowledge/edit/list.html", {"entity": entity, "rows": rows})


@require_safe
@editor_required
def edit_choose(request: MemberRequest) -> HttpResponse:
    """What is meant by the letters typed into a field: names of one kind, slips forgiven."""
    kind = request.GET.get("of", "")
    typed = request.GET.get(request.htmx.trigger_name or "q", "").replace("\x00", "")
    words = typed.splitlines()[-1].rpartition(":")[0] or typed.splitlines()[-1] if typed.strip() else ""
    names = Names()
    found = names.search(kind, words[:QUERY_LENGTH]) if kind in ENTITIES else []
    choices = [(names.shown(kind, code), name, code) for code, name in found]
    return render(request, "knowledge/edit/_choices.html", {"choices": choices})


@require_safe
@editor_required
def entity_check(request: MemberRequest, kind: str, code: str) -> HttpResponse:
    """What publishing would refuse now of this entity and of what names it."""
    entity, _ = entity_or_404(kind, code)
    context = {"entity": entity, "code": code, "troubles": troubles_around(code), "checked": True}
    template = "knowledge/edit/_check.html" if fragment_wanted(request) else "knowledge/edit/check.html"
    return render(request, template, context)


@require_safe
@editor_required
def entity_changes(request: MemberRequest, kind: str, code: str) -> HttpResponse:
    """Who changed what of this entity, newest first; each change can be taken back."""
    entity, row = entity_or_404(kind, code)
    context = {"entity": entity, "code": code, "name": str(row), "changes": changes_of(kind, code)}
    return render(request, "knowledge/edit/changes.html", context)


@require_POST
@editor_required
def change_undo(request: MemberRequest, context_id: uuid.UUID) -> HttpResponse:
    """Take a change back, unless somebody has built on it."""
    try:
        entity, change = undo(user=request.user, change=context_id)
    except (CannotUndo, Unsound) as refusal:
        return render(request, "knowledge/edit/cannot_undo.html", {"reason": refusal}, status=409)
    kind, _, code = entity.partition("/")
    row = ENTITIES[kind].main.rows().filter(pk=code)
    if not row.exists():
        return redirect("knowledge:edit-index")
    return redirect(f"{reverse('knowledge:entity-edit', args=[kind, code])}?undone={change}")


@require_POST
@editor_required
def part_preview(request: MemberRequest, kind: str, code: str, part: str) -> HttpResponse:
    """What the words typed so far would do, and what still keeps them from being saved."""
    entity, row = entity_or_404(kind, code)
    table = entity.main if part == kind else part_or_404(entity, part)
    pk = request.POST.get("row", "")
    at = int(pk) if pk.isdecimal() and len(pk) < 10 else None
    names = Names()
    stored = {}
    if part == kind or at is not None:
        stored = table.plain(row if at is None else row_or_404(table, code, at))
    form = EditForm(table, names=names, stored=stored, data=request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid() and table.slug == "evidence":
        context["figures"] = evidence_figures(names, code, at, form.plain)
        context["typed"] = Telling(names).row(table, 0, form.plain).says
    elif form.is_valid() and kind == "rules":
        context["sentence"] = in_words(form.plain["when"], names)
    return render(request, "knowledge/edit/_live.html", context)
