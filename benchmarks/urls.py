"""The product's routes and two more behind the same middleware: a page that says nothing, and a view that
inserts one row.

The row is one of the table that an answer is written to – a clinic's table with policies, a composite key, a
history – in a visit that the address names, under a code of its own; nothing is looked up, ranked or shown.
"""

import uuid

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from clinics.requests import MemberRequest
from config.urls import urlpatterns as product
from triage.models import Observation


@require_safe
def bare_page(request: MemberRequest) -> HttpResponse:
    return HttpResponse(str(request.membership.clinic))


@require_POST
def bare_insert(request: MemberRequest, encounter_id: uuid.UUID) -> HttpResponse:
    Observation.objects.create(
        clinic_id=request.membership.clinic_id,
        encounter_id=encounter_id,
        finding_code=uuid.uuid4().hex,
        level_code="present",
        recorded_by_id=request.user.pk,
        version=1,
    )
    return HttpResponse("saved")


urlpatterns = [
    path("bare/", bare_page, name="bare-page"),
    path("bare/<uuid:encounter_id>/", bare_insert, name="bare-insert"),
    *product,
]
