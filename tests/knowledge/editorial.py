"""What an editor and a reviewer do to a small release, in the fewest words."""

from __future__ import annotations

import pghistory

from clinics.models import User
from knowledge.models import Evidence, Release, Review
from knowledge.reviewing import approve, publish_review, submit


def set_positives(by: User, positives: float = 26, n: float = 44) -> None:
    """What an editor does on a page: the history knows who."""
    with pghistory.context(user=str(by.pk)):
        row = Evidence.objects.get(condition_id="fasciitis", finding_id="first_steps")
        row.positives, row.n = positives, n
        row.save()


def submitted(by: User, *, note: str = "A larger study.") -> Review:
    set_positives(by)
    return submit(by=by, note=note)


def published(editor: User, reviewer: User, *, positives: float = 26) -> Release:
    set_positives(editor, positives)
    review = submit(by=editor, note=f"{positives:g} of 44.")
    approve(review_id=review.pk, by=reviewer)
    return publish_review(review_id=review.pk, by=reviewer)
