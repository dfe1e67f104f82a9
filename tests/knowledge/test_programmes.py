"""Stop rules that a log of runs can tell: they come back from the tables, and repeat the texts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from knowledge.loading import SHIPPED, load
from knowledge.mapping import STEP, column_values, plain_of
from knowledge.models import Step
from knowledge.publishing import publishable
from knowledge.schema.conditions import Step as SchemaStep

SIGN_WORDS = {
    "next_morning_worse": "worse the next morning",
    "start_up_longer": "start-up pain clearly longer",
    "nerve_symptoms": "numbness",
}


def shipped_steps() -> list[Any]:
    return [
        pytest.param(programme, step, id=f"{programme['code']}-{step['title']}")
        for programme in publishable(load(SHIPPED))["programmes"]
        for step in programme["steps"]
        if "stops" in step
    ]


def rules_of(programme: dict[str, Any], step: dict[str, Any]) -> str:
    """The texts of the step, with those of the step that they name."""
    text = " ".join(step.get("stop_rules", []))
    named = re.search(r"As in step (\d)", text)
    if named:
        text += " " + rules_of(programme, programme["steps"][int(named[1]) - 1])
    return text.lower()


@pytest.mark.parametrize(("programme", "step"), shipped_steps())
def test_what_is_checked_stands_in_the_text(programme: dict[str, Any], step: dict[str, Any]) -> None:
    stops, text = step["stops"], rules_of(programme, step)
    for sign in stops.get("signs", []):
        assert SIGN_WORDS[sign] in text
    for key, limit in stops.items():
        if key != "signs":
            assert (f"above {limit}" in text) if limit else ("bone pain" in text), key


def test_stops_come_back_from_the_columns() -> None:
    plain = {
        "title": "4 First runs",
        "text": "Run.",
        "stops": {"pain_during_above": 0, "signs": ["nerve_symptoms", "next_morning_worse"]},
    }
    assert SchemaStep.model_validate_json(json.dumps(plain)).plain() == plain
    assert plain_of(STEP, Step(**column_values(STEP, plain))) == plain
    without = {"title": "1 Rest", "text": "Rest."}
    assert plain_of(STEP, Step(**column_values(STEP, without))) == without


@pytest.mark.parametrize(
    "wrong", [{"pain_during_above": 10}, {"pain_during_above": -1}, {"signs": ["limp"]}, {"pain": 3}]
)
def test_a_stop_that_nobody_can_check_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SchemaStep.model_validate_json(json.dumps({"title": "1", "text": "Run.", "stops": wrong}))
