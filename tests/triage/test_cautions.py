"""Cautions against the record: what is on it is never missing, what is not is never claimed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.catalogue import Catalogue
from knowledge.models import Release
from triage.cautions import (
    ALWAYS,
    APPLIES,
    NOT_HERE,
    PERHAPS,
    Caution,
    Kind,
    Said,
    cautions_of,
    check,
    derived,
    names_by_code,
)
from triage.cautions.matching import meant
from triage.cautions.said import ENDURANCE, ENDURANCE_WEEKLY_KM

QUINOLONE = ("Fluoroquinolone antibiotic in the last weeks", "ciprofloxacin", "levofloxacin")
FACTORS = ("heavy", "quinolone", "thinner", "sugar")
ASKED = [(kind, code) for kind in ("comorbidity", "medicine", "allergy", "risk_factor") for code in FACTORS]


def row(treatment: str, *cautions: dict[str, Any], condition: str = "a") -> dict[str, Any]:
    return {"condition": condition, "treatment": treatment, "cautions": list(cautions)}


def caution(text: str, **asks: str) -> dict[str, Any]:
    return {"text": text, "if": asks} if asks else {"text": text}


def states(found: tuple[Caution, ...]) -> list[tuple[str, str]]:
    return [(one.text, one.state) for one in found]


def test_what_applies_stands_first_with_its_reason() -> None:
    rows = [
        row("knife", caution("Always"), caution("Sugar", comorbidity="sugar"), caution("No", medicine="x"))
    ]
    found = check(rows, [Said(Kind.COMORBIDITY, "Diabetes", code="sugar")], {})
    assert states(found) == [("Sugar", APPLIES), ("Always", ALWAYS), ("No", NOT_HERE)]
    assert [reason.words for reason in found[0].because] == ["Diabetes"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ciprofloxacin", "sure"),
        ("Ciprofloxacin 500 mg, twice a day", "sure"),
        ("CIPROFLOXACIN!", "sure"),
        ("ciprofloxacine", "maybe"),
        ("ciprofloxcin", "maybe"),
        ("no ciprofloxacin", "maybe"),
        ("stopped levofloxacin in May", "maybe"),
        ("paracetamol", ""),
        ("", ""),
        ("🏃 ملاحظة", ""),
    ],
)
def test_free_words_with_and_without_slips(text: str, meaning: str) -> None:
    assert meant(text, QUINOLONE) == meaning


def test_a_slip_is_perhaps_and_says_what_to_check() -> None:
    said = [Said(Kind.MEDICINE, "Ciprofloxacine", text="Ciprofloxacine")]
    found = check([row("load", caution("Tear", risk_factor="q"))], said, {"q": QUINOLONE})
    assert (found[0].state, found[0].because[0].words) == (PERHAPS, "Ciprofloxacine")


def test_an_allergy_is_no_course_of_the_medicine() -> None:
    rows = [row("load", caution("Tear", medicine="q"), caution("Rash", allergy="q"))]
    said = [Said(Kind.ALLERGY, "Ciprofloxacin", text="Ciprofloxacin", code="q")]
    assert states(check(rows, said, {"q": QUINOLONE})) == [("Rash", APPLIES), ("Tear", NOT_HERE)]


def test_an_equivocal_answer_is_perhaps() -> None:
    said = [Said(Kind.RISK_FACTOR, "smoking, equivocal", code="smoker", sure=False)]
    assert check([row("knife", caution("Wound", risk_factor="smoker"))], said, {})[0].state == PERHAPS


def test_the_cautions_of_a_treatment_go_with_it_to_another_condition() -> None:
    document = {
        "condition_treatments": [
            row("injection", caution("Tear"), condition="b"),
            row("load", caution("Pain"), condition="a"),
            row("load", caution("Elsewhere"), condition="b"),
        ]
    }
    rows = cautions_of(document, "a", ["injection", "load"])
    assert [found["cautions"][0]["text"] for found in rows] == ["Pain", "Tear"]


@pytest.mark.parametrize(
    ("weekly_km", "sport", "runs_far"),
    [
        (ENDURANCE_WEEKLY_KM, "", True),
        (ENDURANCE_WEEKLY_KM - 1, "", False),
        (None, "Marathon", True),
        (5, "Chess", False),
    ],
)
def test_who_is_an_endurance_runner(weekly_km: int | None, sport: str, runs_far: bool) -> None:
    said = derived([], age_years=30, sex="female", sport=sport, weekly_km=weekly_km)
    rows = [row("injection", caution("Rupture", risk_factor=ENDURANCE))]
    found = check(rows, said, {ENDURANCE: ("Long-distance runner", "marathon")})
    assert (found[0].state == APPLIES) == runs_far


def test_age_and_sex_imply_what_the_release_says() -> None:
    factors = [
        {"code": "old", "name": "Old", "applies_if": {"age_at_least": 50}},
        {"code": "young_woman", "name": "Young woman", "applies_if": {"sex": "female", "age_below": 50}},
        {"code": "asked", "name": "Asked"},
    ]
    said = derived(factors, age_years=50, sex="female", sport="", weekly_km=None)
    assert [one.code for one in said] == ["old"]


CAUTIONS = st.builds(
    lambda text, asks: {"text": text, "if": {asks[0]: asks[1]}} if asks else {"text": text},
    st.sampled_from(["Tear", "Bleeding", "Sugar"]),
    st.one_of(st.none(), st.sampled_from(ASKED)),
)
ROWS = st.lists(
    st.builds(
        lambda treatment, cautions: row(treatment, *cautions),
        st.sampled_from(["load", "knife", "injection"]),
        st.lists(CAUTIONS, max_size=4),
    ),
    max_size=5,
)
RECORD = st.lists(
    st.builds(
        lambda kind, code, text: Said(kind, text or code, text=text, code=code),
        st.sampled_from(list(Kind)),
        st.sampled_from(["", *FACTORS]),
        st.text(max_size=20),
    ),
    max_size=6,
)


@given(rows=ROWS, said=RECORD)
def test_a_caution_whose_condition_is_on_the_record_always_applies(
    rows: list[dict[str, Any]], said: list[Said]
) -> None:
    found = check(rows, said, {})
    seen = {(one.treatment, one.asks, one.text): one.state for one in found}
    allergies = {one.code for one in said if one.kind == Kind.ALLERGY}
    rest = {one.code for one in said if one.kind != Kind.ALLERGY}
    for here in rows:
        for one in here["cautions"]:
            asks = one.get("if") or {}
            kind, code = next(iter(asks.items()), ("", ""))
            state = seen[here["treatment"], f"{kind}:{code}" if kind else "", one["text"]]
            if not asks:
                assert state == ALWAYS
            elif code in (allergies if "allergy" in asks else rest):
                assert state == APPLIES


def shipped_cautions(release: Release, condition: str, said: list[Said]) -> list[str]:
    document = Catalogue(release.document).document
    found = check(cautions_of(document, condition), said, names_by_code(document))
    return [one.text for one in found if one.state == APPLIES]


@pytest.mark.parametrize(
    "condition",
    [
        "achilles_tendinopathy_midportion",
        "achilles_tendinopathy_insertional",
        "achilles_rupture",
        "retrocalcaneal_bursitis",
    ],
)
def test_shipped_a_fluoroquinolone_warns_at_every_achilles_condition(
    release: Release, condition: str
) -> None:
    said = [Said(Kind.MEDICINE, "Levofloxacin 500", text="Levofloxacin 500")]
    assert any("fluoroquinolone" in text for text in shipped_cautions(release, condition, said))


@pytest.mark.parametrize(
    "condition", ["plantar_fasciitis", "medial_plantar_neuropraxia", "baxter_neuropathy"]
)
def test_shipped_an_injection_by_the_fascia_warns_the_endurance_runner(
    release: Release, condition: str
) -> None:
    said = derived([], age_years=30, sex="male", sport="", weekly_km=70)
    assert any("rupture" in text for text in shipped_cautions(release, condition, said))
    assert not shipped_cautions(
        release, condition, derived([], age_years=30, sex="male", sport="", weekly_km=10)
    )


def test_shipped_inserts_may_worsen_nerve_pain(release: Release) -> None:
    for condition in (
        "medial_plantar_neuropraxia",
        "tarsal_tunnel_syndrome",
        "lateral_plantar_nerve_entrapment",
    ):
        found = check(cautions_of(release.document, condition), [], {})
        assert any("insert" in one.text and one.state == ALWAYS for one in found), condition


def test_shipped_a_caution_of_its_own_source_names_it(release: Release) -> None:
    rows = [
        row
        for row in release.document["condition_treatments"]
        if row["treatment"] == "corticosteroid_injection"
    ]
    own = [one for row in rows for one in row.get("cautions", ()) if one.get("source")]
    assert {one["source"] for one in own} >= {"sellman1994", "kaar_jogger"}
