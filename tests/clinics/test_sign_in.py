import time

import pytest
from django.urls import reverse

from clinics.models import User
from tests.factories import PASSWORD, make_user
from tests.factories import Browser as Client


def sign_in(email: str, password: str) -> tuple[Client, object]:
    client = Client()
    return client, client.post(reverse("account_login"), {"login": email, "password": password})


def test_right_password_signs_in(owner):
    client, response = sign_in(owner.user.email, PASSWORD)
    assert (response.status_code, response.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(owner.user.pk)


def test_case_of_the_address_does_not_matter(owner):
    _, response = sign_in(owner.user.email.upper(), PASSWORD)
    assert response.status_code == 302


def test_wrong_password_and_unknown_address_get_the_same_answer(owner):
    answers = []
    for email in (owner.user.email, "nobody@example.org"):
        client, response = sign_in(email, "a-wrong-password")
        assert "_auth_user_id" not in client.session
        page = response.content.decode().replace(email, "")
        answers.append((response.status_code, "not correct" in page, 'class="error-summary"' in page))
    assert answers == [(200, True, True)] * 2


def test_title_says_that_something_is_wrong(owner):
    _, response = sign_in(owner.user.email, "a-wrong-password")
    assert "<title>Error: Sign in" in response.content.decode()


def test_closed_account_cannot_sign_in(db):
    user = make_user(is_active=False)
    client, _ = sign_in(user.email, PASSWORD)
    assert "_auth_user_id" not in client.session


def test_sign_up_is_closed(db):
    client = Client()
    page = client.get(reverse("account_signup"))
    assert "Accounts are made for you" in page.content.decode()
    form = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), form)
    assert not User.objects.filter(email="new@example.org").exists()


def test_sign_in_page_does_not_offer_sign_up(db):
    assert reverse("account_signup") not in Client().get(reverse("account_login")).content.decode()


def test_anonymous_is_sent_to_sign_in(db):
    response = Client().get(reverse("clinics:clinic-choice"))
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?next={reverse('clinics:clinic-choice')}"


def test_anonymous_fragment_sends_the_whole_page_to_sign_in(db):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/somewhere/"}
    response = Client().get(reverse("clinics:clinic-choice"), headers=headers)
    assert response.headers["HX-Redirect"] == f"{reverse('account_login')}?next=/somewhere/"
    assert response.content == b""


def test_form_without_its_token_is_refused(owner):
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("account_login"), {"login": owner.user.email, "password": PASSWORD})
    assert response.status_code == 403
    fragment = client.post(reverse("account_login"), {}, headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"].startswith(reverse("account_login"))


def test_sign_out_ends_the_session(owner, client_for):
    client = client_for(owner)
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "name", ["account_change_password", "account_reset_password", "usersessions_list", "mfa_index"]
)
def test_account_pages_wear_the_common_frame(owner, client_for, name):
    page = client_for(owner).get(reverse(name), follow=True).content.decode()
    assert '<html lang="en">' in page
    assert '<main id="content"' in page
    assert "style=" not in page


def test_second_factor_can_be_set_up_and_its_secret_is_sealed(owner):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    client, _ = sign_in(owner.user.email, PASSWORD)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    form = client.get(reverse("mfa_activate_totp")).context["form"]
    code = format_hotp_value(hotp_value(form.secret, int(time.time()) // 30))
    response = client.post(reverse("mfa_activate_totp"), {"code": code})
    assert response.status_code == 302
    stored = Authenticator.objects.get(user=owner.user, type=Authenticator.Type.TOTP).data["secret"]
    assert form.secret not in stored
