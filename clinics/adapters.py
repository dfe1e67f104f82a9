"""How django-allauth behaves here: nobody signs up alone, secrets of the second factor are sealed, and what
changes an account or a session is on record.
"""

import base64
import hashlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest

from clinics.audit import record_event
from clinics.models import User

log = logging.getLogger(__name__)

# allauth writes a letter about each of these; the same moment is put on record. (Setting up an app is
# recorded by its form: that letter is written after the transaction.)
ON_RECORD = {
    "account/email/password_changed": "account.password-change",
    "account/email/password_set": "account.password-set",
    "account/email/password_reset": "account.password-reset",
    "account/email/email_changed": "account.address-change",
    "account/email/email_deleted": "account.address-remove",
    "mfa/email/totp_deactivated": "factor.app-remove",
    "mfa/email/webauthn_added": "factor.passkey-add",
    "mfa/email/webauthn_removed": "factor.passkey-remove",
    "mfa/email/recovery_codes_generated": "factor.recovery-codes",
}


class ClosedAccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        if template_prefix in ON_RECORD:
            record_own(self.request, ON_RECORD[template_prefix], user)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:  # type: ignore[override]
        super().login(request, user)
        record_own(request, "session.start", user)

    def logout(self, request: HttpRequest) -> None:
        """What the browser kept of the session is cleared with it (clinics.sessions.middleware)."""
        record_own(request, "session.end", request.user)  # type: ignore[arg-type]
        super().logout(request)
        request.signed_out = True  # type: ignore[attr-defined]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        log.warning("sign-in refused")


class SealingMFAAdapter(DefaultMFAAdapter):
    """Keeps TOTP secrets and recovery seeds encrypted under SECRET_KEY; older keys of SECRET_KEY_FALLBACKS
    still open.
    """

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": "Tinel"}


def record_own(request: HttpRequest, action: str, user: User) -> None:
    """What somebody did to their own account, in the clinic they work in now, if there is one."""
    member = getattr(request, "membership", None)
    if member is not None and member.user_id == user.pk:
        record_event(action=action, member=member, object_type="clinics.user", object_id=user.pk)
    else:
        record_event(action=action, user=user, object_type="clinics.user", object_id=user.pk)


def _seal() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"tinel.second-factor:" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
