"""Blocks, plans, letters, outcomes and programmes: what cannot be done as it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triage.errors.base import TriageError


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
