"""What a patient sees who opens a link: questions, and advice where an answer is alarming. No account, no
name, nothing of the record. An address that is wrong, used, withdrawn or too old gives one same page.
"""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from clinics.access import rate_limited
from clinics.middleware import membership_not_required
from triage.errors import LinkClosed
from triage.forms_outcome import LinkForms
from triage.models import OutcomeRequest
from triage.outcomes import ALARMS, MEASURES
from triage.services import MeasureAnswered, answer_link, fingerprint, held_request

HELD = "outcome_link"  # keys in the session
ANSWERED = "outcome_answered"


@require_safe
@never_cache
@login_not_required
@membership_not_required
@rate_limited("answer_outcome", reads=True)
def outcome_link_open(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the token out of the address, so that it stays in no history and no referrer."""
    request.session[HELD] = fingerprint(token)
    request.session.pop(ANSWERED, None)
    return redirect("triage:outcome-link-answer")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_not_required
@membership_not_required
@rate_limited("answer_outcome")
def outcome_link_answer(request: HttpRequest) -> HttpResponse:
    digest = request.session.get(HELD, "")
    held = held_request(digest)
    if held is None or not (held.is_open or request.method == "POST"):
        return _closed(request)
    asked = LinkForms(
        request.POST if request.method == "POST" else None,
        measures=[MEASURES[code] for code in held.measures],
        activities=held.activities,
    )
    if asked.is_bound and asked.is_valid():
        try:
            return _answered(request, asked, digest)
        except LinkClosed:
            return _closed(request)
        except ValidationError as refusal:
            asked.refuse(refusal)
    return _questions(request, asked, held)


def _answered(request: HttpRequest, asked: LinkForms, digest: str) -> HttpResponse:
    rows = answer_link(
        digest=digest,
        answered=[
            MeasureAnswered(form.measure.code, form.answers(), form.named()) for form in asked.measures
        ],
        safety=asked.safety.safety(),
        submission_id=asked.safety.cleaned_data["submission_id"] or uuid.uuid4(),
    )
    request.session[ANSWERED] = {"alarms": sorted({code for row in rows for code in row.alarms})}
    return redirect("triage:outcome-link-done")


def _questions(request: HttpRequest, asked: LinkForms, held: OutcomeRequest) -> HttpResponse:
    if not held.is_open:
        return _closed(request)
    status = 422 if asked.is_bound else 200
    return render(request, "triage/link/questions.html", {"asked": asked}, status=status)


@require_safe
@never_cache
@login_not_required
@membership_not_required
def outcome_link_done(request: HttpRequest) -> HttpResponse:
    """Thanks, and what to do now where an answer is alarming; may be read again until the browser closes."""
    answered = request.session.get(ANSWERED)
    if answered is None:
        return _closed(request)
    context = {"alarms": [alarm for alarm in ALARMS if alarm.code in answered["alarms"]]}
    return render(request, "triage/link/done.html", context)


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "triage/link/closed.html", status=410)
