"""Somebody who has just proved who they are."""

import pytest
from django.urls import reverse

from tests.factories import PASSWORD


@pytest.fixture
def fresh_client_for(client_for):
    def make(member):
        client = client_for(member)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        return client

    return make
