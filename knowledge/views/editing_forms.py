"""Saving: an entity's own fields, a new entity, and the rows of its tables, each on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinics.requests import MemberRequest
from knowledge.access import editor_required
from knowledge.editing.checking import Unsound
from knowledge.editing.forms import EditForm
from knowledge.editing.keeping import answer_to_keeping, forget, kept_for
from knowledge.editing.names import Names
from knowledge.editing.parts import ENTITIES, Part, token_of
from knowledge.editing.rows import Telling
from knowledge.editing.saving import InUse, Place, Saved, Stale, Taken, remove_part, save_part
from knowledge.editing.stale import GONE, StaleField, stale_fields
from knowledge.mapping import Plain
from knowledge.views.entities import change_shown, entity_or_404, fragment_wanted, part_or_404, row_or_404

FORM_METHODS = ["GET", "HEAD", "POST"]


@dataclass
class Attempt:
    """One form, what was stored when it was shown or sent, and what became of it."""

    form: EditForm
    stored: Plain
    saved: Saved | None = None
    stale: tuple[StaleField, ...] = ()
    kept: Any = None

    @property
    def gone(self) -> bool:
        return any(field.theirs == GONE for field in self.stale)

    @property
    def status(self) -> int:
        return 409 if self.stale else 422 if self.form.is_bound else 200


@require_http_methods(FORM_METHODS)
@editor_required
def entity_edit(request: MemberRequest, kind: str, code: str) -> HttpResponse:
    """An entity: its own fields, and the tables that hang on it."""
    entity, row = entity_or_404(kind, code)
    names = Names()
    place = Place(entity, entity.main, code)
    attempt = _attempt(request, place, names, pk=code, stored=entity.main.plain(row))
    if isinstance(attempt, HttpResponse):
        return attempt
    address = reverse("knowledge:entity-edit", args=[kind, code])
    if attempt.saved is not None:
        return redirect(f"{address}?changed={attempt.saved.change or ''}")
    telling = Telling(names)
    context = {
        "entity": entity,
        "code": code,
        "name": str(row),
        "attempt": attempt,
        "form": attempt.form,
        "tables": [(part, telling.rows(part, code)) for part in entity.tables],
        "change": change_shown(request, f"{kind}/{code}"),
    }
    return render(request, "knowledge/edit/entity.html", context, status=attempt.status)


@require_http_methods(FORM_METHODS)
@editor_required
def entity_new(request: MemberRequest, kind: str) -> HttpResponse:
    """A new entity; its tables are filled once it is there."""
    entity = ENTITIES.get(kind)
    if entity is None:
        raise Http404("no such kind")
    place = Place(entity, entity.main, "")
    attempt = _attempt(request, place, Names(), pk=None, stored={})
    if isinstance(attempt, HttpResponse):
        return attempt
    if attempt.saved is not None:
        address = reverse("knowledge:entity-edit", args=[kind, attempt.saved.pk])
        return redirect(f"{address}?changed={attempt.saved.change or ''}")
    context = {"entity": entity, "attempt": attempt, "form": attempt.form}
    return render(request, "knowledge/edit/entity_new.html", context, status=attempt.status)


@require_http_methods(FORM_METHODS)
@editor_required
def part_new(request: MemberRequest, kind: str, code: str, part: str) -> HttpResponse:
    """A new row of a table."""
    return _part_form(request, kind, code, part, None)


@require_http_methods(FORM_METHODS)
@editor_required
def part_edit(request: MemberRequest, kind: str, code: str, part: str, pk: int) -> HttpResponse:
    """A row of a table, in its place or on a page of its own."""
    return _part_form(request, kind, code, part, pk)


def _part_form(request: MemberRequest, kind: str, code: str, part: str, pk: int | None) -> HttpResponse:
    entity, row = entity_or_404(kind, code)
    table = part_or_404(entity, part)
    names = Names()
    stored = {} if pk is None else _stored(request, table, code, pk)
    attempt = _attempt(request, Place(entity, table, code), names, pk=pk, stored=stored)
    if isinstance(attempt, HttpResponse):
        return attempt
    context = {
        "entity": entity, "code": code, "name": str(row), "part": table, "pk": pk,
        "attempt": attempt, "form": attempt.form,
        "action": _action(kind, code, part, None if attempt.gone else pk),
    }  # fmt: skip
    fragment = fragment_wanted(request)
    if attempt.saved is not None:
        if fragment:
            saved = row_or_404(table, code, attempt.saved.pk)
            told = Telling(names).row(table, saved.pk, table.plain(saved))
            context |= {"row": told, "change": attempt.saved.change, "added": pk is None}
            return render(request, "knowledge/edit/_row_saved.html", context)
        address = reverse("knowledge:entity-edit", args=[kind, code])
        return redirect(f"{address}?changed={attempt.saved.change or ''}#{part}-{attempt.saved.pk}")
    if fragment and "show" in request.GET and pk is not None:
        context["row"] = Telling(names).row(table, pk, stored)
        return render(request, "knowledge/edit/_row.html", context)
    template = "knowledge/edit/_row_form.html" if fragment else "knowledge/edit/row.html"
    return render(request, template, context, status=attempt.status)


@require_POST
@editor_required
def part_remove(request: MemberRequest, kind: str, code: str, part: str, pk: int) -> HttpResponse:
    """Take a row out of its table; it can be taken back."""
    entity, row = entity_or_404(kind, code)
    table = part_or_404(entity, part)
    place = Place(entity, table, code)
    address = reverse("knowledge:entity-edit", args=[kind, code])
    try:
        saved = remove_part(user=request.user, place=place, pk=pk, token=request.POST.get("token", ""))
    except Stale:
        reason = "Somebody else changed or removed this row since you saw it."
    except (Unsound, InUse) as refusal:
        reason = str(refusal)
    else:
        if fragment_wanted(request):
            return render(request, "knowledge/edit/_removed.html", {"change": saved.change, "part": table})
        return redirect(f"{address}?changed={saved.change}")
    context = {"reason": reason, "back": address, "name": str(row), "part": table}
    template = "knowledge/edit/_refused.html" if fragment_wanted(request) else "knowledge/edit/refused.html"
    return render(request, template, context, status=409)


def _action(kind: str, code: str, part: str, pk: int | None) -> str:
    """Where a row's form goes; one that is gone is added anew."""
    if pk is None:
        return reverse("knowledge:part-new", args=[kind, code, part])
    return reverse("knowledge:part-edit", args=[kind, code, part, pk])


