"""What a measure is, and its score with the rule for missing answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from fractions import Fraction

NOT_APPLICABLE = "na"  # said by the person; counts as not answered
HUNDREDTH = Decimal("0.01")

# By code of the item: a number of the scale, NOT_APPLICABLE, or None for no answer.
Answers = Mapping[str, int | str | None]


class Method(Enum):
    SUM = "sum of the answers"
    MEAN = "mean of the answers"
    PERCENT = "answers as a percentage of the most possible"


@dataclass(frozen=True)
class Item:
    code: str
    label: str


@dataclass(frozen=True)
class Measure:
    """`items` are all there can be; of a measure whose activities the patient names, only their places.

    `important_change` is the smallest change of the score that matters, in points of the score; None when
    nobody has found one. `least_answered` is the fewest answers that give a score.
    """

    code: str
    name: str
    about: str
    version: str
    items: tuple[Item, ...]
    lowest: int
    highest: int
    method: Method
    least_answered: int
    higher_is_better: bool
    floor: int
    ceiling: int
    unit: str
    important_change: Fraction | None
    change_source: str
    source: str
    wording: str
    question: str
    levels: tuple[tuple[int, str], ...] = ()
    ends: tuple[str, str] = ("", "")
    not_applicable: str = ""
    names_activities: bool = False
    missing_rule: str = ""

    @property
    def best(self) -> str:
        return "higher is better" if self.higher_is_better else "lower is better"


@dataclass(frozen=True)
class Score:
    """`value` to two decimals; `missing` are the items that did not count."""

    value: Decimal
    answered: int
    missing: tuple[str, ...]


class ScoreError(Exception):
    """Base of every refusal below."""


class UnknownItem(ScoreError):
    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(f"The measure has no item {', '.join(codes)}.")
        self.codes = tuple(codes)


class WrongAnswer(ScoreError):
    def __init__(self, code: str, lowest: int, highest: int) -> None:
        super().__init__(f"“{code}” takes a whole number from {lowest} to {highest}.")
        self.code = code


class TooFewAnswers(ScoreError):
    """Fewer answers than the measure's rule allows: no score rather than a wrong one."""

    def __init__(self, *, answered: int, least: int, missing: Sequence[str]) -> None:
        super().__init__(f"{answered} answered, at least {least} are needed.")
        self.answered = answered
        self.least = least
        self.missing = tuple(missing)


def score(measure: Measure, answers: Answers) -> Score:
    """Raises UnknownItem, WrongAnswer, TooFewAnswers."""
    known = [item.code for item in measure.items]
    if unknown := sorted(set(answers) - set(known)):
        raise UnknownItem(unknown)
    numbers = {code: _number(measure, code, answers.get(code)) for code in known}
    given = [number for number in numbers.values() if number is not None]
    missing = tuple(code for code, number in numbers.items() if number is None)
    if len(given) < measure.least_answered:
        raise TooFewAnswers(answered=len(given), least=measure.least_answered, missing=missing)
    return Score(_rounded(_value(measure, given)), len(given), missing)


def _number(measure: Measure, code: str, answer: int | str | None) -> int | None:
    if answer is None or (answer == NOT_APPLICABLE and measure.not_applicable):
        return None
    if isinstance(answer, bool) or not isinstance(answer, int):
        raise WrongAnswer(code, measure.lowest, measure.highest)
    if not measure.lowest <= answer <= measure.highest:
        raise WrongAnswer(code, measure.lowest, measure.highest)
    return answer


def _value(measure: Measure, given: Sequence[int]) -> Fraction:
    if measure.method is Method.SUM:
        return Fraction(sum(given))
    if measure.method is Method.MEAN:
        return Fraction(sum(given), len(given))
    return Fraction(100 * sum(given), measure.highest * len(given))


def _rounded(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(HUNDREDTH, ROUND_HALF_UP)
