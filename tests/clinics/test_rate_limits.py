"""Guessing ends after a few tries, for every process alike."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from clinics.models import SharedCount
from tests.factories import PASSWORD
from tests.factories import Browser as Client


@pytest.fixture
def guess(owner):
    def post(password="a-wrong-password", email=owner.user.email):
        return Client().post(reverse("account_login"), {"login": email, "password": password})

    return post


def test_counts_are_shared_through_the_database(db):
    cache.set("some-count", 3, 60)
    assert SharedCount.objects.filter(cache_key__contains="some-count").exists()
    assert cache.add("some-count", 4, 60) is False


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(guess, owner):
    for _ in range(5):
        assert "not correct" in guess().content.decode()
    answer = guess(PASSWORD)
    assert "Too many" in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session


def test_an_unknown_address_has_to_wait_as_well(guess):
    answers = [guess(email="nobody@example.org").content.decode() for _ in range(6)]
    assert ["Too many" in page for page in answers] == [False] * 5 + [True]


def test_resets_for_one_address_are_few_and_the_refusal_is_a_page(owner):
    address = reverse("account_reset_password")
    answers = [Client().post(address, {"email": owner.user.email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    page = answers[-1].content.decode()
    assert "Too many tries" in page
    assert '<html lang="en">' in page
