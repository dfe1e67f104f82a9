"""The pages on the way to a release, by editor, reviewer, colleague and stranger to the step."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Membership, User
from knowledge.models import Condition, Release, Review
from knowledge.reviewing import approve, require_review
from tests.knowledge.editorial import set_positives, submitted

ClientFor = Callable[[Membership | User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("base")]


def page(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def at(name: str, review: Review | None = None) -> str:
    return reverse(f"knowledge:{name}", args=[review.pk] if review else [])


def test_the_whole_way_by_pages(editor: User, reviewer: User, fresh_client_for: ClientFor) -> None:
    set_positives(editor)
    writing, looking = fresh_client_for(editor), fresh_client_for(reviewer)
    shown = page(writing.get(at("review-submit")))
    assert "First steps hurt – sensitivity 18 of 20 → 26 of 44 (Rose 2003)" in shown
    answer = writing.post(at("review-submit"), {"note": "A larger study."})
    review = Review.objects.get()
    assert answer.url == at("review-detail", review)
    shown = page(looking.get(answer.url))
    assert "18 of 20 → 26 of 44" in shown
    assert "Edda Editor" in shown
    assert "1 of 1 hold" in shown
    looking.post(at("review-approve", review), {"approve-note": "Read it."})
    assert "Publish" in page(looking.get(at("review-detail", review)))
    answer = looking.post(at("review-publish", review))
    release = Release.objects.current()
    assert release is not None
    assert answer.url == reverse("knowledge:release-detail", args=[release.pk])
    shown = page(looking.get(answer.url))
    for words in ("Release 2 is the current one now", "Rhea Reviewer", "Read it.", release.sha256):
        assert words in shown
    actions = set(AuditEvent.objects.filter(clinic=None).values_list("action", flat=True))
    assert {"knowledge.submitted", "knowledge.approved", "knowledge.published"} <= actions


def test_a_change_in_the_administration_makes_a_contributor(
    base: Release, editor: User, reviewer: User, fresh_client_for: ClientFor
) -> None:
    """The history names who sent a form, in the administration as on every page under /knowledge/."""
    reviewer.is_staff = reviewer.is_superuser = True
    reviewer.save()
    address = reverse("admin:knowledge_site_change", args=["heel"])
    fresh_client_for(reviewer).post(address, {"name": "Hind foot", "synonyms": "", "parent": "foot"})
    review = submitted(editor)
    assert set(review.contributors) == {editor.pk, reviewer.pk}
    answer = fresh_client_for(reviewer).post(at("review-approve", review), {})
    assert answer.status_code == 409
    assert "You changed some of this knowledge yourself" in page(answer)


@pytest.mark.parametrize("step", ["approve", "return", "publish"])
def test_the_steps_of_a_reviewer_are_closed_to_others(
    step: str, editor: User, teammate: Membership, fresh_client_for: ClientFor
) -> None:
    review = submitted(editor)
    for person in (teammate, editor):
        answer = fresh_client_for(person).post(at(f"review-{step}", review), {"return-note": "No."})
        assert answer.status_code in (403, 409), person
    assert fresh_client_for(editor).get(at(f"review-{step}", review)).status_code == 405
    assert Review.objects.get().status == "open"


def test_reviews_are_for_those_who_make_the_knowledge(
    editor: User, reviewer: User, teammate: Membership, client_for: ClientFor
) -> None:
    review = submitted(editor)
    for name, given in (("review-list", None), ("review-detail", review)):
        assert client_for(teammate).get(at(name, given)).status_code == 403
        assert client_for(reviewer).get(at(name, given)).status_code == 200
    for person in (teammate, reviewer):
        assert client_for(person).get(at("review-submit")).status_code == 403
    assert client_for(reviewer).post(at("review-withdraw", review)).status_code == 403
    assert client_for(editor).post(at("review-withdraw", review)).status_code == 302
    assert Review.objects.get().status == "withdrawn"


def test_returned_with_words(editor: User, reviewer: User, client_for: ClientFor) -> None:
    review = submitted(editor)
    looking = client_for(reviewer)
    assert looking.post(at("review-return", review), {"return-note": ""}).status_code == 422
    looking.post(at("review-return", review), {"return-note": "Which table?"})
    assert "Which table?" in page(client_for(editor).get(at("review-detail", review)))


def test_the_second_reviewer_is_told(editor: User, reviewer: User, fresh_client_for: ClientFor) -> None:
    review = submitted(editor)
    approve(review_id=review.pk, by=reviewer)
    answer = fresh_client_for(reviewer).post(at("review-approve", review), {})
    assert answer.status_code == 409
    assert "Meanwhile it was approved by Rhea Reviewer" in page(answer)


@pytest.mark.parametrize("step", ["approve", "publish"])
def test_a_release_asks_who_is_there(step: str, editor: User, reviewer: User, client_for: ClientFor) -> None:
    """What ranks every patient from now on is not done at a desk that somebody left."""
    review = submitted(editor)
    answer = client_for(reviewer).post(at(f"review-{step}", review), {})
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert Review.objects.get().status == "open"


def test_edits_after_submission_are_named(editor: User, reviewer: User, client_for: ClientFor) -> None:
    review = submitted(editor)
    looking = client_for(reviewer)
    assert "has changed since" not in page(looking.get(at("review-detail", review)))
    set_positives(editor, 40)
    assert "The working copy has changed since" in page(looking.get(at("review-detail", review)))


def test_an_unsound_working_copy_is_refused_with_its_faults(editor: User, client_for: ClientFor) -> None:
    Condition.objects.filter(pk="fracture").update(definition="")
    answer = client_for(editor).post(at("review-submit"), {"note": "x"})
    assert answer.status_code == 422
    assert "Not sound yet" in page(answer)
    assert not Review.objects.exists()


def test_a_note_is_needed(editor: User, client_for: ClientFor) -> None:
    set_positives(editor)
    assert client_for(editor).post(at("review-submit"), {"note": " "}).status_code == 422
    assert not Review.objects.exists()


def test_one_clinic_publishes_alone_and_says_so(
    editor: User, reviewer: User, fresh_client_for: ClientFor
) -> None:
    looking, writing = fresh_client_for(reviewer), fresh_client_for(editor)
    assert writing.post(at("review-required"), {"required": "no"}).status_code == 403
    looking.post(at("review-required"), {"required": "no"})
    assert "This installation does without" in page(looking.get(at("review-list")))
    review = submitted(editor)
    assert "Publish without a second person" in page(writing.get(at("review-detail", review)))
    answer = writing.post(at("review-publish", review))
    assert "Published without a second person" in page(writing.get(answer.url))
    require_review(required=True, by=reviewer)
    assert "A reviewer who changed nothing" in page(looking.get(at("review-list")))
