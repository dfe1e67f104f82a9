"""Content files: every fault with file, line, key and remedy, all at once, whatever the file tries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.loading import SHIPPED, load
from knowledge.reading import LIMIT_BYTES, LIMIT_DEPTH
from tests.knowledge.folders import Files, faults, small, small_files, write
from tests.knowledge_fixtures import Shipped

Change = Callable[[Files], Any]
FASCIITIS = "conditions/fasciitis.yaml"
HISTORY = "findings/history.yaml"
PRONE = "findings/prone.yaml"


def evidence(files: Files, index: int = 0) -> dict[str, Any]:
    row: dict[str, Any] = files[FASCIITIS]["evidence"][index]
    return row


def tender(files: Files) -> dict[str, Any]:
    row: dict[str, Any] = files[PRONE]["findings"][0]
    return row


def rule(files: Files) -> dict[str, Any]:
    row: dict[str, Any] = files["rules.yaml"]["rules"][0]
    return row


def test_a_sound_folder_is_read_whole(tmp_path: Path) -> None:
    document = small(tmp_path).document.plain()
    assert [row["code"] for row in document["conditions"]] == ["fasciitis", "fracture"]
    assert {row["finding"]: row["condition"] for row in document["evidence"]}["worst_when"] == "fasciitis"
    first = next(row for row in document["findings"] if row["code"] == "first_steps")
    assert first["stage"] == "intake"  # from the top of the file
    assert [level["code"] for level in first["levels"]] == ["absent", "present"]
    assert (
        next(row for row in document["evidence"] if row["finding"] == "first_steps" and "n" in row)["level"]
        == "present"
    )


def test_the_shipped_content_has_no_fault(shipped: Shipped) -> None:
    assert len(shipped.content.document.conditions) >= 29
    assert shipped.content.cases


# (what is done to the sound files, file, key, words of the problem, words of the remedy)
FAULTS: list[tuple[Change, str, str, str, str]] = [
    (lambda f: f[FASCIITIS].pop("name"), FASCIITIS, "", "name is missing", "add name"),
    (lambda f: f[FASCIITIS].update(nane="x"), FASCIITIS, "nane", "not part of the format", "spelling"),
    (lambda f: f[FASCIITIS].update(nature="nervous"), FASCIITIS, "nature", "'nervous' is not one", "choose"),
    (lambda f: f[FASCIITIS].update(synonyms="x"), FASCIITIS, "synonyms", "is not a list", "write a list"),
    (lambda f: f[FASCIITIS].update(definition=7), FASCIITIS, "definition", "7 is not text", "in quotes"),
    (lambda f: f[FASCIITIS].update(sites=["hell"]), FASCIITIS, "sites", "no site hell", "did you mean heel"),
    (lambda f: f[FASCIITIS].update(definition=None), FASCIITIS, "", "has no definition", "write its"),
    (lambda f: f[FASCIITIS].pop("prior"), FASCIITIS, "", "has no prior", "give prior"),
    (lambda f: f[FASCIITIS].update(code="other"), FASCIITIS, "", "the engine's own", "choose another"),
    (lambda f: f[FASCIITIS].update(code="fascitis"), FASCIITIS, "code", "another name", "fascitis.yaml"),
    (lambda f: f[FASCIITIS].update(code="Fasciitis 1"), FASCIITIS, "code", "wrong form", "small letters"),
    (lambda f: f[FASCIITIS].update(mimics=["fasciitis"]), FASCIITIS, "", "names the condition itself", "out"),
    (lambda f: f[FASCIITIS].update(replaced_by="fasciitis"), FASCIITIS, "replaced_by", "replaces itself", ""),
    (lambda f: evidence(f).update(n="20"), FASCIITIS, "evidence[0].n", "'20' is not a number", "quotes"),
    (lambda f: evidence(f).update(n=True), FASCIITIS, "evidence[0].n", "True is not a number", "quotes"),
    (lambda f: evidence(f).update(n=20.5), FASCIITIS, "evidence[0].n", "20.5 is not a whole", "a corpus"),
    (
        lambda f: f[FASCIITIS]["evidence"].append(
            {"finding": "tender_heel", "class": "often", "basis": "expert_estimate"}
        ),
        FASCIITIS, "evidence[3].class", "class often has no weight", "known codes",
    ),
    (
        lambda f: f[FASCIITIS]["evidence"].append(
            {"finding": "tender_heel", "class": "often", "basis": "expert_estimate"}
        ),
        FASCIITIS, "evidence[3].class", "'often' is not one of the choices", "choose 'always'",
    ),
    (
        lambda f: f["release.yaml"]["model"]["class_weights"].update(often={"mean": 0.6, "strength": 5}),
        "release.yaml", "model.class_weights.often", "'often' is not one of the choices", "choose 'always'",
    ),
    (
        lambda f: f["release.yaml"]["model"].update(settings=["ward"]),
        "release.yaml", "model.settings", "only a corpus declares its settings", "take the key out",
    ),
    (
        lambda f: f[FASCIITIS]["prior"].append(
            {"share": 0.2, "setting": "ward", "basis": "expert_estimate"}
        ),
        FASCIITIS, "prior[1].setting", "there is no setting ward", "runners, sports_clinic, primary_care",
    ),
    (lambda f: evidence(f).update(positives=21), FASCIITIS, "evidence[0]", "21 is above n 20", "everybody"),
    (lambda f: evidence(f).pop("n"), FASCIITIS, "evidence[0]", "n, the number of people", ""),
    (lambda f: evidence(f).update({"class": "rare"}), FASCIITIS, "evidence[0]", "exactly one of", ""),
    (lambda f: evidence(f).pop("source"), FASCIITIS, "evidence[0]", "without a source", "expert_estimate"),
    (lambda f: evidence(f).pop("locator"), FASCIITIS, "evidence[0]", "without a locator", "say where"),
    (lambda f: evidence(f).update(source="ros"), FASCIITIS, "evidence[0].source", "no source", "rose2003"),
    (
        lambda f: evidence(f).update(source="lost1999"),
        FASCIITIS, "evidence[0].source", "is untraced and must not be used", "verified source",
    ),
    (lambda f: evidence(f).update(weight=0), FASCIITIS, "evidence[0].weight", "greater than 0", "correct"),
    (lambda f: evidence(f).update(level="some"), FASCIITIS, "evidence[0].level", "no level some", "absent"),
    (
        lambda f: evidence(f).update(finding="heavy"),
        FASCIITIS, "evidence[0].finding", "risk factor and does not vote", "odds ratio under effects",
    ),
    (
        lambda f: evidence(f).update(finding="first_step"),
        FASCIITIS, "evidence[0].finding", "no finding first_step", "did you mean first_steps",
    ),
    (
        lambda f: evidence(f).update(condition="fracture"),
        FASCIITIS, "evidence[0].condition", "the file's own", "take this key out",
    ),
    (lambda f: evidence(f, 2).update(level="morning"), FASCIITIS, "evidence[2]", "covers all levels", "out"),
    (lambda f: f[FASCIITIS]["prior"][0].pop("basis"), FASCIITIS, "prior[0]", "without a source", ""),
    (
        lambda f: f[FASCIITIS]["prior"][0].update(setting="runners"),
        FASCIITIS, "prior[0]", "a class has no setting", "take them out",
    ),
    (
        lambda f: f[FASCIITIS]["treatments"][0].update(treatment="rist"),
        FASCIITIS, "treatments[0].treatment", "no treatment rist", "rest",
    ),
    (
        lambda f: f[FASCIITIS]["treatments"][0]["cautions"][0].update({"if": {}}),
        FASCIITIS, "treatments[0].cautions[0].if", "exactly one of comorbidity", "",
    ),
    (
        lambda f: f[FASCIITIS]["treatments"][0]["cautions"][0].update(source="somebody1999", locator="p. 1"),
        FASCIITIS, "treatments[0].cautions[0].source", "no source somebody1999", "",
    ),
    (
        lambda f: f[FASCIITIS]["treatments"][0]["cautions"][0].update(locator="p. 1"),
        FASCIITIS, "treatments[0].cautions[0]", "a locator without its source", "",
    ),
    (
        lambda f: f[FASCIITIS]["disputes"][0]["positions"].pop(),
        FASCIITIS, "disputes[0].positions", "at least 2", "correct",
    ),
    (lambda f: tender(f).update(kind="touch"), PRONE, "findings[0].kind", "has no default rate", "model"),
    (lambda f: tender(f).update(side_aware=False, side_control=True), PRONE, "findings[0]", "side_aware", ""),
    (lambda f: tender(f).update(parents=["worst_when"]), PRONE, "findings[0].parents", "not absent", "only"),
    (lambda f: tender(f).update(parents=["tender_heel"]), PRONE, "findings[0].parents", "ancestor", "circle"),
    (lambda f: tender(f).update(default={"rates": {"present": 2}, "n": 1, "basis": "expert_estimate"}),
     PRONE, "findings[0].default.rates.present", "less than or equal to 1", "correct"),
    (lambda f: tender(f).update(code="heavy"), "risk_factors.yaml", "risk_factors[0].code", "already", "own"),
    (
        lambda f: f[HISTORY]["findings"].append(dict(f[HISTORY]["findings"][0])),
        HISTORY, "findings[2].code", "already used", "code of its own",
    ),
    (lambda f: f[HISTORY].update(stages="x"), HISTORY, "stages", "not part of the format", "use stage"),
    (lambda f: f[HISTORY].update(findings="x"), HISTORY, "findings", "must be a list", '"- "'),
    (lambda f: f[HISTORY]["findings"].append("x"), HISTORY, "findings[2]", "must be a mapping", "code"),
    (lambda f: rule(f).update(when={"finding": "tender_heel"}), "rules.yaml", "rules[0].when", "has the", ""),
    (lambda f: rule(f).update(when={"all": []}), "rules.yaml", "rules[0].when", "at least one", ""),
    (
        lambda f: rule(f).update(when={"not": {"finding": "tender_hill", "level": "absent"}}),
        "rules.yaml", "rules[0].when.not.finding", "no finding tender_hill", "tender_heel",
    ),
    (
        lambda f: f["sites.yaml"]["sites"][0].update(parent="heel"),
        "sites.yaml", "sites[0].parent", "its own ancestor", "break the circle",
    ),
    (
        lambda f: f["risk_factors.yaml"]["risk_factors"][0]["effects"][0].update(low=3),
        "risk_factors.yaml", "risk_factors[0].effects[0]", "not in rising order", "",
    ),
    (
        lambda f: f["sources.yaml"]["sources"][0].update(doi="doi:1"),
        "sources.yaml", "sources[0].doi", "wrong form", "10",
    ),
    (
        lambda f: f["release.yaml"]["model"].pop("epsilon"),
        "release.yaml", "model", "epsilon is missing", "add epsilon",
    ),
    (
        lambda f: f["cases/morning.yaml"]["expect"].update(first="fascitis"),
        "cases/morning.yaml", "expect.first", "no condition fascitis", "fasciitis",
    ),
    (
        lambda f: f["cases/morning.yaml"]["case"].update(risk_factors=["tall"]),
        "cases/morning.yaml", "case.risk_factors", "no risk factor tall", "",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[2]}: {fault[3]}")
def test_a_fault_is_told_with_its_place_and_remedy(
    tmp_path: Path, fault: tuple[Change, str, str, str, str]
) -> None:
    change, file, key, problem, remedy = fault
    files = small_files()
    change(files)
    found = faults(tmp_path, files)
    near = [said for said in found if (said.file, said.key) == (file, key)]
    assert any(problem in said.problem and remedy in said.remedy for said in near), found
    assert all(said.line > 0 for said in near)


def test_the_line_is_the_line_of_the_key(tmp_path: Path) -> None:
    files = small_files()
    written = yaml.safe_dump(files[FASCIITIS], sort_keys=False).replace("first_steps", "first_stops")
    files[FASCIITIS] = written
    (found,) = faults(tmp_path, files)
    assert written.splitlines()[found.line - 1].strip() == "- finding: first_stops"
    assert str(found).startswith(f"{FASCIITIS}:{found.line} evidence[0].finding: there is no finding")
    assert " → did you mean first_steps" in str(found)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    files = small_files()
    files[FASCIITIS]["nature"] = "nervous"
    files["conditions/fracture.yaml"]["urgency"] = 3
    files["sources.yaml"]["sources"][0]["pmid"] = "none"
    files["rules.yaml"] = "rules: [broken"
    assert {fault.file for fault in faults(tmp_path, files)} == {
        FASCIITIS,
        "conditions/fracture.yaml",
        "sources.yaml",
        "rules.yaml",
    }


def test_a_broken_row_does_not_blame_those_who_name_it(tmp_path: Path) -> None:
    files = small_files()
    tender(files)["minutes"] = "long"
    (found,) = faults(tmp_path, files)
    assert found.key == "findings[0].minutes"


def test_odd_files_are_named(tmp_path: Path) -> None:
    files = {**small_files(), "extra.yaml": "a: 1", "conditions/x.yml": "a: 1", ".hidden.yaml": "x: ["}
    assert {fault.file for fault in faults(tmp_path, files)} == {"extra.yaml", "conditions/x.yml"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: [b", "not valid YAML"),
        ("\tcode: x", "not valid YAML"),
        ("code: x\ncode: y", "stands twice (first in line 1)"),
        ("a: &x [1]\nb: *x", "anchor"),
        ("a: *x", "alias"),
        ("a: !!python/object/apply:os.system ['true']", "tag"),
        ("a: 1\n---\nb: 2", "several YAML documents"),
        ("? [a]\n: b", "as a key"),
        ("- just\n- a list", "must be a mapping"),
        ("just text", "must be a mapping"),
        ("", "must be a mapping"),
        ("[" * (LIMIT_DEPTH + 2) + "]" * (LIMIT_DEPTH + 2), "nested deeper"),
        (b"code: caf\xe9", "not UTF-8"),
        (b"\xff\xfec\x00o\x00", "not UTF-8"),
        (b"code: \x00", "not valid YAML"),
        (b"#" * (LIMIT_BYTES + 1), "the limit is 5,000,000"),
        ("a: [" + "1," * 250_001 + "]", "more than 250,000 values"),
    ],
)
def test_a_hostile_file_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, problem: str) -> None:
    found = faults(tmp_path, {**small_files(), "conditions/hostile.yaml": content})
    assert any(f.file == "conditions/hostile.yaml" and problem in f.problem for f in found), found


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))]
    (found,) = faults(tmp_path, {**small_files(), "conditions/bomb.yaml": "\n".join(lines)})
    assert found.line == 1
    assert "anchor" in found.problem


def test_yes_no_and_dates_stay_text(tmp_path: Path) -> None:
    files = small_files()
    files["treatments.yaml"] = "treatments:\n- {code: rest, name: no, description: 2020-01-01}\n"
    (rest,) = small(tmp_path, files).document.treatments
    assert (rest.name, rest.description) == ("no", "2020-01-01")


def test_a_folder_that_is_not_there_or_not_whole(tmp_path: Path) -> None:
    assert "no such folder" in str(faults_of(tmp_path / "nowhere"))
    files = small_files()
    del files["release.yaml"]
    assert "the file is missing" in str(faults(tmp_path, files)[0])


def faults_of(root: Path) -> str:
    with pytest.raises(Exception, match="no such folder") as caught:
        load(root)
    return str(caught.value)


def test_files_are_checked_without_a_database(tmp_path: Path) -> None:
    def run(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "knowledge.loading", str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": ""},
            cwd=SHIPPED.parents[1],
        )

    sound = run(write(tmp_path / "sound", small_files()))
    assert (sound.returncode, sound.stdout.startswith("2 conditions, 3 findings")) == (0, True)
    broken = run(write(tmp_path / "broken", {**small_files(), "rules.yaml": "rules: [x"}))
    assert broken.returncode == 1
    assert "rules.yaml:" in broken.stdout