def _stored(request: MemberRequest, table: Part, code: str, pk: int) -> Plain:
    """What stands there; for a form that is sent, a row that is gone is a conflict, not a lost page."""
    row = table.rows(code).filter(pk=pk).first() if pk < 2**62 else None
    if row is None:
        if request.method == "POST" and "token" in request.POST:
            return {}
        raise Http404("no such row")
    return table.plain(row)


def _attempt(
    request: MemberRequest, place: Place, names: Names, *, pk: Any, stored: Plain
) -> Attempt | HttpResponse:
    """Show the form, or save what was sent; an answer at once when the page only wants the text kept."""
    kept = None if request.method == "POST" else kept_for(request.user, request.path)
    if request.method == "POST" and request.POST.get("unsent") == "discard":
        forget(request.user, request.path)
        return redirect(request.path)
    form = EditForm(
        place.part, names=names, stored=stored, data=request.POST if request.method == "POST" else None
    )
    if request.method != "POST":
        form.initial["token"] = token_of(stored) if pk is not None else ""
        if kept is not None:
            form.initial.update({name: text for name, text in kept.fields.items() if name in form.fields})
        return Attempt(form, stored, kept=kept)
    if keeping := answer_to_keeping(request, form):
        return keeping
    attempt = Attempt(form, stored)
    if form.is_valid():
        _save(request, place, pk, attempt)
    return attempt


def _save(request: MemberRequest, place: Place, pk: Any, attempt: Attempt) -> None:
    form = attempt.form
    code = place.code or str(form.plain.get("code", ""))
    try:
        attempt.saved = save_part(
            user=request.user,
            place=Place(place.entity, place.part, code),
            pk=pk,
            plain=form.plain,
            token=form.cleaned_data["token"],
        )
        forget(request.user, request.path)
    except Stale as conflict:
        attempt.stale = stale_fields(form, conflict)
    except Taken as refusal:
        form.add_error("code", str(refusal))
    except Unsound as refusal:
        for trouble in refusal.troubles:
            form.add_error(None, str(trouble))
