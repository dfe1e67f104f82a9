"""Draft → review → release: what each step needs, and that the database holds it against raw statements."""

from __future__ import annotations

import threading
import uuid

import pghistory
import pytest
from django.db import DatabaseError, connection, connections, transaction

from clinics.models import User
from knowledge.models import Finding, Installation, Prior, Release, Review, Source
from knowledge.publishing import publish
from knowledge.reviewing import (
    ReviewRefused,
    approve,
    moved_on,
    publish_review,
    require_review,
    return_review,
    review_is_required,
    submit,
    withdraw_review,
)
from knowledge.schema import document_hash
from knowledge.withdrawing import withdraw_source
from tests.factories import make_clinic, make_user
from tests.knowledge.editorial import published, set_positives, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("base")]


def refused(statement: str, *values: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_change_goes_from_draft_to_release(base: Release, editor: User, reviewer: User) -> None:
    review = submitted(editor)
    assert (review.status, review.base) == ("open", base)
    assert review.contributors == [editor.pk]
    assert Release.objects.current() == base
    approve(review_id=review.pk, by=reviewer, note="Checked table 2.")
    release = publish_review(review_id=review.pk, by=reviewer)
    assert Release.objects.current() == release != base
    assert release.sha256 == review.sha256 == document_hash(release.document)
    assert (release.publication, release.review_id, release.published_by) == ("reviewed", review.pk, reviewer)
    review.refresh_from_db()
    assert (review.status, review.reviewed_by, review.review_note) == (
        "published",
        reviewer,
        "Checked table 2.",
    )


def test_nothing_new_is_not_submitted(editor: User) -> None:
    with pytest.raises(ReviewRefused, match="Nothing differs from release 1"):
        submit(by=editor, note="Nothing.")
    set_positives(editor)
    with pytest.raises(ReviewRefused, match="what changed"):
        submit(by=editor, note="  ")


def test_one_review_at_a_time(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    with pytest.raises(ReviewRefused, match="Another review is waiting"):
        submit(by=editor, note="Once more.")
    refused(
        "INSERT INTO knowledge_review (id, document_bytes, sha256, cases, golden, lost_cases, note, status,"
        " submitted_by_id, review_note, lost_cases_reason, contributors)"
        " SELECT gen_random_uuid(), document_bytes, sha256, cases, golden, lost_cases, note, 'open',"
        " submitted_by_id, '', '', '{}' FROM knowledge_review"
    )
    return_review(review_id=review.pk, by=reviewer, note="Give the table.")
    assert submit(by=editor, note="Once more.").status == "open"


def test_nobody_reviews_what_they_changed(editor: User, reviewer: User) -> None:
    editor.is_knowledge_reviewer = True
    editor.save()
    review = submitted(editor)
    with pytest.raises(ReviewRefused, match="You changed some of this"):
        approve(review_id=review.pk, by=editor)
    refused(
        "UPDATE knowledge_review SET status = 'approved', reviewed_by_id = %s WHERE id = %s",
        editor.pk,
        review.pk,
    )
    refused("UPDATE knowledge_review SET contributors = '{}' WHERE id = %s", review.pk)


def test_who_changed_a_row_is_a_contributor_though_another_submits(
    editor: User,
    reviewer: User,
) -> None:
    with pghistory.context(user=str(reviewer.pk)):
        Finding.objects.get(pk="tender_heel").sites.clear()
    review = submitted(editor)
    assert set(review.contributors) == {editor.pk, reviewer.pk}
    with pytest.raises(ReviewRefused, match="You changed some of this"):
        approve(review_id=review.pk, by=reviewer)


def test_a_reviewer_who_edits_after_submission_is_a_contributor(
    editor: User,
    reviewer: User,
) -> None:
    review = submitted(editor)
    set_positives(reviewer, 30)
    with pytest.raises(ReviewRefused, match="You changed some of this"):
        approve(review_id=review.pk, by=reviewer)
    refused(
        "UPDATE knowledge_review SET status = 'approved', reviewed_by_id = %s WHERE id = %s",
        reviewer.pk,
        review.pk,
    )


def test_what_is_edited_after_submission_is_no_part_of_it(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    assert not moved_on(review)
    set_positives(editor, 40)
    assert moved_on(review)
    approve(review_id=review.pk, by=reviewer)
    release = publish_review(review_id=review.pk, by=reviewer)
    assert release.sha256 == review.sha256
    assert [row["positives"] for row in release.document["evidence"] if "positives" in row] == [26]


def test_a_review_of_yesterday_is_not_published(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    set_positives(editor, 40)
    publish()  # from the command line, meanwhile
    with pytest.raises(ReviewRefused, match="Another release was published"):
        approve(review_id=review.pk, by=reviewer)
    refused(
        "UPDATE knowledge_review SET status = 'approved', reviewed_by_id = %s WHERE id = %s",
        reviewer.pk,
        review.pk,
    )
    assert withdraw_review(review_id=review.pk, by=editor).status == "withdrawn"


def test_the_second_of_two_reviewers_is_told(editor: User, reviewer: User) -> None:
    other = make_user("Otto Other", is_knowledge_reviewer=True)
    review = submitted(editor)
    approve(review_id=review.pk, by=reviewer)
    with pytest.raises(ReviewRefused, match="Meanwhile it was approved by Rhea Reviewer"):
        approve(review_id=review.pk, by=other)
    publish_review(review_id=review.pk, by=other)
    with pytest.raises(ReviewRefused, match="Meanwhile it was published"):
        return_review(review_id=review.pk, by=reviewer, note="Too late.")


def test_returned_with_a_reason(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    with pytest.raises(ReviewRefused, match="what has to change"):
        return_review(review_id=review.pk, by=reviewer, note=" ")
    returned = return_review(review_id=review.pk, by=reviewer, note="Which table?")
    assert (returned.status, returned.review_note) == ("returned", "Which table?")
    with pytest.raises(ReviewRefused, match="Meanwhile it was returned"):
        approve(review_id=review.pk, by=reviewer)


def test_a_lost_golden_case_needs_a_reason(editor: User, reviewer: User) -> None:
    Prior.objects.filter(condition_id="fasciitis").update(frequency_class="very_rare")
    set_positives(editor, 0, 200)
    review = submit(by=editor, note="All of it is never seen.")
    assert review.lost_cases == [row["code"] for row in review.golden] != []
    for reason in ("", "because"):
        with pytest.raises(ReviewRefused, match="Golden cases lose their place"):
            approve(review_id=review.pk, by=reviewer, lost_cases_reason=reason)
    refused(
        "UPDATE knowledge_review SET status = 'approved', reviewed_by_id = %s WHERE id = %s",
        reviewer.pk,
        review.pk,
    )
    refused("UPDATE knowledge_review SET lost_cases = '[]' WHERE id = %s", review.pk)
    approve(review_id=review.pk, by=reviewer, lost_cases_reason="The case was drawn from a retracted paper.")
    assert publish_review(review_id=review.pk, by=reviewer).review.lost_cases_reason.startswith("The case")


def test_publishing_waits_for_the_approval(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    with pytest.raises(ReviewRefused, match="A second person approves it first"):
        publish_review(review_id=review.pk, by=reviewer)


def insert_release(publication: str, sha256: str, review: uuid.UUID | None, by: uuid.UUID | None) -> None:
    refused(
        "INSERT INTO knowledge_release (id, number, name, document_bytes, sha256, published_at, notes,"
        " publication, review_id, published_by_id)"
        " SELECT gen_random_uuid(), 99, 'x', document_bytes, %s, now(), '', %s, %s, %s FROM knowledge_review",
        sha256,
        publication,
        review,
        by,
    )


def test_raw_statements_publish_nothing(base: Release, editor: User, reviewer: User) -> None:
    review = submitted(editor)
    insert_release("reviewed", review.sha256, review.pk, reviewer.pk)  # not approved
    insert_release("reviewed", review.sha256, None, reviewer.pk)
    insert_release("installed", review.sha256, None, reviewer.pk)  # in a person's name
    insert_release("single_clinic", review.sha256, review.pk, editor.pk)
    approve(review_id=review.pk, by=reviewer)
    insert_release("reviewed", "0" * 64, review.pk, reviewer.pk)  # other bytes
    insert_release("reviewed", review.sha256, review.pk, editor.pk)  # in the editor's name
    refused(
        "INSERT INTO knowledge_releaseactivation (release_id, by_id, review_id, publication)"
        " VALUES (%s, %s, %s, 'reviewed')",
        base.pk,
        reviewer.pk,
        review.pk,
    )
    refused("UPDATE knowledge_review SET status = 'published' WHERE id = %s", review.pk)
    refused("DELETE FROM knowledge_review WHERE id = %s", review.pk)
    refused("UPDATE knowledge_review SET document_bytes = 'x' WHERE id = %s", review.pk)
    refused("DELETE FROM knowledge_releaseactivation")
    refused("UPDATE knowledge_releaseactivation SET release_id = release_id, by_id = %s", editor.pk)
    refused("ALTER TABLE knowledge_review DISABLE TRIGGER ALL")
    assert Release.objects.count() == 1


def test_a_colleague_without_the_right_approves_nothing(editor: User) -> None:
    review = submitted(editor)
    bystander = make_user("Bea Bystander")
    refused(
        "UPDATE knowledge_review SET status = 'approved', reviewed_by_id = %s WHERE id = %s",
        bystander.pk,
        review.pk,
    )


SWITCHED_OFF = (
    "INSERT INTO knowledge_installation (only, review_required, changed_by_id, changed_at)"
    " VALUES (true, false, %s, now())"
)


def test_two_clinics_need_a_second_person(editor: User, reviewer: User) -> None:
    make_clinic("A second one")
    with pytest.raises(ReviewRefused, match="more than one clinic"):
        require_review(required=False, by=reviewer)
    refused(SWITCHED_OFF, reviewer.pk)
    assert review_is_required()


def test_one_clinic_may_do_without_a_second_person(editor: User, reviewer: User) -> None:
    refused(SWITCHED_OFF, editor.pk)
    require_review(required=False, by=reviewer)
    assert not review_is_required()
    review = submitted(editor)
    release = publish_review(review_id=review.pk, by=editor)
    assert (release.publication, release.review.reviewed_by) == ("single_clinic", None)
    make_clinic("A second one")
    assert review_is_required()
    assert Installation.objects.get().review_required is False
    set_positives(editor, 30)
    review = submit(by=editor, note="Again.")
    with pytest.raises(ReviewRefused, match="second person"):
        publish_review(review_id=review.pk, by=editor)


def test_a_release_that_was_published_before_becomes_current_again(
    base: Release,
    editor: User,
    reviewer: User,
) -> None:
    second = published(editor, reviewer)
    assert Release.objects.current() == second
    set_positives(editor, 18, 20)
    review = submit(by=editor, note="Back: the larger study was retracted.")
    approve(review_id=review.pk, by=reviewer)
    assert publish_review(review_id=review.pk, by=reviewer) == base
    assert Release.objects.current() == base
    assert Release.objects.count() == 2
    set_positives(editor, 26)
    assert publish() == second == Release.objects.current()


def test_nothing_is_published_that_rests_on_a_withdrawn_source(editor: User, reviewer: User) -> None:
    review = submitted(editor)
    source = Source.objects.get(pk="rose2003")
    withdraw_source(source=source, reason="Retracted by the journal.", by=make_user("Sol"))
    with pytest.raises(ReviewRefused, match="source that was withdrawn"):
        approve(review_id=review.pk, by=reviewer)
    assert Review.objects.get().status == "open"


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_approves(editor: User, reviewer: User) -> None:
    other = make_user("Otto Other", is_knowledge_reviewer=True)
    review = submitted(editor)
    start, refusals = threading.Barrier(2), []

    def decide(person: User) -> None:
        start.wait()
        try:
            approve(review_id=review.pk, by=person)
        except ReviewRefused as refusal:
            refusals.append(str(refusal))
        finally:
            connections["default"].close()

    people = [threading.Thread(target=decide, args=[person]) for person in (reviewer, other)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    review.refresh_from_db()
    assert refusals == [f"Meanwhile it was approved by {review.reviewed_by}. Nothing was changed."]


@pytest.mark.django_db(transaction=True)
def test_what_was_changed_before_the_current_release_binds_nobody(editor: User, reviewer: User) -> None:
    """Who contributed to the last release may review the next."""
    set_positives(reviewer, 20)
    publish()
    review = submitted(editor)
    assert review.contributors == [editor.pk]
    assert approve(review_id=review.pk, by=reviewer).status == "approved"
