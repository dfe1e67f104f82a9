"""What was published: pages of releases, comparing, restoring as a draft, withdrawing a source."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pghistory
import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership, User
from knowledge.compiled import release_with
from knowledge.exporting import working_document
from knowledge.models import Cluster, Condition, Evidence, Finding, GoldenCase, Release, Source
from knowledge.publishing import publish, without_measures
from knowledge.restoring import plan_restoration, restore_release
from knowledge.reviewing import ReviewRefused, approve, publish_review, submit
from knowledge.schema import document_hash
from tests.knowledge.editorial import published

ClientFor = Callable[[Membership | User], Client]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("base")]


def page(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def at(name: str, *arguments: Any) -> str:
    return reverse(f"knowledge:{name}", args=arguments)


def test_a_process_reads_the_row_of_a_release_once(base: Release, django_assert_num_queries: Any) -> None:
    release_with(base.pk)
    with django_assert_num_queries(0):
        known = release_with(base.pk)
        assert (known.number, known.sha256) == (base.number, base.sha256)


def test_every_colleague_reads_the_releases(
    base: Release, editor: User, reviewer: User, teammate: Membership, client_for: ClientFor
) -> None:
    second = published(editor, reviewer)
    client = client_for(teammate)
    shown = page(client.get(at("release-list")))
    assert "Release 2" in shown
    assert "installed from the command line" in shown
    shown = page(client.get(at("release-detail", second.pk)))
    assert "Restore" not in shown
    shown = page(client.get(at("release-compare"), {"a": "1", "b": "2"}))
    assert "18 of 20 → 26 of 44" in shown
    assert page(client.get(at("release-compare"), {"a": "7", "b": "x"}))
    document = client.get(at("release-document", second.pk))
    assert document_hash(json.loads(document.content)) == second.sha256
    assert document["Content-Disposition"] == 'attachment; filename="release-2.json"'


def test_an_old_release_comes_back_as_a_draft_and_is_published_again(
    base: Release, editor: User, reviewer: User, client_for: ClientFor
) -> None:
    second = published(editor, reviewer)
    client = client_for(editor)
    shown = page(client.get(at("release-restore", base.pk)))
    assert "26 of 44 → 18 of 20" in shown
    assert Evidence.objects.get(condition_id="fasciitis", finding_id="first_steps").positives == 26
    assert client.post(at("release-restore", base.pk)).url == at("review-submit")
    document, _ = working_document()
    assert document == without_measures(base.document)
    assert Release.objects.current() == second
    review = submit(by=editor, note="The larger study was retracted.")
    approve(review_id=review.pk, by=reviewer)
    assert publish_review(review_id=review.pk, by=reviewer) == base == Release.objects.current()
    shown = page(client.get(at("release-list")))
    assert shown.count("Release 1 since") == 2


def test_restoring_loses_nothing_that_was_published(base: Release, editor: User) -> None:
    with pghistory.context(user=str(editor.pk)):
        cluster = Cluster.objects.create(code="gait", name="Gait")
        Finding.objects.create(
            code="limps", name="Limps", kind="symptom", stage="exam", package="standing", group="G",
            cluster=cluster,
        )  # fmt: skip
        Finding.objects.get(pk="limps").levels.create(position=0, code="absent", name="no")
        Finding.objects.get(pk="limps").levels.create(position=1, code="present", name="yes")
        Cluster.objects.create(code="unused", name="Unused")
        Condition.objects.filter(pk="fracture").update(definition="Another.")
        GoldenCase.objects.filter(pk="morning").update(title="Another title")
    publish()
    plan = plan_restoration(base)
    assert [change.code for change in plan.stays] == ["limps"]
    done = restore_release(release=base, by=editor)
    assert {change.code for change in done.removed} == {"unused"}
    assert {change.code for change in done.stays} == {"limps", "gait"}
    assert Finding.objects.filter(pk="limps").exists()
    assert not Cluster.objects.filter(pk="unused").exists()
    assert Condition.objects.get(pk="fracture").definition == "The bone gives way."
    assert GoldenCase.objects.get(pk="morning").title == "Another title"


def test_who_restores_is_a_contributor(
    base: Release, editor: User, reviewer: User, client_for: ClientFor
) -> None:
    published(editor, reviewer)
    reviewer.is_knowledge_editor = True
    reviewer.save()
    client_for(reviewer).post(at("release-restore", base.pk))
    review = submit(by=editor, note="Back.")
    with pytest.raises(ReviewRefused, match="You changed some"):
        approve(review_id=review.pk, by=reviewer)


def test_restoring_is_for_editors(
    base: Release, reviewer: User, teammate: Membership, client_for: ClientFor
) -> None:
    for person in (reviewer, teammate):
        assert client_for(person).get(at("release-restore", base.pk)).status_code == 403
        assert client_for(person).post(at("release-restore", base.pk)).status_code == 403


def test_a_withdrawn_source_shows_what_rested_on_it(
    editor: User, reviewer: User, teammate: Membership, client_for: ClientFor
) -> None:
    address = at("source-withdraw", "rose2003")
    client = client_for(reviewer)
    shown = page(client.get(address))
    assert "Fasciitis: First steps hurt" in shown
    assert client_for(teammate).post(address, {"reason": "x"}).status_code == 403
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "Retracted in 2026."}).status_code == 302
    shown = page(client.get(address))
    assert "Retracted in 2026." in shown
    assert "Nothing can be published while these rows rest on it" in shown
    answer = client_for(editor).post(at("review-submit"), {"note": "Go."})
    assert answer.status_code == 422
    assert "source rose2003 is withdrawn" in unescape(answer.content.decode())
    client.post(at("source-take-back", "rose2003"))
    source = Source.objects.get(pk="rose2003")
    assert (source.status, source.withdrawals.count()) == ("verified", 1)


def test_when_nothing_rests_on_it_any_more_it_is_published(
    editor: User, reviewer: User, client_for: ClientFor
) -> None:
    client_for(editor).post(at("source-withdraw", "rose2003"), {"reason": "Retracted."})
    with pghistory.context(user=str(editor.pk)):
        Evidence.objects.filter(source_id="rose2003").update(
            source=None,
            locator="",
            basis="expert_estimate",
            positives=None,
            n=None,
            frequency_class="frequent",
        )
    review = submit(by=editor, note="Without the retracted study.")
    approve(review_id=review.pk, by=reviewer)
    release = publish_review(review_id=review.pk, by=reviewer)
    assert [row["status"] for row in release.document["sources"]] == ["untraced", "withdrawn"]
