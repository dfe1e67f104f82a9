"""What can be wrong with a request to change a patient's record.

Each error carries plain attributes; the words on a page are the template's. The default message is one
English sentence for commands and logs, and names codes of the knowledge only, never a value of the patient's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class TriageError(Exception):
    """Base of every refusal below."""

    code = "refused"


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


class CautionApplies(TriageError):
    """A treatment whose caution applies on this record, chosen without a reason."""

    code = "caution_applies"

    def __init__(self, cautions: Sequence[Any]) -> None:
        super().__init__("A caution applies on this record: say why this is chosen all the same.")
        self.cautions = tuple(cautions)


class LetterSent(TriageError):
    code = "letter_sent"

    def __init__(self) -> None:
        super().__init__("This letter was sent: it never changes. Write another one.")


class NothingToUndo(TriageError):
    code = "nothing_to_undo"

    def __init__(self) -> None:
        super().__init__("Nothing was changed here since it was written.")


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


class AnswerError(TriageError):
    """An answer that the release of the visit does not know."""

    def __init__(self, message: str, *, finding: str, side: str = "") -> None:
        super().__init__(message)
        self.finding = finding
        self.side = side


class UnknownFinding(AnswerError):
    code = "unknown_finding"

    def __init__(self, *, finding: str, nearest: Sequence[str]) -> None:
        hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
        super().__init__(f"The release of this visit has no finding “{finding}”.{hint}", finding=finding)
        self.nearest = tuple(nearest)


class UnknownLevel(AnswerError):
    code = "unknown_level"

    def __init__(self, *, finding: str, level: str, levels: Sequence[str]) -> None:
        super().__init__(
            f"“{level}” is no level of “{finding}”; its levels are {', '.join(levels)}.", finding=finding
        )
        self.level = level
        self.levels = tuple(levels)


class UnknownStatus(AnswerError):
    code = "unknown_status"

    def __init__(self, *, finding: str, status: str, statuses: Sequence[str]) -> None:
        super().__init__(f"“{status}” is no status; use {', '.join(statuses)}.", finding=finding)
        self.status = status
        self.statuses = tuple(statuses)


class SideNotAsked(AnswerError):
    code = "side_not_asked"

    def __init__(self, *, finding: str, side: str) -> None:
        super().__init__(f"“{finding}” has no side, but “{side}” was given.", finding=finding, side=side)


class SideMissing(AnswerError):
    code = "side_missing"

    def __init__(self, *, finding: str, side: str, sides: Sequence[str]) -> None:
        given = f"“{side}” is no side" if side else "no side was given"
        super().__init__(
            f"“{finding}” needs a side ({', '.join(sides)}); {given}.", finding=finding, side=side
        )
        self.sides = tuple(sides)


class UnknownStage(AnswerError):
    code = "unknown_stage"

    def __init__(self, *, finding: str, stage: str, stages: Sequence[str]) -> None:
        super().__init__(f"“{stage}” is no stage; use {', '.join(stages)}.", finding=finding)
        self.stage = stage
        self.stages = tuple(stages)


class LevelNotWanted(AnswerError):
    """“Not tested” together with a level says two things at once."""

    code = "level_not_wanted"

    def __init__(self, *, finding: str, level: str) -> None:
        super().__init__(f"“{finding}” cannot be not tested and “{level}” at once.", finding=finding)
        self.level = level


class AnswersRefused(TriageError):
    """A whole form with faults: every fault at once, nothing saved."""

    code = "answers_refused"

    def __init__(self, problems: Sequence[tuple[Any, TriageError]]) -> None:
        super().__init__(" ".join(str(problem) for _, problem in problems))
        self.problems = tuple(problems)


class AlreadyCorrected(TriageError):
    code = "already_corrected"

    def __init__(self) -> None:
        super().__init__("This score was corrected already: correct the newer one.")


class ProgrammeEnded(TriageError):
    code = "programme_ended"

    def __init__(self) -> None:
        super().__init__("This programme is finished or stopped: take it up again first.")


class ProgrammeRunning(TriageError):
    code = "programme_running"

    def __init__(self) -> None:
        super().__init__("A programme is under way for this complaint: finish or stop it first.")


class NoStep(TriageError):
    """A step, criterion or rule that the programme does not have, or no way that leads there."""

    code = "no_step"

    def __init__(self) -> None:
        super().__init__("The programme has no such step, criterion or rule.")


class CriteriaOpen(TriageError):
    code = "criteria_open"

    def __init__(self, *, open_count: int) -> None:
        number = "One criterion is" if open_count == 1 else f"{open_count} criteria are"
        super().__init__(f"{number} not ticked. Tick, or say why to go on without.")
        self.open_count = open_count


class ReasonMissing(TriageError):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__("Say which rule was met, or what happened: it stays on record.")


class WrongShoe(TriageError):
    code = "wrong_shoe"

    def __init__(self) -> None:
        super().__init__("This shoe belongs to another patient.")


class LinkClosed(TriageError):
    """A link that is unknown, used, withdrawn or too old: the answer is the same."""

    code = "link_closed"

    def __init__(self) -> None:
        super().__init__("This link is not open.")


class NotABlock(TriageError):
    code = "not_a_block"

    def __init__(self, finding: str) -> None:
        super().__init__(f"“{finding}” is no diagnostic block in the release of this visit.")
        self.finding = finding


class AllergyOpen(TriageError):
    """Allergies on record stand against the injection until somebody settled them in words."""

    code = "allergy_open"

    def __init__(self, allergies: Sequence[str]) -> None:
        super().__init__(
            "Do not inject yet: an allergy on record may concern this drug. Say in words how it was settled."
        )
        self.allergies = tuple(allergies)


class BlockForbidden(TriageError):
    """Rules or conditions of the finding's `avoid_if` hold, and no reason is given to go on all the same."""

    code = "block_forbidden"

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(
            "Do not inject yet: something stands against a block here. "
            "Write why it is given all the same; the reason stays on record."
        )
        self.codes = tuple(codes)


class LevelMoved(TriageError):
    """The readings support another level than the one the page showed."""

    code = "level_moved"

    def __init__(self, level: str | None) -> None:
        super().__init__("The readings changed meanwhile: look at the level they support now.")
        self.level = level
