"""Visits, releases, lists and who may do what: what cannot be done as it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triage.errors.base import TriageError


class WrongClinic(TriageError):
    code = "wrong_clinic"

    def __init__(self) -> None:
        super().__init__("This record belongs to another clinic.")


class NotAllowed(TriageError):
    code = "not_allowed"

    def __init__(self) -> None:
        super().__init__("Only a lead of the clinic may change this.")


class NotEnoughProof(TriageError):
    """A clinic's base rates or temperature before enough of its episodes are proven."""

    code = "not_enough_proof"

    def __init__(self, *, consecutive: int, proven: int) -> None:
        super().__init__(
            f"Too few episodes are proven: {proven} of {consecutive}. Base rates need 80 % of consecutive "
            "episodes, a temperature 150 cases."
        )
        self.consecutive = consecutive
        self.proven = proven


class NoRelease(TriageError):
    code = "no_release"

    def __init__(self) -> None:
        super().__init__("No knowledge has been published yet: publish a release before starting a visit.")


class OtherRelease(TriageError):
    """The release on the page is not, or no longer, the one to move to."""

    code = "other_release"

    def __init__(self) -> None:
        super().__init__("Your clinic uses another release by now: look at what it would change first.")


class NotMoved(TriageError):
    code = "not_moved"

    def __init__(self) -> None:
        super().__init__("This visit has not been moved to another release.")


class OwnListUnclear(TriageError):
    code = "own_list_unclear"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"Name one to {most} different conditions, each from the list or in a few words.")


class OwnListLate(TriageError):
    """An own list is one that was written before the differential was seen."""

    code = "own_list_late"

    def __init__(self) -> None:
        super().__init__("The differential of this visit was shown to you from the start.")


class ListHidden(TriageError):
    code = "list_hidden"

    def __init__(self) -> None:
        super().__init__(
            "Write your own list first, or show the differential without it: you sign what you saw."
        )


class SignedEncounter(TriageError):
    code = "signed"

    def __init__(self) -> None:
        super().__init__("This visit is signed: it takes addenda only.")


class DiscardedEncounter(TriageError):
    code = "discarded"

    def __init__(self) -> None:
        super().__init__("This visit was discarded: restore it before changing it.")


class TooMuchText(TriageError):
    code = "too_much_text"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"This form holds more than {most:,} characters; shorten the text.")


class SubmissionReused(TriageError):
    """One submission id, two different things: the second must not be taken for a repeat of the first."""

    code = "submission_reused"

    def __init__(self) -> None:
        super().__init__("This form was already sent for another visit. Reload the page and send it again.")


class OwnReview(TriageError):
    code = "own_review"

    def __init__(self) -> None:
        super().__init__("Somebody else reviews what you opened yourself.")


class NotSigned(TriageError):
    code = "not_signed"

    def __init__(self) -> None:
        super().__init__("This visit is still a draft: change it instead of adding an addendum.")


class EmptyEncounter(TriageError):
    code = "empty"

    def __init__(self) -> None:
        super().__init__("This visit has no answer yet: record at least one before signing.")


class UnscreenedUrgent(TriageError):
    """Urgent conditions that nothing recorded excludes, at a signature that does not say so."""

    code = "unscreened"

    def __init__(self, conditions: Sequence[str]) -> None:
        super().__init__(f"Not yet screened: {', '.join(conditions)}. Confirm it to sign all the same.")
        self.conditions = tuple(conditions)


class EmptyReason(TriageError):
    code = "empty_reason"

    def __init__(self) -> None:
        super().__init__("Say why this red flag does not count here: the reason stays on record.")


class NotFired(TriageError):
    code = "not_fired"

    def __init__(self, rule: str) -> None:
        super().__init__(f"The red flag “{rule}” is not raised by what is recorded now.")
        self.rule = rule


class EmptyAddendum(TriageError):
    code = "empty_addendum"

    def __init__(self) -> None:
        super().__init__("An addendum needs a text.")


class StaleVersion(TriageError):
    """Somebody changed the row since the page was loaded; `mine` and `theirs` hold the fields that differ."""

    code = "stale"

    def __init__(self, *, mine: Mapping[str, Any], theirs: Mapping[str, Any], version: int) -> None:
        super().__init__("Somebody else changed this in the meantime.")
        self.mine = dict(mine)
        self.theirs = dict(theirs)
        self.version = version
