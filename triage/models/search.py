"""What a word of the patient search can mean: the start of a name, a date of birth, the start of an id."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Concat

ID_LETTERS_MIN = 4
NAME_LETTERS_MIN = 3
BIRTH_YEAR = re.compile(r"(19|20)\d\d")
YEAR_FIRST = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})")
YEAR_LAST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")


class FoldName(models.Func):
    """Small letters, no accents or punctuation, ae/oe/ue as a/o/u: how names compare (a function in SQL)."""

    function = "triage_fold_name"
    output_field = models.TextField()


class SearchName(FoldName):
    """The generated column `search_name`: a space before each word, so that “ ber” finds the start of one."""

    template = "' ' || %(function)s(%(expressions)s)"
    arg_joiner = " || ' ' || "


def meanings(word: str) -> models.Q:
    matches = models.Q(search_name__contains=Concat(models.Value(" "), FoldName(models.Value(word))))
    for day in possible_dates(word):
        matches |= models.Q(birth_date=day)
    if BIRTH_YEAR.fullmatch(word):
        matches |= models.Q(birth_date__year=int(word))
    first_last = ids_beginning(word)
    if first_last:
        matches |= models.Q(pk__range=first_last)
    return matches


def holds_one_of(words: Iterable[str]) -> models.Q:
    """A name with one of these words, folded already, whole."""
    ends = "( |$)"
    return models.Q(search_name__regex=f" ({'|'.join(map(re.escape, words))}){ends}")


def names_one_person(text: str) -> bool:
    """A whole date of birth and three letters of a name, not merely a beginning to try out."""
    words = text.split()
    letters = [word for word in words if len(word) >= NAME_LETTERS_MIN and not any(map(str.isdigit, word))]
    return bool(letters) and any(possible_dates(word) for word in words)


def possible_dates(word: str) -> set[dt.date]:
    """1990-05-17, 17.5.1990; 5/6/1990 may be the fifth of June or the sixth of May: both."""
    orders: list[tuple[int, int, int]] = []
    if match := YEAR_FIRST.fullmatch(word):
        year, month, day = map(int, match.groups())
        orders = [(year, month, day)]
    elif match := YEAR_LAST.fullmatch(word):
        first, second, year = map(int, match.groups())
        orders = [(year, second, first), (year, first, second)]
    return {date for order in orders if (date := _date(*order))}


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def ids_beginning(word: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    letters = word.replace("-", "").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{ID_LETTERS_MIN},32}}", letters):
        return None
    return uuid.UUID(letters.ljust(32, "0")), uuid.UUID(letters.ljust(32, "f"))
