"""What is typed into a form of the editor and not saved yet, kept on the server for the one who typed it."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from clinics.models import User
from clinics.requests import MemberRequest
from knowledge.editing.forms import EditForm
from knowledge.models import KeptForm

WORD = "unsent"
CHARACTERS_MAX = 100_000
FIELDS_MAX = 500


def answer_to_keeping(request: MemberRequest, form: EditForm) -> HttpResponse | None:
    """Keep what is typed when the page asks for that; None when the form is saved or shown."""
    if request.POST.get(WORD) != "keep":
        return None
    fields = {
        name: value.replace("\x00", "")
        for name, value in request.POST.items()
        if name in form.fields and isinstance(value, str)
    }
    if sum(map(len, fields.values())) > CHARACTERS_MAX or len(fields) > FIELDS_MAX:
        return JsonResponse(
            {"problem": "This is too much text to be kept; save it, or shorten it."}, status=422
        )
    kept, _ = KeptForm.objects.update_or_create(
        user=request.user, path=request.path, defaults={"fields": fields}
    )
    return JsonResponse({"kept": f"{timezone.localtime(kept.saved_at):%H:%M}"})


def kept_for(user: User, path: str) -> KeptForm | None:
    return KeptForm.objects.filter(user=user, path=path).first()


def forget(user: User, path: str) -> None:
    KeptForm.objects.filter(user=user, path=path).delete()
