"""A passkey in a real browser, under the content policy: set up, sign in, prove it again."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from clinics.models import AuditEvent, Membership
from tests.factories import PASSWORD


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A device with a fingerprint reader that always says yes."""
    opened = context.new_page()
    device = context.new_cdp_session(opened)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return opened


def test_passkey_is_added_and_signs_in(page: Page, live_server, owner: Membership) -> None:
    base = live_server.url
    page.goto(base + reverse("account_login"))
    page.get_by_label("Email").fill(owner.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(base + reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Desk")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page).to_have_url(re.compile("recovery-codes"))
    assert AuditEvent.objects.filter(action="factor.passkey-add", user=owner.user).exists()

    page.goto(base + "/")
    page.locator(".masthead-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()

    page.goto(base + reverse("mfa_reauthenticate_webauthn") + "?next=" + reverse("members:member-list"))
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.get_by_role("heading", name="Members of")).to_be_visible()

    page.locator(".masthead-menu > summary").click()
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.get_by_role("link", name="Unlock with a passkey").click()
    page.get_by_role("button", name="Use the passkey").click()
    expect(page.get_by_role("heading", name="Members of")).to_be_visible()
