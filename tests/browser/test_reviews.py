"""One number changes: an editor proposes it, a reviewer sees whose differential moves and publishes, and a
visit signed before still replays to the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from clinics.acting import acting_in
from clinics.models import Clinic, Membership
from knowledge.importing import import_content
from knowledge.models import Evidence, Release, Review
from knowledge.publishing import publish
from tests.browser.conftest import PATIENCE_MS, Desk, Watched, sign_in
from tests.browser.test_pages import violations
from tests.factories import PASSWORD, make_member
from tests.knowledge.folders import small, small_files
from tests.triage.factories import HELD_AT, answer, make_episode
from triage import services
from triage.models import Assessment

At = Callable[[Membership], Desk]
VISITS = 6


@pytest.fixture
def base(transactional_db: None, tmp_path: Path) -> Release:
    """The first steps of the morning speak for the fascia, a tender heel a little for the bone."""
    files = small_files()
    fracture = files["conditions/fracture.yaml"]
    fracture["prior"] = [{"class": "common", "basis": "expert_estimate"}]
    fracture["evidence"] = [{"finding": "first_steps", "class": "frequent", "basis": "expert_estimate"}]
    import_content(small(tmp_path, files))
    return publish(notes="first")


@pytest.fixture
def signed(base: Release, owner: Membership, clinic: Clinic) -> dict[str, bytes]:
    """Signed visits of the clinic, each with what its assessment keeps."""
    with acting_in(clinic):
        episode = make_episode(owner)
        for _ in range(VISITS):
            visit = services.start_encounter(episode=episode, member=owner, held_at=HELD_AT)
            answer(visit, owner, "first_steps", "present")
            services.sign_encounter(
                encounter=visit, member=owner, version=visit.version, unscreened_confirmed=True
            )
        return {str(row.pk): bytes(row.output) for row in Assessment.objects.all()}


@pytest.fixture
def at(browser: Browser, live_server, watched: Watched) -> At:
    """A person in front of a browser of their own."""

    def sit(member: Membership) -> Desk:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        watched.follow(context)
        sign_in(context, live_server.url, member)
        return Desk(page=context.new_page(), base=live_server.url, member=member)

    return sit


def test_a_sensitivity_changes_and_signed_visits_stay(
    at: At, base: Release, signed: dict[str, bytes], clinic: Clinic
) -> None:
    editor = make_member(clinic, name="Edda Editor", is_knowledge_editor=True)
    reviewer = make_member(clinic, name="Rhea Reviewer", is_knowledge_reviewer=True)
    desk = at(editor)
    row = Evidence.objects.get(condition_id="fasciitis", finding_id="first_steps")
    desk.go(reverse("knowledge:part-edit", args=["conditions", "fasciitis", "evidence", row.pk]))
    desk.page.locator("input[name$=positives]").fill("2")
    desk.page.locator("input[name=n], input[name$='-n']").fill("200")
    desk.press("Save")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Fasciitis")
    desk.go(reverse("knowledge:review-submit"))
    expect(desk.page.get_by_text("18 of 20 → 2 of 200 (Rose 2003)")).to_be_visible()
    assert not violations(desk.page)
    desk.fill("What changed and why", "A larger study saw it far more rarely.")
    desk.press("Submit")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Review: A larger study")

    look = at(reviewer)
    review = Review.objects.get()
    look.go(reverse("knowledge:review-detail", args=[review.pk]))
    expect(look.page.get_by_text("18 of 20 → 2 of 200 (Rose 2003)")).to_be_visible()
    look.press("See the impact")
    look.press("Count the signed visits")
    expect(look.page.get_by_text("All counted.")).to_be_visible()
    expect(look.page.get_by_text(re.compile(rf"Fasciitis → .*: {VISITS}"))).to_be_visible()
    assert not violations(look.page)
    look.go(reverse("knowledge:review-detail", args=[review.pk]))
    look.fill("Why it is right that golden cases lose their place", "The larger study outweighs the case.")
    look.press("Approve")
    look.page.fill("[name=password]", PASSWORD)
    look.press("Confirm")
    look.press("Publish")
    expect(look.page.get_by_text("Release 2 is the current one now.")).to_be_visible()
    expect(look.page.get_by_text("The larger study outweighs the case.")).to_be_visible()
    assert not violations(look.page)

    assert Release.objects.current() != base
    with acting_in(clinic):
        assert {str(row.pk): bytes(row.output) for row in Assessment.objects.all()} == signed
    replays = list(services.replay_assessments())
    assert [replay.outcome.value for replay in replays] == ["equal"] * VISITS
