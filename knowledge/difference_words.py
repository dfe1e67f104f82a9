"""The words for one difference: a number with its source, a claim, a field that reads otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from knowledge.pages.lines import short_citation

Item = Mapping[str, Any]
ESTIMATE = "expert estimate"
LONG = 80  # a text longer than this is not set side by side in a sentence
PARTS = {
    "evidence": "evidence",
    "priors": "prior",
    "condition_treatments": "treatment",
    "effects": "effect",
    "excluded_by": "excluding finding",
    "icd10cm": "ICD-10-CM code",
    "levels": "answer",
}
FIELDS = {
    "mimics": ("imitated by", "condition"),
    "parents": ("parents", "finding"),
    "sites": ("sites", "site"),
    "structures": ("structures", "structure"),
    "addressed_by": ("addressed by", "treatment"),
    "conditions": ("conditions", "condition"),
    "replaced_by": ("replaced by", "condition"),
    "parent": ("part of", "site"),
    "source": ("source", "source"),
    "symptom_free.finding": ("symptom-free side", "finding"),
}
FIGURES: tuple[str, ...] = (
    "positives",
    "n",
    "probability",
    "class",
    "counts",
    "share",
    "setting",
    "odds_ratio",
    "low",
    "high",
)
RENAMED = {"how_to": "how to perform", "positive_if": "positive if", "icd10cm": "ICD-10-CM"}


class Named(Protocol):
    def of(self, kind: str, code: str) -> str: ...

    def level(self, finding: str, level: str) -> str: ...


def shown(part: str) -> str:
    return PARTS[part]


def number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def source_words(names: Named, row: Item) -> str:
    """(Smith 2019), (expert estimate), or nothing."""
    if row.get("source"):
        return f" ({short_citation(names.of('source', row['source']))})"
    return f" ({ESTIMATE})" if row.get("basis") == "expert_estimate" else ""


def amount(names: Named, part: str, row: Item) -> str:
    """How much a claim says: the figure alone, without what it is about and where it comes from."""
    words = {"evidence": _strength, "priors": _share, "effects": _odds, "condition_treatments": _stage}
    if part == "excluded_by":
        return names.level(row["finding"], row["level"])
    if part in words:
        return words[part](names, row)
    return str(row.get("title") or row.get("name") or row.get("code"))


def _share(names: Named, row: Item) -> str:
    if "class" in row:
        return str(row["class"]).replace("_", " ")
    people = f" of {number(row['n'])}" if row.get("n") else ""
    return f"{number(100 * row.get('share', 0))} %{people} in {row.get('setting', '').replace('_', ' ')}"


def _odds(names: Named, row: Item) -> str:
    span = f" ({number(row['low'])}–{number(row['high'])})" if "low" in row and "high" in row else ""
    return f"odds × {number(row.get('odds_ratio'))}{span}"


def _stage(names: Named, row: Item) -> str:
    return str(row.get("stage", "")).replace("_", " ")


def _strength(names: Named, row: Item) -> str:
    if "positives" in row:
        return f"{number(row['positives'])} of {number(row['n'])}"
    if "probability" in row:
        people = f" of {number(row['n'])}" if row.get("n") else ""
        return f"{number(100 * row['probability'])} %{people}"
    if "class" in row:
        return str(row["class"]).replace("_", " ")
    counts = row.get("counts", {})
    return ", ".join(f"{names.level(row['finding'], code)} {number(n)}" for code, n in counts.items())


def about(names: Named, part: str, row: Item) -> str:
    """What a claim is about, with the dash that leads to how much."""
    if part == "evidence":
        level = row.get("level", "present")
        answer = "" if level == "present" or "counts" in row else f", {names.level(row['finding'], level)}"
        measure = "counts" if "counts" in row else "sensitivity"
        return f"{names.of('finding', row['finding'])}{answer} – {measure} "
    if part == "priors":
        return ""
    kinds = {"condition_treatments": "treatment", "effects": "condition", "excluded_by": "finding"}
    if part in kinds:
        return f"{names.of(kinds[part], row[kinds[part]])} – "
    return f"{row['code']} – "


def claim_words(names: Named, part: str, row: Item) -> str:
    return f"{about(names, part, row)}{amount(names, part, row)}{source_words(names, row)}"


def telling(names: Named, part: str, old: Item, new: Item) -> Iterable[str]:
    """One claim that changed: the figure first, then everything else about it by field."""
    was, now = amount(names, part, old), amount(names, part, new)
    lead = about(names, part, new) or f"{shown(part)} "
    told: tuple[str, ...] = (
        "positives",
        "n",
        "probability",
        "class",
        "counts",
        "share",
        "setting",
        "odds_ratio",
        "low",
        "high",
    )
    if was != now:
        yield f"{lead}{was} → {now}{source_words(names, new)}"
        told = (*told, "stage", "title", "name")
    elif source_words(names, old) != source_words(names, new):
        yield f"{lead}{now}: from{source_words(names, old)} to{source_words(names, new)}"
    for key in sorted({*old, *new}):
        if key in (*told, "source", "basis") or old.get(key) == new.get(key):
            continue
        yield f"{lead.rstrip(' –')}: {field_words(names, key, old.get(key), new.get(key))}"


def field_words(names: Named, path: str, was: Any, now: Any) -> str:
    """ "recovery.weeks", [6, 8], [6, 12] → "recovery weeks 6, 8 → 6, 12"."""
    key = path.removeprefix("model.")
    label, kind = FIELDS.get(key, (RENAMED.get(key, key.replace(".", " ").replace("_", " ")), ""))
    if isinstance(was or now, list) and all(isinstance(item, str) for item in [*(was or []), *(now or [])]):
        return _list_words(names, label, kind, was or [], now or [])
    before, after = (_value(names, kind, value) for value in (was, now))
    if max(len(before), len(after)) > LONG:
        return f"{label} now reads: “{after}”" if after else f"{label} taken out"
    if not before or not after:
        return f"{label} now {after}" if after else f"{label} {before} taken out"
    return f"{label} {before} → {after}"


def _list_words(names: Named, label: str, kind: str, was: list[str], now: list[str]) -> str:
    added = [_value(names, kind, item) for item in now if item not in was]
    taken = [_value(names, kind, item) for item in was if item not in now]
    parts = [f"+ {', '.join(added)}"] if added else []
    parts += [f"− {', '.join(taken)}"] if taken else []
    return f"{label}: {'; '.join(parts) or 'in another order'}"


def _value(names: Named, kind: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return names.of(kind, value) if kind else value
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key.replace('_', ' ')} {_value(names, '', inner)}" for key, inner in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(_value(names, kind, item) for item in value)
    return number(value)
