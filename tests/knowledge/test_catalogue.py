"""The catalogue of a release: by code, by package, by a search that forgives."""

from __future__ import annotations

import pytest

from knowledge.catalogue import Catalogue, catalogue
from knowledge.models import Release
from tests.knowledge.folders import small_files
from tests.knowledge_fixtures import Shipped


@pytest.fixture(scope="session")
def known(shipped: Shipped) -> Catalogue:
    return Catalogue(shipped.document)


def found(known: Catalogue, text: str, limit: int = 5) -> list[str]:
    return [hit[1] for hit in known.search(text, limit)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tarsal tunnel", "tarsal_tunnel_syndrome"),
        ("tarsl tunel", "tarsal_tunnel_syndrome"),
        ("TARSAL", "tarsal_tunnel_syndrome"),
        ("carpal tunnel of the foot", "tarsal_tunnel_syndrome"),
        ("TTS", "tarsal_tunnel_syndrome"),
        ("morton", "mortons_neuroma"),
        ("mortens nuroma", "mortons_neuroma"),
        ("jogger's foot", "medial_plantar_neuropraxia"),
        ("joggers foot", "medial_plantar_neuropraxia"),
        ("hallux rig", "hallux_rigidus"),
        ("lace bite", "vamp_disease"),
        ("windlas", "windlass_test"),
    ],
)
def test_search_knows_names_synonyms_and_slips(known: Catalogue, text: str, code: str) -> None:
    assert any(hit == code or hit.startswith(code.partition("_")[0]) for hit in found(known, text, 1)) or (
        code in found(known, text)
    )


@pytest.mark.parametrize("text", ["inner arch", "arch pain", "pain heel", "iner arch"])
def test_search_knows_the_levels_of_a_longer_list(known: Catalogue, text: str) -> None:
    assert "pain_location_main" in found(known, text, 3)


def test_a_whole_name_finds_itself_first(known: Catalogue) -> None:
    for row in known.rows("conditions"):
        assert row["code"] in found(known, row["name"], 3), row["name"]


def test_search_shows_what_matched_and_each_code_once(known: Catalogue) -> None:
    hits = known.search("carpal tunnel of the foot", 20)
    kind, code, name, matched, score = hits[0]
    assert (kind, code, name) == ("condition", "tarsal_tunnel_syndrome", "Tarsal tunnel syndrome")
    assert matched == "carpal tunnel of the foot"
    assert 0 < score <= 100
    assert len({(hit[0], hit[1]) for hit in hits}) == len(hits)
    assert [hit[4] for hit in hits] == sorted((hit[4] for hit in hits), reverse=True)


@pytest.mark.parametrize("text", ["", " ", "a", "\x00", "%", "xqzwvk jjpq"])
def test_search_for_nothing_finds_nothing(known: Catalogue, text: str) -> None:
    assert known.search(text) == []


def test_search_keeps_to_its_limit_and_survives_long_text(known: Catalogue) -> None:
    assert len(known.search("pain", 3)) == 3
    assert isinstance(known.search("pain " * 2000, 3), list)


def test_everything_recordable_is_offered_once_in_the_order_of_a_visit(known: Catalogue) -> None:
    packages = known.packages()
    order = ["history", "standing", "sitting", "supine", "prone", "investigations", "response"]
    names = [name for name, _ in packages]
    assert names == [name for name in order if name in names]
    codes = [item["code"] for _, groups in packages for _, items in groups for item in items]
    assert len(codes) == len(set(codes))
    offered = {
        row["code"]
        for key in ("findings", "risk_factors", "contributing_factors")
        for row in known.rows(key)
        if "replaced_by" not in row and "applies_if" not in row
    }
    assert set(codes) == offered


def test_what_is_retired_is_known_but_neither_offered_nor_found(shipped: Shipped) -> None:
    findings = [
        {**row, "replaced_by": "first_step_pain"} if row["code"] == "quality_numb" else row
        for row in shipped.document["findings"]
    ]
    known = Catalogue({**shipped.document, "findings": findings})
    assert known.finding("quality_numb") is not None
    assert "quality_numb" not in found(known, known.name("finding", "quality_numb"), 20)
    offered = {item["code"] for _, groups in known.packages() for _, items in groups for item in items}
    assert "quality_numb" not in offered


def test_unknown_codes_are_none_and_still_have_words(known: Catalogue) -> None:
    assert known.finding("nowhere") is None
    assert known.condition("other") is None
    assert known.name("finding", "gone_finding") == "gone finding"
    assert known.label("gone_finding", "present") == "yes"
    assert known.label("gone_finding", "some_level") == "some level"


def test_labels_are_the_names_of_levels(known: Catalogue) -> None:
    row = next(row for row in known.rows("findings") if row["code"] == "worst_when")
    for level in row["levels"]:
        assert known.label("worst_when", level["code"]) == level["name"]


def test_treatments_come_by_stage_with_their_names(known: Catalogue) -> None:
    rows = known.treatments_for("tarsal_tunnel_syndrome")
    stages = [row["stage"] for row in rows]
    order = ["first_line", "adjunct", "second_line", "surgical"]
    assert stages == sorted(stages, key=order.index)
    assert all(row["name"] and row["condition"] == "tarsal_tunnel_syndrome" for row in rows)
    assert known.treatments_for("nowhere") == []


def test_a_small_document_needs_no_optional_list() -> None:
    model = small_files()["release.yaml"]["model"]
    known = Catalogue({"schema": "tinel.release/1", "name": "Empty", "kind": "clinic", "model": model})
    assert known.packages() == []
    assert known.search("anything") == []


def test_the_catalogue_of_a_release_is_read_once(release: Release) -> None:
    assert catalogue(release.sha256) is catalogue(release.sha256)


def test_each_typed_word_needs_a_word_of_its_own(known: Catalogue) -> None:
    found = {hit[2] for hit in known.search("ache arch", 20)}
    assert "Upright or arched trunk" not in found
    assert next(hit[1] for hit in known.search("tinle nav")) == "tinel_navicular"
    assert any(hit[1] == "pain_location_main" for hit in known.search("medial arch", 5))
    assert known.search("a " * 500) is not None
