"""Page or fragment from one context, and the form pages of the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from clinics.requests import MemberRequest
from triage.errors import StaleVersion, TriageError
from triage.forms import RecordForm
from triage.views.unsent import answer_to_keeping, restore, sent


def page_or_fragment(
    request: MemberRequest, template: str, context: Mapping[str, Any], *, fragment: str, status: int = 200
) -> HttpResponse:
    """The whole page, or its `fragment` for htmx – but the page again when htmx restores history."""
    name = fragment if wants_fragment(request) else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_fragment(request: MemberRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request and not request.htmx.boosted


@dataclass(frozen=True)
class FormPage:
    """The words and the ways around one form."""

    heading: str
    button: str
    back_url: str
    lead: str = ""
    patient: Any = None
    episode: Any = None
    above: str = ""  # a fragment between heading and form, which reads `facts`
    facts: Any = None
    paired: bool = False  # short fields two by two where there is room


@dataclass(frozen=True)
class StaleField:
    """One field that two people changed."""

    label: str
    mine: str
    theirs: str


def record_form(
    request: MemberRequest,
    form: RecordForm,
    page: FormPage,
    *,
    save: Callable[[RecordForm], Any],
    done: Callable[[Any], str],
) -> HttpResponse:
    """Show the form; sent and valid, save and go on. 422 when invalid, 409 when somebody was faster."""
    if keeping := answer_to_keeping(request, form, heading=page.heading, patient=page.patient):
        return keeping
    stale: list[StaleField] = []
    if form.is_bound and form.is_valid():
        try:
            saved = save(form)
            sent(request)
            return redirect(done(saved))
        except StaleVersion as conflict:
            stale = stale_fields(form, conflict)
        except (TriageError, ValidationError) as refusal:
            form.add_error(None, refusal if isinstance(refusal, ValidationError) else str(refusal))
    status = 409 if stale else 422 if form.is_bound else 200
    context = {**vars(page), "form": form, "stale": stale, "unsent": restore(request, form)}
    return render(request, "triage/record_form.html", context, status=status)


def stale_fields(form: RecordForm, conflict: StaleVersion) -> list[StaleField]:
    """Mine and theirs for each field that differs; the form is made ready to be sent once more."""
    data = cast(QueryDict, form.data).copy()
    data["version"] = str(conflict.version)
    form.data = data
    return [
        StaleField(
            str(form.fields[name].label), _shown(form, name, mine), _shown(form, name, conflict.theirs[name])
        )
        for name, mine in conflict.mine.items()
        if name in form.fields
    ]


def _shown(form: RecordForm, name: str, value: Any) -> str:
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, "" if value is None else value))
