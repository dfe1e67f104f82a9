"""`manage.py rank`, `replay` and `seed_demo`, as somebody at a terminal meets them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from clinics.models import AuditEvent, Clinic, Membership, User
from tests.factories import work_in
from tests.ranking.releases import case
from tests.triage.factories import make_release, make_signed
from triage.demo import seeding
from triage.models import Assessment, Encounter, Patient
from triage.services import save_clinic_model


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def write(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "case.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def refusal(*command: str) -> str:
    with pytest.raises(CommandError) as refused:
        run(*command)
    assert refused.value.returncode == 2
    return str(refused.value)


def test_rank_prints_the_ranking(db: None, tmp_path: Path) -> None:
    release = make_release()
    path = write(tmp_path, case(("tender", "present", "left")))
    printed = json.loads(run("rank", path))
    assert printed["release"] == release.sha256
    assert printed["hypotheses"][0]["condition"] == "b"
    assert {"condition", "share", "rank", "score", "bars"} <= printed["hypotheses"][0].keys()
    assert any(row["condition"] == "other" for row in printed["hypotheses"])
    assert run("rank", path) == run("rank", path)


def test_rank_reads_standard_input_and_an_older_release(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    older = make_release()
    make_release(name="Newer")
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(case())))
    assert json.loads(run("rank", "-", "--release", older.sha256[:12]))["release"] == older.sha256


def test_rank_before_the_first_release_reads_the_shipped_knowledge(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [("tender_behind_navicular", "present", "left"), ("tinel_navicular", "present", "left")]
    printed = json.loads(run("rank", write(tmp_path, case(*found))))
    assert "Nothing has been published yet" in capsys.readouterr().err
    rows = {row["condition"]: row for row in printed["hypotheses"]}
    assert sum(bar["kind"] == "observation" for bar in rows["medial_plantar_neuropraxia"]["bars"]) == 2
    assert len(printed["release"]) == 64


def test_rank_says_what_is_wrong(db: None, tmp_path: Path) -> None:
    make_release()
    assert "No release has a hash" in refusal("rank", write(tmp_path, case()), "--release", "ffff")
    assert "cannot be read" in refusal("rank", str(tmp_path / "missing.json"))
    assert "is not JSON: line 1, column 2" in refusal("rank", write(tmp_path, "{setting"))
    assert "one JSON object" in refusal("rank", write(tmp_path, [1]))
    assert "setting" in refusal("rank", write(tmp_path, {"side": "left"}))


def test_rank_names_every_unknown_code_with_the_nearest(db: None, tmp_path: Path) -> None:
    make_release()
    wrong = case(("tendre", "present", "left"), ("worst_when", "present"), risk_factors=["hevy"])
    message = refusal("rank", write(tmp_path, wrong))
    for word in ("tendre", "tender", "worst_when", "hevy", "heavy"):
        assert word in message
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"age_years": "old"},
        {"setting": ["sports_clinic"]},
        {"side": {"left": 1}},
        {"sex": 3},
        {"risk_factors": "heavy"},
        {"risk_factors": [None]},
        {"observations": {"f": 1}},
        {"observations": [3]},
        {"observations": [{"finding": "f"}]},
        {"observations": [{"finding": "f", "level": {}}]},
        {"observations": [{"finding": "f", "level": "present", "side": ["left"]}]},
        {"observations": [{"finding": ["f"], "level": "present"}]},
    ],
)
def test_rank_refuses_wrong_types_in_a_sentence(db: None, tmp_path: Path, wrong: dict[str, Any]) -> None:
    make_release()
    assert refusal("rank", write(tmp_path, case() | wrong))


def test_replay_reports_equality(owner: Membership) -> None:
    assert "No assessment" in run("replay")
    make_signed(owner)
    make_signed(owner)
    make_release(name="Newer")
    assert "2 × the same bytes" in run("replay")


def test_replay_fails_on_drift_under_the_same_engine(owner: Membership, capsys: Any) -> None:
    signed = make_signed(owner)
    frozen = Assessment.objects.get()
    other = make_signed(owner)
    assert run("replay")
    Assessment.objects.bulk_create(
        [
            Assessment(
                clinic=owner.clinic,
                encounter=_unassessed(owner, other),
                case_json=frozen.case_json,
                release_sha256=frozen.release_sha256,
                engine_version=frozen.engine_version,
                output=bytes(frozen.output) + b" ",
            )
        ]
    )
    with pytest.raises(SystemExit) as ended:
        run("replay")
    assert ended.value.code == 1
    assert signed.assessment == frozen


def test_replay_explains_drift_of_another_engine(owner: Membership) -> None:
    frozen = make_signed(owner).assessment
    Assessment.objects.create(
        clinic=owner.clinic,
        encounter=_unassessed(owner, frozen.encounter),
        case_json=frozen.case_json,
        release_sha256=frozen.release_sha256,
        engine_version="0.0.1",
        output=b"{}",
    )
    printed = run("replay")
    assert "1 × the same bytes" in printed
    assert "engine 0.0.1" in printed
    assert "1 × another result" in printed


def _unassessed(member: Membership, like: Encounter) -> Encounter:
    return Encounter.objects.create(
        clinic=member.clinic,
        episode=like.episode,
        release=like.release,
        author=member.user,
        saved_by=member.user,
    )


def test_seed_demo_needs_knowledge_and_development(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    with pytest.raises(CommandError, match="kb publish"):
        run("seed_demo")
    settings.DEBUG = False
    with pytest.raises(CommandError, match="development only"):
        run("seed_demo")
    assert not Patient.objects.exists()


def test_seed_demo_twice_keeps_what_was_entered(db: None, settings: Settings) -> None:
    settings.DEBUG = True
    make_release()
    assert "13 made" in run("seed_demo")
    work_in(Clinic.objects.get(name=seeding.LEAD[3]).pk)
    patient = Patient.objects.get(family_name="Okafor")
    Patient.objects.filter(pk=patient.pk).update(sport="Parkour")
    User.objects.filter(email=seeding.LEAD[0]).update(name="Renamed")
    counts = [model.objects.count() for model in (Clinic, User, Patient, Encounter, AuditEvent)]
    assert "0 made, 13 there already" in run("seed_demo")
    assert [model.objects.count() for model in (Clinic, User, Patient, Encounter, AuditEvent)] == counts
    patient.refresh_from_db()
    assert patient.sport == "Parkour"
    assert User.objects.get(email=seeding.LEAD[0]).name == "Renamed"


def test_seed_demo_knows_the_shipped_knowledge(release: Any, settings: Settings) -> None:
    settings.DEBUG = True
    printed = run("seed_demo")
    assert "left out" not in printed
    assert seeding.PASSWORD in printed
    here = Clinic.objects.get(name=seeding.LEAD[3])
    work_in(here.pk)
    assert Encounter.objects.signed().count() == Assessment.objects.count() == 5
    assert Encounter.objects.drafts().with_answer_count().filter(answer_count=0).count() == 1
    assert Patient.objects.count() == 12
    work_in(Clinic.objects.get(name=seeding.ELSEWHERE[3]).pk)
    assert Patient.objects.count() == 1


def test_rank_with_a_clinics_numbers_gives_the_bytes_of_the_assessment(
    owner: Membership, tmp_path: Path
) -> None:
    make_release()
    numbers = {"other_prior": 0.3, "utilities": {"benefit": 10, "harm": 1}}
    save_clinic_model(member=owner, settings=numbers, version=0, reason="Case mix")
    frozen = make_signed(owner).assessment
    settings = tmp_path / "numbers.json"
    settings.write_text(json.dumps(numbers))
    printed = run("rank", write(tmp_path, frozen.case_json), f"--settings-file={settings}")
    assert printed.strip().encode() == bytes(frozen.output)
    settings.write_text('{"other_prior": 3}')
    assert "other_prior: bad value 3" in refusal("rank", write(tmp_path, {}), f"--settings-file={settings}")
