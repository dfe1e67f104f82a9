"""The result of a ranking, as plain data and canonical bytes (docs/ranking.md, "Output")."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage.ranking.bar_text import GAP, TEXT_OF_GAP, bars_as_text, canonical
from triage.ranking.case import Observation
from triage.ranking.explain import Differential
from triage.ranking.misfit import Misfit
from triage.ranking.rules import RedFlag
from triage.ranking.votes import Votes


@dataclass(frozen=True)
class Ranking:
    """Every hypothesis with its reasons, Other among them, and what stands apart from the shares."""

    release: str
    engine: str
    setting: str
    differential: Differential
    votes: Votes
    misfit: Misfit | None
    red_flags: tuple[RedFlag, ...]
    tests_disagree: tuple[tuple[str, Sequence[str]], ...]
    further: Mapping[str, Any] = field(
        default_factory=dict
    )  # later steps' parts of the output, already plain
    clinic_model: str = ""

    def to_dict(self, explained: Collection[str] | None = None) -> dict[str, Any]:
        """Plain JSON data; keys and meaning in docs/ranking.md. With `explained`, only these conditions have
        their bars: a page need not explain what it does not show.
        """
        return {
            "release": self.release,
            "engine": self.engine,
            "setting": self.setting,
            "hypotheses": self.differential.hypotheses(explained),
            "misfit": _misfit(self.misfit),
            "red_flags": [_red_flag(flag) for flag in self.red_flags],
            "contradictions": [
                {"present": _place(pair.present), "absent": _place(pair.absent)}
                for pair in self.votes.contradictions
            ],
            "implied": [_place(observation) for observation in self.votes.implied],
            "weights": self.differential.weights(),
            "tests_disagree": [
                {"cluster": cluster, "findings": list(findings)} for cluster, findings in self.tests_disagree
            ],
            **({"clinic_model": self.clinic_model} if self.clinic_model else {}),
            **self.further,
        }

    def to_json(self) -> bytes:
        """Canonical UTF-8 JSON: the same bytes for the same release, case and engine version; the text of
        `canonical(self.to_dict())`, with the bars put in as text.
        """
        plain = self.to_dict(explained=())
        plain["hypotheses"] = [{**row, "bars": GAP} for row in plain["hypotheses"]]
        parts = canonical(plain).split(TEXT_OF_GAP)
        bars = bars_as_text(self.differential)
        told = [text for row in zip(parts[:-1], bars, strict=True) for text in row]
        return "".join([*told, parts[-1]]).encode()


def _place(observation: Observation) -> dict[str, str | None]:
    return {"finding": observation.finding, "level": observation.level, "side": observation.side}


def _red_flag(flag: RedFlag) -> dict[str, Any]:
    return {
        "rule": flag.rule,
        "condition": flag.condition,
        "urgency": flag.urgency,
        "matched": [_place(observation) for observation in flag.matched],
    }


def _misfit(misfit: Misfit | None) -> dict[str, Any] | None:
    if misfit is None:
        return None
    return {
        "value": misfit.value,
        "threshold": misfit.threshold,
        "observations": misfit.observations,
        "fired": misfit.fired,
    }
