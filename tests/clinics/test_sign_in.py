from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD


def sign_in(client, email, password):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_right_password_signs_in(owner):
    client = Client()
    response = sign_in(client, owner.user.email, PASSWORD)
    assert response.status_code == 302
    assert response.url == "/"
    assert client.session["_auth_user_id"] == str(owner.user.pk)


def test_case_of_the_address_does_not_matter(owner):
    assert sign_in(Client(), owner.user.email.upper(), PASSWORD).status_code == 302
