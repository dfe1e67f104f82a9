"""The forms of the second factor, where they must be stricter or plainer than allauth's own."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.cache import cache

from clinics.adapters import record_own
from clinics.models import User


def use_once(user: User, code: str) -> None:
    """A code of an app is right in its own half minute and, for slow clocks and hands, in the one before and
    after. allauth forgets a used code after half a minute; this remembers it as long as it would be right.
    """
    steps = 2 * app_settings.TOTP_TOLERANCE + 1
    key = f"tinel.totp.used:{user.pk}:{normalize_user_code(code)}"
    if not cache.add(key, "used", timeout=app_settings.TOTP_PERIOD * steps):
        raise get_adapter().validation_error("incorrect_code")


class OnceAuthenticateForm(AuthenticateForm):
    def clean_code(self) -> str:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            use_once(self.user, code)
        return code


class OnceReauthenticateForm(ReauthenticateForm):
    def clean_code(self) -> str:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            use_once(self.user, code)
        return code


class OnceActivateForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        code = super().clean_code()
        use_once(self.user, code)
        record_own(context.request, "factor.app-add", self.user)
        return code


class AddPasskeyForm(AddWebAuthnForm):
    passwordless = forms.BooleanField(
        label="Sign in with it alone",
        required=False,
        initial=True,
        help_text="A passkey of this device, opened by fingerprint, face or PIN. Untick for a plain security "
        "key that is asked for after the password.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "So that you know it again, for example “phone”."
