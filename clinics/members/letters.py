"""The letter of an invitation, through Django's mail."""

from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from clinics.models import Clinic, Invitation


def send_invitation(request: HttpRequest, *, invitation: Invitation, clinic: Clinic, token: str) -> None:
    context = {
        "clinic": clinic,
        "invitation": invitation,
        "address": request.build_absolute_uri(reverse("members:invitation-open", args=[token])),
    }
    text = render_to_string("clinics/invitation_letter.txt", context)
    send_mail(f"Tinel: you are invited to {clinic.name}", text, None, [invitation.email])
