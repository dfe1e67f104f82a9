"""Who comes to the sampled clinic, and what the release's risk factors are to them (population.yaml)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import yaml

POPULATION = Path(__file__).with_name("population.yaml")
STEROID, FLUOROQUINOLONE, BOTH = "steroid_tablets", "fluoroquinolone_recent", "steroid_plus_fluoroquinolone"
NOVICE, PRACTISED = "first_year_runner", ("long_distance_running", "running_injury_before")
ASKED_ABSENT = 0.2  # of the risk factors that do not hold, answered "no" at the visit
YEAR_DAYS = 365.25
SHOWN = 40  # patients of a small sample, who must show every kind of thing

Random = np.random.Generator
Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    kind: str
    text: str
    code: str


@dataclass(frozen=True)
class Person:
    """`factors` hold, those behind `items` too; `denied` were asked about and do not.

    Age and sex imply more.
    """

    given_name: str
    family_name: str
    birth_date: dt.date
    sex: str
    sport: str
    weekly_km: int | None
    setting: str
    items: tuple[Item, ...]
    factors: tuple[str, ...]
    denied: tuple[str, ...]

    @property
    def answered(self) -> tuple[tuple[str, bool], ...]:
        """(risk factor, whether it holds) as answered at a visit: what no item says already."""
        noted = {item.code for item in self.items}
        said = [(code, True) for code in self.factors if code not in noted]
        return tuple(sorted([*said, *((code, False) for code in self.denied)]))

    def age_on(self, day: dt.date) -> int:
        born = self.birth_date
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@lru_cache(maxsize=1)
def population() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(POPULATION.read_text(encoding="utf-8"))
    names = read["given_names"]
    read["given_names"] = {sex: names[sex].split() for sex in names}
    read["family_names"] = read["family_names"].split()
    return read


def draw_person(random: Random, *, today: dt.date, known: Collection[str]) -> Person:
    """Somebody who comes; `known` are the codes of the release's risk factors."""
    about = population()
    sex = pick(random, about["sexes"])
    age = _age(random, about["ages"])
    birth_date = today - dt.timedelta(days=int((age + random.random()) * YEAR_DAYS))
    sport = _sport(random, about["sports"], age)
    factors = _factors(random, about["factors"], sport, age=age, sex=sex, known=known)
    names = about["given_names"].get(sex) or [*about["given_names"]["female"], *about["given_names"]["male"]]
    holding = tuple(sorted(factors))
    return Person(
        given_name=one_of(random, names),
        family_name=one_of(random, about["family_names"]),
        birth_date=birth_date,
        sex=sex,
        sport=sport["name"] if sport else "",
        weekly_km=_weekly_km(random, sport, NOVICE in factors),
        setting=pick(random, about["settings"]),
        items=_items(random, about, holding, age),
        factors=holding,
        denied=_denied(random, about["factors"], factors, sex=sex, known=known),
    )


def pick(random: Random, shares: Mapping[str, float]) -> str:
    """A key, as often as its share says."""
    point = random.random() * sum(shares.values())
    for key, share in shares.items():
        point -= share
        if point < 0:
            return key
    return [*shares][-1]


def one_of(random: Random, things: Sequence[T]) -> T:
    return things[int(random.integers(len(things)))]


def rare(number: int, every: int, at: int) -> bool:
    """Whether a patient is one of the few who show something: one in `every`, and some of the first."""
    return number % every == at or (number < SHOWN and number % 13 == at % 13)


def _age(random: Random, bands: Sequence[Sequence[float]]) -> int:
    """Completed years."""
    chosen = int(pick(random, {str(number): band[2] for number, band in enumerate(bands)}))
    low, high, _ = bands[chosen]
    return int(random.integers(int(low), int(high) + 1))


def _sport(random: Random, sports: Sequence[Row], age: int) -> Row | None:
    """A sport of this age, or none."""
    shares = {str(at): row["share"] for at, row in enumerate(sports) if _of_age(row, age)}
    chosen = pick(random, {**shares, "none": max(0.05, 1 - sum(shares.values()))})
    return None if chosen == "none" else sports[int(chosen)]


def _of_age(row: Row, age: int) -> bool:
    low, high = row.get("ages", (0, 130))
    return bool(low <= age <= high)


def _factors(
    random: Random, rows: Mapping[str, Row], sport: Row | None, *, age: int, sex: str, known: Collection[str]
) -> set[str]:
    """Risk factors that hold, consistent among themselves."""
    points = random.random(len(rows))
    found = {
        code
        for (code, row), point in zip(rows.items(), points, strict=True)
        if point < row["share"] and _of_age(row, age) and row.get("sex", sex) == sex
    }
    found |= set(sport.get("factors", ())) if sport else set()
    if found & set(PRACTISED):
        found.discard(NOVICE)
    if {STEROID, FLUOROQUINOLONE} <= found:
        found.add(BOTH)
    return found & set(known)


def _weekly_km(random: Random, sport: Row | None, novice: bool) -> int | None:
    if sport is None:
        return None
    low, high = sport["km"]
    return int(random.integers(low, (low + high) // 2 + 1 if novice else high + 1))


def _items(random: Random, about: Row, factors: Sequence[str], age: int) -> tuple[Item, ...]:
    rows = about["factors"]
    coded = [
        Item(rows[code]["item"], rows[code]["text"], code)
        for code in factors
        if code in rows and "item" in rows[code]
    ]
    points = random.random(len(about["items"]))
    plain = [
        Item(row["kind"], row["text"], row.get("code", ""))
        for row, point in zip(about["items"], points, strict=True)
        if point < row["share"] and _of_age(row, age)
    ]
    return (*coded, *plain)


def _denied(
    random: Random, rows: Mapping[str, Row], factors: set[str], *, sex: str, known: Collection[str]
) -> tuple[str, ...]:
    points = random.random(len(rows))
    return tuple(
        code
        for (code, row), point in zip(rows.items(), points, strict=True)
        if code in known
        and code not in factors
        and point < ASKED_ABSENT
        and "item" not in row
        and row.get("sex", sex) == sex
    )
