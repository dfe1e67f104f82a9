"""Authenticator app, recovery codes, passkeys; what a clinic can require; what never goes around it."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.urls import reverse

from clinics.models import AuditEvent
from tests.factories import PASSWORD
from tests.factories import Browser as Client

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(step=0):
    return totp.format_hotp_value(totp.hotp_value(SECRET, int(time.time()) // 30 + step))


@pytest.fixture
def with_app(owner):
    totp.TOTP.activate(owner.user, SECRET)
    return owner


def password_sign_in(member):
    client = Client()
    answer = client.post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    return client, answer


def is_in(client):
    return "_auth_user_id" in client.session


def test_password_alone_is_not_enough(with_app):
    client, answer = password_sign_in(with_app)
    assert answer.url == reverse("mfa_authenticate")
    assert not is_in(client)
    assert client.get("/").url.startswith(reverse("account_login"))


def test_code_signs_in_once(with_app):
    used = code()
    first, _ = password_sign_in(with_app)
    assert first.post(reverse("mfa_authenticate"), {"code": used}).status_code == 302
    assert is_in(first)
    second, _ = password_sign_in(with_app)
    assert "Incorrect code" in second.post(reverse("mfa_authenticate"), {"code": used}).content.decode()
    assert not is_in(second)


def test_used_code_stays_used_as_long_as_it_would_be_right(with_app, monkeypatch):
    used, now = code(step=1), time.time()
    first, _ = password_sign_in(with_app)
    first.post(reverse("mfa_authenticate"), {"code": used})
    assert is_in(first)
    later = now + 40  # allauth's own memory is half a minute
    monkeypatch.setattr(time, "time", lambda: later)
    second, _ = password_sign_in(with_app)
    second.post(reverse("mfa_authenticate"), {"code": used})
    assert not is_in(second)


def test_code_that_set_the_app_up_does_not_sign_in(owner, fresh_client_for):
    client = fresh_client_for(owner)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    used = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    assert client.post(reverse("mfa_activate_totp"), {"code": used}).status_code == 302
    other, _ = password_sign_in(owner)
    other.post(reverse("mfa_authenticate"), {"code": used})
    assert not is_in(other)
    assert AuditEvent.objects.filter(action="factor.app-add", user=owner.user).exists()


def test_recovery_code_works_once(with_app):
    spare = RecoveryCodes.activate(with_app.user).get_unused_codes()[0]
    for expected in (True, False):
        client, _ = password_sign_in(with_app)
        client.post(reverse("mfa_authenticate"), {"code": spare})
        assert is_in(client) is expected


def test_guessing_codes_ends(with_app):
    client, _ = password_sign_in(with_app)
    pages = [client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode() for _ in range(6)]
    assert "Too many" in pages[-1]
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert not is_in(client)


def test_reset_of_the_password_does_not_go_around_the_second_factor(with_app):
    client = Client()
    client.post(reverse("account_reset_password"), {"email": with_app.user.email})
    link = re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1]
    form_page = client.get(link, follow=True).redirect_chain[-1][0]
    new = "another-long-walk-at-dusk"
    client.post(form_page, {"password1": new, "password2": new})
    assert not is_in(client)
    answer = client.post(reverse("account_login"), {"login": with_app.user.email, "password": new})
    assert answer.url == reverse("mfa_authenticate")
    assert AuditEvent.objects.filter(action="account.password-reset").exists()


def test_clinic_that_requires_it_shows_nothing_before_it_is_set_up(owner, fresh_client_for):
    client = fresh_client_for(owner)
    client.post(reverse("members:second-factor-require"), {"required": "yes"})
    answer = client.get("/", follow=True)
    assert answer.redirect_chain == [(reverse("mfa_index"), 302)]
    assert "Your clinic asks for a second factor" in answer.content.decode()
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == reverse("mfa_index")
    totp.TOTP.activate(owner.user, SECRET)
    assert client.get("/").status_code == 200
    client.post(reverse("members:second-factor-require"), {"required": "no"})
    Authenticator.objects.all().delete()
    assert client.get("/").status_code == 200


def test_requiring_it_is_the_leads_and_on_record(owner, teammate, fresh_client_for):
    assert (
        fresh_client_for(teammate)
        .post(reverse("members:second-factor-require"), {"required": "yes"})
        .status_code
        == 403
    )
    fresh_client_for(owner).post(reverse("members:second-factor-require"), {"required": "yes"})
    assert AuditEvent.objects.get(action="clinic.second-factor").detail == {"required": True}


def test_a_passkey_can_only_be_added_by_who_has_just_proved_it(owner, client_for):
    assert (
        client_for(owner).get(reverse("mfa_add_webauthn")).url.startswith(reverse("account_reauthenticate"))
    )
