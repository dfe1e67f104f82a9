"""The product's routes and one more: a bare view that inserts one row, behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from clinics.models import AuditEvent
from config.urls import urlpatterns as product


@require_POST
def bare_insert(request: HttpRequest) -> HttpResponse:
    AuditEvent.objects.create(action="bare.insert", object_type="none")
    return HttpResponse("saved")


urlpatterns = [path("bare/", bare_insert, name="bare-insert"), *product]
