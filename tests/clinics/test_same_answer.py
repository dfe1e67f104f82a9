"""Nobody learns from an answer, or from the work behind it, whether an address has an account."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.urls import reverse

from clinics.models import User
from tests.factories import PASSWORD, make_user
from tests.factories import Browser as Client

UNKNOWN = "nobody@example.org"


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed: what takes the time of a sign-in."""
    done = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        done.append(password)
        return encode(self, password, salt)

    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return done


def bare(answer, email):
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return answer.status_code, answer.headers.get("Location"), page.replace(email, "")


def ask(name, email, **form):
    return bare(Client().post(reverse(name), form | {"login": email, "email": email}), email)


@pytest.mark.parametrize("active", [True, False])
def test_wrong_password_is_as_much_work_as_an_unknown_address(hashed, db, active):
    user = make_user(is_active=active)
    work, answers = [], []
    for email in (user.email, UNKNOWN):
        hashed.clear()
        answers.append(ask("account_login", email, password="a-wrong-password"))
        work.append(len(hashed))
    assert answers[0] == answers[1]
    assert work[0] == work[1] > 0


@pytest.mark.parametrize("active", [True, False])
def test_reset_answers_and_works_the_same(hashed, db, active):
    user = make_user(is_active=active)
    hashed.clear()
    known, unknown = (ask("account_reset_password", email) for email in (user.email, UNKNOWN))
    assert known == unknown
    assert hashed == []
    assert [letter.to for letter in mail.outbox] == [[user.email], [UNKNOWN]]  # both wait for the post


def test_inviting_hashes_no_password_for_either(hashed, owner, fresh_client_for, stranger):
    client = fresh_client_for(owner)
    hashed.clear()
    for email in (stranger.user.email, UNKNOWN):
        client.post(reverse("members:member-invite"), {"email": email, "role": "clinician"})
    assert hashed == []
    assert len(mail.outbox) == 2


def test_sign_up_answers_the_same(owner):
    form = {"password1": PASSWORD, "password2": PASSWORD}
    known, unknown = (ask("account_signup", email, **form) for email in (owner.user.email, UNKNOWN))
    assert known == unknown
    assert not User.objects.filter(email=UNKNOWN).exists()


@pytest.mark.parametrize("length", [64, 128])
def test_long_passwords_are_taken_and_counted_whole(owner, client_for, length):
    new = ("a quiet hill at dawn, " * 8)[:length].strip().ljust(length, "x")
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client_for(owner).post(reverse("account_change_password"), form).status_code == 302
    user = User.objects.get(pk=owner.user_id)
    assert user.check_password(new)
    assert not user.check_password(new[:-1])


@pytest.mark.parametrize(("new", "words"), [("eleven-char", "12"), ("password1234", "common")])
def test_short_and_common_passwords_are_refused(owner, client_for, new, words):
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = client_for(owner).post(reverse("account_change_password"), form)
    assert words in answer.content.decode()
    assert User.objects.get(pk=owner.user_id).check_password(PASSWORD)
