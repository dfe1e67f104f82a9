"""The type of a request once the middleware has looked at who is asking."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from clinics.models import Membership, User


class MemberRequest(HttpRequest):
    """A signed-in member of a clinic: what every view that is not marked otherwise can count on."""

    user: User  # type: ignore[assignment]
    membership: Membership
    htmx: HtmxDetails
