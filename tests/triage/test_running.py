"""Back to running: a programme of a complaint, its runs and the patient's shoes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditEvent, Membership
from tests.factories import Browser
from tests.triage.factories import make_episode, make_patient, make_release
from triage import services
from triage.errors import (
    CriteriaOpen,
    NoStep,
    ProgrammeEnded,
    ProgrammeRunning,
    ReasonMissing,
    WrongClinic,
    WrongShoe,
)
from triage.models import CriterionTick, Episode, EpisodeProgramme, Run, Shoe, StepChange

ClientFor = Callable[[Membership], Browser]
PROGRAMME = {
    "code": "back",
    "name": "Back to running",
    "conditions": ["a"],
    "basis": "expert_estimate",
    "steps": [
        {"title": "1 Calm", "text": "Rest.", "entry_criteria": ["Seen."], "stop_rules": ["Night pain."]},
        {
            "title": "2 Walk and run",
            "text": "Run a little.",
            "entry_criteria": ["Walks well.", "Hops well."],
            "stop_rules": ["Pain above 3 of 10.", "Tingling."],
            "stops": {"pain_during_above": 3, "signs": ["next_morning_worse", "nerve_symptoms"]},
        },
        {"title": "3 Run", "text": "Run."},
    ],
}


@pytest.fixture
def episode(owner: Membership) -> Episode:
    return make_episode(owner)


@pytest.fixture
def programme(episode: Episode, owner: Membership) -> EpisodeProgramme:
    return begin(episode, owner)


def begin(episode: Episode, owner: Membership, **values: Any) -> EpisodeProgramme:
    given = {"release": make_release(programmes=[PROGRAMME]), "programme_code": "back"}
    given["begun_on"] = timezone.localdate() - dt.timedelta(days=30)
    return services.begin_programme(episode=episode, member=owner, **(given | values))


def tick(programme: EpisodeProgramme, owner: Membership, step: int, criterion: int, **values: Any) -> Any:
    given = {"met": True} | values
    return services.tick_criterion(programme=programme, member=owner, step=step, criterion=criterion, **given)


def move(programme: EpisodeProgramme, owner: Membership, kind: str, **values: Any) -> StepChange:
    programme.refresh_from_db()
    given = {"version": programme.version} | values
    return services.change_step(programme=programme, member=owner, kind=kind, **given)


def at_step_two(programme: EpisodeProgramme, owner: Membership) -> EpisodeProgramme:
    day = programme.begun_on
    for _ in range(2):
        move(programme, owner, "forward", reason="as told", changed_on=day)
    programme.refresh_from_db()
    return programme


def run(episode: Episode, owner: Membership, **values: Any) -> Run:
    given = {"ran_on": timezone.localdate(), "kind": "flat", "distance_km": Decimal(5)}
    return services.log_run(episode=episode, member=owner, **(given | values))


def page(episode: Episode) -> str:
    return reverse("triage:episode-running", args=[episode.pk])


def test_a_programme_is_begun_and_pinned_to_its_release(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    first, client = make_release(programmes=[PROGRAMME]), client_for(owner)
    assert "Begin a programme" in client.get(page(episode)).content.decode()
    sent = {"programme": "back", "begun_on": timezone.localdate(), "submission_id": str(uuid.uuid4())}
    for _ in range(2):
        answer = client.post(reverse("triage:programme-begin", args=[episode.pk]), sent)
        assert answer.url == page(episode)
    row = EpisodeProgramme.objects.get()
    assert (row.release, row.step, row.status) == (first, 0, "running")
    assert StepChange.objects.get().kind == "begun"
    make_release(programmes=[{**PROGRAMME, "name": "Renamed", "steps": PROGRAMME["steps"][:1]}])
    shown = client.get(page(episode)).content.decode()
    assert "Next: step 1, Calm" in shown
    assert "Renamed" not in shown
    assert AuditEvent.objects.filter(action="programme.begun", patient_id=episode.patient_id).count() == 1


@pytest.mark.parametrize(
    "wrong", [{"programme": ""}, {"programme": "none"}, {"begun_on": "2100-01-01"}, {"begun_on": "x"}]
)
def test_a_programme_that_cannot_begin_is_refused(
    episode: Episode, owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    make_release(programmes=[PROGRAMME])
    sent = {"programme": "back", "begun_on": str(timezone.localdate())} | wrong
    answer = client_for(owner).post(reverse("triage:programme-begin", args=[episode.pk]), sent)
    assert answer.status_code == 422
    assert "Please check" in answer.content.decode()
    assert not EpisodeProgramme.objects.exists()


def test_one_programme_at_a_time(programme: EpisodeProgramme, episode: Episode, owner: Membership) -> None:
    with pytest.raises(ProgrammeRunning):
        begin(episode, owner)
    move(programme, owner, "stopped", reason="moved away")
    begin(episode, owner)
    with pytest.raises(ProgrammeRunning):
        move(programme, owner, "resumed")


def test_a_criterion_is_ticked_by_day_and_taken_back(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    client, address = client_for(owner), reverse("triage:criterion-tick", args=[programme.pk])
    assert (
        client.post(address, {"step": 1, "criterion": 0, "met": "yes", "met_on": "2026-05-02"}).status_code
        == 302
    )
    shown = client.get(page(programme.episode)).content.decode()
    assert f"met 2 May 2026, {owner.user.name}" in shown
    assert services.open_criteria(programme, 1) == []
    client.post(address, {"step": 1, "criterion": 0, "met": "no"})
    assert services.open_criteria(programme, 1) == [0]
    assert "tick taken back" in client.get(page(programme.episode)).content.decode()
    assert list(CriterionTick.objects.oldest_first().values_list("met", flat=True)) == [True, False]
    with pytest.raises(DatabaseError), transaction.atomic():
        CriterionTick.objects.update(met=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "4"},
        {"step": "0"},
        {"criterion": "1"},
        {"criterion": "x"},
        {"met": ""},
        {"met_on": "2100-01-01"},
    ],
)
def test_a_wrong_tick_is_refused(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    sent = {"step": "1", "criterion": "0", "met": "yes"} | wrong
    answer = client_for(owner).post(reverse("triage:criterion-tick", args=[programme.pk]), sent)
    assert answer.status_code == 422
    assert not CriterionTick.objects.exists()


def test_a_step_is_entered_when_its_criteria_are_ticked(
    programme: EpisodeProgramme, owner: Membership
) -> None:
    with pytest.raises(CriteriaOpen):
        move(programme, owner, "forward")
    tick(programme, owner, 1, 0)
    assert move(programme, owner, "forward").step_to == 1
    tick(programme, owner, 2, 0)
    with pytest.raises(CriteriaOpen, match="One criterion"):
        move(programme, owner, "forward")
    assert move(programme, owner, "forward", reason="hops not tried: knee").reason == "hops not tried: knee"
    move(programme, owner, "forward")
    with pytest.raises(NoStep):
        move(programme, owner, "forward")


def test_going_on_without_is_refused_on_the_page_and_kept_with_a_reason(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    client, address = client_for(owner), reverse("triage:step-change", args=[programme.pk])
    refused = client.post(address, {"kind": "forward", "version": 1})
    assert refused.status_code == 422
    assert "One criterion is not ticked" in refused.content.decode()
    sent = {"kind": "forward", "version": 1, "reason": "seen elsewhere", "submission_id": str(uuid.uuid4())}
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]
    assert StepChange.objects.filter(kind="forward").count() == 1
    assert "Said: seen elsewhere" in client.get(page(programme.episode)).content.decode()


def test_a_stale_page_moves_nothing(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    address = reverse("triage:step-change", args=[programme.pk])
    answer = client_for(owner).post(address, {"kind": "back", "version": 1, "reason": "pain"})
    assert answer.status_code == 409
    programme.refresh_from_db()
    assert programme.step == 2


def test_going_back_says_which_rule_and_what_happened(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    with pytest.raises(ReasonMissing):
        move(programme, owner, "back")
    with pytest.raises(NoStep):
        move(programme, owner, "back", rule=2)
    change = move(programme, owner, "back", rule=1, reason="toes went to sleep")
    assert (change.rule, change.step_from, change.step_to) == ("Tingling.", 2, 1)
    shown = client_for(owner).get(page(programme.episode)).content.decode()
    assert "Rule: Tingling." in shown
    assert "Said: toes went to sleep" in shown
    with pytest.raises(DatabaseError), transaction.atomic():
        StepChange.objects.update(reason="nothing")


def test_finished_and_taken_up_again(programme: EpisodeProgramme, owner: Membership) -> None:
    at_step_two(programme, owner)
    move(programme, owner, "finished")
    with pytest.raises(ProgrammeEnded):
        move(programme, owner, "forward", reason="x")
    with pytest.raises(ProgrammeEnded):
        tick(programme, owner, 1, 0)
    move(programme, owner, "resumed")
    programme.refresh_from_db()
    assert (programme.status, programme.step) == ("running", 2)


def test_a_run_that_meets_a_stop_rule_proposes_one_step_back(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    client, episode = client_for(owner), programme.episode
    sent = {"ran_on": timezone.localdate(), "kind": "walk_run", "minutes": 20, "pain_during": 4}
    sent["submission_id"] = str(uuid.uuid4())
    for _ in range(2):
        assert client.post(reverse("triage:run-new", args=[episode.pk]), sent).url == page(episode)
    row = Run.objects.get()
    assert (row.programme, row.step, row.stops_met) == (programme, 2, ["pain_during_above"])
    programme.refresh_from_db()
    assert programme.step == 2  # never by itself
    assert "Pain during 4, above 3" in client.get("/").content.decode()
    shown = client.get(page(episode)).content.decode()
    assert "Stop rule met: go back one step?" in shown
    assert "Go back to step 1" in shown
    back = {"kind": "back", "version": programme.version, "run": row.pk}
    client.post(reverse("triage:step-change", args=[programme.pk]), back)
    programme.refresh_from_db()
    assert programme.step == 1
    change = StepChange.objects.get(kind="back")
    assert (change.run, change.rule) == (row, "Pain above 3 of 10. Tingling.")
    assert "go back one step?" not in client.get(page(episode)).content.decode()
    assert "Stop rule met" not in client.get("/").content.decode()


def test_staying_needs_a_reason_and_a_new_sign_asks_again(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    row = run(programme.episode, owner, pain_before=1, pain_during=4)
    with pytest.raises(ReasonMissing):
        move(programme, owner, "stayed")
    move(programme, owner, "stayed", run=row, reason="a stone in the shoe")
    client = client_for(owner)
    assert "Stop rule met" not in client.get("/").content.decode()
    services.update_run(run=row, member=owner, version=1, pain_next_morning=3)
    row.refresh_from_db()
    assert row.stops_met == ["pain_during_above", "next_morning_worse"]
    assert "worse the next morning" in client.get("/").content.decode()
    row = services.update_run(run=row, member=owner, version=2, pain_next_morning=1, pain_during=1)
    assert row.stops_met == []
    assert "Stop rule met" not in client.get("/").content.decode()


def test_a_run_belongs_to_the_step_of_its_day(programme: EpisodeProgramme, owner: Membership) -> None:
    episode, today = programme.episode, timezone.localdate()
    at_step_two(programme, owner)
    move(programme, owner, "back", reason="pain", changed_on=today - dt.timedelta(days=5))
    days = {31: 0, 30: 2, 6: 2, 5: 1, 0: 1}
    for days_ago, step in days.items():
        row = run(episode, owner, ran_on=today - dt.timedelta(days=days_ago), pain_during=9)
        assert row.step == step, days_ago
        assert row.stops_met == (["pain_during_above"] if step == 2 else [])
        assert row.programme == (None if days_ago == 31 else programme)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ran_on": "2100-01-01"},
        {"ran_on": ""},
        {"distance_km": ""},
        {"distance_km": "0"},
        {"distance_km": "301"},
        {"minutes": "0"},
        {"pain_during": "11"},
        {"pain_next_morning": "-1"},
        {"kind": "swim"},
        {"nerve_symptoms": "maybe"},
    ],
)
def test_a_wrong_run_is_refused_and_kept_on_the_page(
    episode: Episode, owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    sent = {"ran_on": str(timezone.localdate()), "kind": "flat", "distance_km": "5", "note": "wet"} | wrong
    answer = client_for(owner).post(reverse("triage:run-new", args=[episode.pk]), sent)
    assert answer.status_code == 422
    assert 'value="wet"' in answer.content.decode()
    assert not Run.objects.exists()


def test_the_stop_rules_stand_beside_the_form(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    client = client_for(owner)
    assert (
        "Pain above 3 of 10."
        in client.get(reverse("triage:run-new", args=[programme.episode_id])).content.decode()
    )
    row = run(programme.episode, owner)
    assert "Pain above 3 of 10." in client.get(reverse("triage:run-edit", args=[row.pk])).content.decode()
    assert "not recorded: pain during" in client.get(page(programme.episode)).content.decode()


def test_a_run_is_changed_once_and_never_over_somebody_else(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    row, client = run(episode, owner, pain_during=2), client_for(owner)
    address = reverse("triage:run-edit", args=[row.pk])
    sent = {"ran_on": row.ran_on, "kind": "flat", "distance_km": "5", "pain_during": "2", "version": "1"}
    assert client.post(address, sent | {"pain_next_morning": "1"}).status_code == 302
    conflict = client.post(address, sent | {"pain_next_morning": "3"})
    assert conflict.status_code == 409
    row.refresh_from_db()
    assert row.pain_next_morning == 1


def test_a_run_is_taken_out_and_put_back(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    shoe = services.add_shoe(
        patient=programme.episode.patient, member=owner, name="Blue", km_at_start=Decimal(100)
    )
    row, client = run(programme.episode, owner, pain_during=9, shoe=shoe), client_for(owner)
    address = reverse("triage:run-remove", args=[row.pk])
    assert mileage(owner) == 105
    client.post(address, {"removed": "yes", "version": "1"})
    assert mileage(owner) == 100
    assert "Stop rule met" not in client.get("/").content.decode()
    assert "1 run taken out" in client.get(page(programme.episode)).content.decode()
    client.post(address, {"removed": "no", "version": "1"})
    assert Run.objects.get().removed  # a stale press changes nothing
    client.post(address, {"removed": "no", "version": "2"})
    assert not Run.objects.get().removed


def mileage(owner: Membership) -> Decimal:
    return Shoe.objects.visible_to(owner).with_mileage().get().mileage_km


def test_shoes_are_added_changed_retired_and_used_again(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    client, patient = client_for(owner), episode.patient
    sent = {"name": "Blue", "kind": "trainer", "stiffness": "rocker", "drop_mm": "6", "km_at_start": "210.5"}
    sent["submission_id"] = str(uuid.uuid4())
    for _ in range(2):
        answer = client.post(reverse("triage:shoe-new", args=[patient.pk]), sent)
        assert answer.url == reverse("triage:patient-detail", args=[patient.pk]) + "#shoes"
    shoe = Shoe.objects.get()
    run(episode, owner, shoe=shoe, distance_km=Decimal("7.5"))
    shown = client.get(reverse("triage:patient-detail", args=[patient.pk])).content.decode()
    assert "218 km" in shown
    assert "drop 6 mm" in shown
    del sent["submission_id"]
    edited = client.post(reverse("triage:shoe-edit", args=[shoe.pk]), sent | {"name": "Sky", "version": "1"})
    assert edited.status_code == 302
    stale = client.post(reverse("triage:shoe-edit", args=[shoe.pk]), sent | {"name": "Sea", "version": "1"})
    assert stale.status_code == 409
    retire = reverse("triage:shoe-retire", args=[shoe.pk])
    client.post(retire, {"retired": "yes", "version": "2"})
    form = client.get(reverse("triage:run-new", args=[episode.pk])).content.decode()
    assert str(shoe.pk) not in form.replace(f'value="{shoe.pk}" selected', "")
    client.post(retire, {"retired": "no", "version": "3"})
    shoe.refresh_from_db()
    assert (shoe.name, shoe.retired_on) == ("Sky", None)
    assert AuditEvent.objects.filter(action__startswith="shoe.").count() == 4


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"km_at_start": "-1"}, {"drop_mm": "31"}, {"in_use_since": "2100-01-01"}]
)
def test_a_wrong_shoe_is_refused(
    episode: Episode, owner: Membership, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    sent = {"name": "Blue", "kind": "trainer", "stiffness": "soft", "km_at_start": "0"} | wrong
    answer = client_for(owner).post(reverse("triage:shoe-new", args=[episode.patient_id]), sent)
    assert answer.status_code == 422
    assert not Shoe.objects.exists()


def test_a_shoe_of_another_patient_is_refused(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    other = services.add_shoe(patient=make_patient(owner), member=owner, name="Foreign")
    with pytest.raises(WrongShoe):
        run(episode, owner, shoe=other)
    sent = {"ran_on": timezone.localdate(), "kind": "flat", "distance_km": "5", "shoe": other.pk}
    assert client_for(owner).post(reverse("triage:run-new", args=[episode.pk]), sent).status_code == 422
    assert not Run.objects.exists()


def test_the_sheet_holds_every_step_with_criteria_and_rules(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    sheet = client_for(owner).get(reverse("triage:programme-sheet", args=[programme.pk])).content.decode()
    for words in ("Calm", "Hops well.", "Pain above 3 of 10.", "My runs", "expert estimate"):
        assert words in sheet.replace("Expert", "expert")


def test_the_page_of_the_complaint_tells_where_it_stands(
    programme: EpisodeProgramme, owner: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    run(programme.episode, owner, pain_during=5)
    shown = (
        client_for(owner).get(reverse("triage:episode-detail", args=[programme.episode_id])).content.decode()
    )
    assert "step 2 of 3, Walk and run" in shown
    assert "A stop rule is met and not answered yet" in shown


def test_another_clinic_neither_sees_nor_changes(
    programme: EpisodeProgramme, owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    row = run(programme.episode, owner)
    shoe = services.add_shoe(patient=programme.episode.patient, member=owner, name="Blue")
    for act in (
        lambda: tick(programme, stranger, 1, 0),
        lambda: move(programme, stranger, "stopped", reason="x"),
        lambda: run(programme.episode, stranger),
        lambda: services.update_run(run=row, member=stranger, version=1, note="x"),
        lambda: services.retire_shoe(shoe=shoe, member=stranger, version=1, retired=True),
    ):
        with pytest.raises(WrongClinic):
            act()
    client = client_for(stranger)
    for name, key in (
        ("episode-running", programme.episode_id),
        ("programme-detail", programme.pk),
        ("programme-sheet", programme.pk),
        ("run-edit", row.pk),
        ("shoe-edit", shoe.pk),
    ):
        assert client.get(reverse(f"triage:{name}", args=[key])).status_code == 404, name
    for name, key in (
        ("criterion-tick", programme.pk),
        ("step-change", programme.pk),
        ("run-remove", row.pk),
    ):
        assert client.post(reverse(f"triage:{name}", args=[key])).status_code == 404, name


def test_a_restricted_record_shows_no_stop_on_the_worklist(
    programme: EpisodeProgramme, owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    at_step_two(programme, owner)
    run(programme.episode, owner, pain_during=9)
    assert "Stop rule met" in client_for(teammate).get("/").content.decode()
    patient = programme.episode.patient
    services.set_restriction(patient=patient, member=owner, version=1, restricted=True, team=[])
    assert "Stop rule met" not in client_for(teammate).get("/").content.decode()
    assert client_for(teammate).get(page(programme.episode)).status_code == 403


@pytest.mark.parametrize("runs", [1, 8])
def test_queries_do_not_grow_with_runs(
    programme: EpisodeProgramme,
    owner: Membership,
    client_for: ClientFor,
    runs: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    at_step_two(programme, owner)
    shoe = services.add_shoe(patient=programme.episode.patient, member=owner, name="Blue")
    for number in range(runs):
        day = timezone.localdate() - dt.timedelta(days=number)
        run(programme.episode, owner, ran_on=day, shoe=shoe, pain_during=5)
    client = client_for(owner)
    client.get(page(programme.episode))
    with django_assert_num_queries(QUERIES):
        client.get(page(programme.episode))


QUERIES = 14
