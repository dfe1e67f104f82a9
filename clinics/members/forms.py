from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin

from clinics.models import Role, User

ROLES = [
    (Role.CLINICIAN, "Clinician – sees and writes patients' records"),
    (Role.LEAD, "Lead – also sees the clinic's reports and manages its members"),
    (Role.ADMINISTRATOR, "Administrator – manages members and settings of the clinic"),
]


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label="Role", choices=ROLES, widget=forms.RadioSelect, initial=Role.CLINICIAN)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=ROLES, widget=forms.RadioSelect)


class NewAccountForm(SetPasswordMixin, forms.Form):  # type: ignore[misc]
    """Name and password of somebody who was invited and has no account yet."""

    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1, password2 = SetPasswordMixin.create_password_fields(
        label1="Password", label2="The same password again"
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields[
            "password1"
        ].help_text = "At least 12 characters; several words in a row are easy to keep and hard to guess."
        self.fields["password2"].help_text = ""

    def clean(self) -> dict[str, Any] | None:
        self.validate_passwords()
        person = User(email=self.email, name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "password1")
        return super().clean()
