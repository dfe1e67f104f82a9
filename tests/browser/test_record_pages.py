"""The pages around what is on record and around restricted records, light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext

from clinics.models import Membership
from tests.browser.conftest import Desk, sign_in
from tests.browser.test_pages import violations
from tests.factories import PASSWORD, make_member
from tests.triage.factories import make_patient
from triage.models import Patient
from triage.services import break_glass, set_restriction


@pytest.fixture
def patient(owner: Membership, teammate: Membership) -> Patient:
    """Restricted; a colleague broke the glass and was never reviewed."""
    made = make_patient(owner)
    set_restriction(patient=made, member=owner, version=1, restricted=True, team=[])
    break_glass(patient=made, member=teammate, reason="Collapsed on the track, allergies needed")
    return made


def addresses(patient: Patient) -> list[str]:
    of_patient = [
        reverse(f"triage:{name}", args=[patient.pk])
        for name in ("patient-detail", "patient-opened", "patient-restriction")
    ]
    return [*of_patient, reverse("audit:log"), reverse("triage:glass-list")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_of_a_lead_are_accessible(desk: Desk, patient: Patient, scheme: str, width: int) -> None:
    desk.page.emulate_media(color_scheme=scheme)
    desk.page.set_viewport_size({"width": width, "height": 900})
    for address in addresses(patient):
        desk.go(address)
        assert violations(desk.page) == [], address
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_the_closed_card_is_accessible_and_names_nobody(
    context: BrowserContext, desk: Desk, patient: Patient
) -> None:
    sign_in(context, desk.base, make_member(desk.member.clinic, name="Nils New"))
    desk.go(reverse("triage:patient-detail", args=[patient.pk]))
    assert "Rosa" not in desk.page.content()
    assert violations(desk.page) == []
    desk.page.get_by_role("link", name="Break the glass").click()
    desk.page.get_by_label("Password").fill(PASSWORD)
    desk.page.get_by_role("button", name="Confirm").click()
    desk.page.get_by_label("Why you need").fill("Collapsed on the track")
    desk.press("Open the record")
    desk.page.get_by_text("Open to you until").wait_for()
    assert "Rosa" in desk.page.content()
