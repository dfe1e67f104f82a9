"""An answer that the release does not allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triage.errors.base import TriageError


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
