"""The plan of a complaint: what is put on it, what to mind, what is undone, who may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.models import AuditEvent, Membership
from tests.triage.factories import answer, make_episode, make_release, make_signed
from triage import services
from triage.errors import CautionApplies, StaleVersion, WrongClinic
from triage.models import Episode, FollowUp, HomeExercise, LoadStep, Plan, PlannedTreatment, Referral

ClientFor = Callable[[Membership], Client]
TREATMENTS = [
    {"code": "load", "name": "Heavy loading"},
    {"code": "injection", "name": "Cortisone injection"},
    {"code": "hip_work", "name": "Hip work"},
]
TEAR = {"text": "The tendon may tear.", "if": {"risk_factor": "quinolone"}}
USES: list[dict[str, Any]] = [
    {
        "condition": "a",
        "treatment": "load",
        "stage": "first_line",
        "basis": "expert_estimate",
        "cautions": [TEAR],
    },
    {
        "condition": "a",
        "treatment": "injection",
        "stage": "second_line",
        "basis": "expert_estimate",
        "cautions": [
            {"text": "Rests after it."},
            {"text": "Sugar rises.", "if": {"comorbidity": "diabetes"}},
            {"text": "Rupture in the endurance runner.", "if": {"risk_factor": "long_distance_running"}},
        ],
    },
]
FACTORS = [
    {
        "code": "quinolone",
        "name": "Fluoroquinolone",
        "group": "medicine",
        "synonyms": ["ciprofloxacin"],
        "effects": [],
    },
    {"code": "long_distance_running", "name": "Long-distance runner", "group": "distance", "effects": []},
]
HIP = {
    "code": "weak_hip",
    "name": "Weak hip",
    "side_aware": True,
    "package": "standing",
    "group": "Hip",
    "addressed_by": ["hip_work"],
}


@pytest.fixture
def episode(owner: Membership) -> Episode:
    """Of a release with treatments; a visit that found a weak hip."""
    make_release(
        treatments=TREATMENTS, condition_treatments=USES, risk_factors=FACTORS, contributing_factors=[HIP]
    )
    encounter = make_encounter_of(owner)
    answer(encounter, owner, "weak_hip", "present", "left")
    return encounter.episode


def make_encounter_of(owner: Membership) -> Any:
    episode = make_episode(owner)
    return services.start_encounter(episode=episode, member=owner, held_at=timezone.now())


def begin(episode: Episode, member: Membership, **values: Any) -> Plan:
    return services.start_plan(episode=episode, member=member, **({"condition_code": "a"} | values))


def page(client: Client, episode: Episode) -> str:
    return client.get(reverse("triage:plan-detail", args=[episode.pk])).content.decode()


def note(episode: Episode, owner: Membership, text: str, kind: str = "medicine", code: str = "") -> None:
    services.add_item(patient=episode.patient, member=owner, kind=kind, text=text, code=code)


def test_begun_shown_and_on_record(owner: Membership, episode: Episode, client_for: ClientFor) -> None:
    client = client_for(owner)
    assert "No plan yet" in page(client, episode)
    address = reverse("triage:plan-edit", args=[episode.pk])
    assert client.post(address, {"condition_code": "a", "goal": "Run in May"}).status_code == 302
    shown = page(client, episode)
    assert "Run in May" in shown
    assert "Heavy loading" in shown
    assert AuditEvent.objects.filter(action="plan.started", user=owner.user).count() == 1
    summary = client.get(reverse("triage:episode-detail", args=[episode.pk])).content.decode()
    assert "Run in May" in summary


def test_what_the_knowledge_does_not_have_is_named(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    address = reverse("triage:plan-edit", args=[episode.pk])
    client_for(owner).post(address, {"condition_code": "", "text": "Glomus tumour"})
    shown = page(client_for(owner), episode)
    assert "Glomus tumour" in shown
    assert "not in the knowledge" in shown


@pytest.mark.parametrize(
    "wrong", [{"condition_code": ""}, {"condition_code": "nowhere"}, {"text": "Both"}, {"goal": "x" * 501}]
)
def test_wrong_input_begins_nothing(
    owner: Membership, episode: Episode, client_for: ClientFor, wrong: dict[str, str]
) -> None:
    address = reverse("triage:plan-edit", args=[episode.pk])
    assert client_for(owner).post(address, {"condition_code": "a"} | wrong).status_code == 422
    assert not Plan.objects.exists()


def test_one_complaint_one_plan(owner: Membership, episode: Episode) -> None:
    submission = uuid.uuid4()
    first = begin(episode, owner, submission_id=submission)
    assert begin(episode, owner, submission_id=submission) == first
    with pytest.raises(ValidationError, match="has a plan already"):
        begin(episode, owner)


def test_one_press_puts_a_treatment_on_the_plan_once(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    address = reverse("triage:plan-treatment-add", args=[episode.pk])
    for _ in range(2):
        assert client_for(owner).post(address, {"treatment": "load"}).status_code == 302
    row = PlannedTreatment.objects.get()
    assert (row.treatment_code, row.stage, row.status, row.cautions) == ("load", "first_line", "planned", [])
    assert client_for(owner).post(address, {"treatment": "sorcery"}).status_code == 404
    assert client_for(owner).get(address).status_code == 405


def test_a_medicine_noted_later_warns_and_asks_once_for_a_reason(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    client = client_for(owner)
    assert "Mind this on the record" not in page(client, episode)
    note(episode, owner, "Ciprofloxacin 500 mg")
    shown = page(client, episode)
    assert "The tendon may tear." in shown[shown.index("Mind this on the record") :]
    assert "Ciprofloxacin 500 mg" in shown
    address = reverse("triage:plan-treatment-add", args=[episode.pk])
    asked = client.post(address, {"treatment": "load"})
    assert asked.status_code == 422
    assert "Because the record says" in asked.content.decode()
    assert not PlannedTreatment.objects.exists()
    assert client.post(address, {"treatment": "load", "caution_reason": " "}).status_code == 422
    assert client.post(address, {"treatment": "load", "caution_reason": "No other way"}).status_code == 302
    row = PlannedTreatment.objects.get()
    assert row.caution_reason == "No other way"
    assert row.cautions[0]["because"] == ["Ciprofloxacin 500 mg"]
    assert "No other way" in page(client, episode)


def test_a_slip_of_the_pen_warns_as_perhaps(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    note(episode, owner, "Ciprofloxacine")
    assert "Perhaps, check: The tendon may tear." in page(client_for(owner), episode)


def test_what_does_not_apply_is_folded_and_what_always_holds_is_shown(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    shown = page(client_for(owner), episode)
    assert "Rests after it." in shown
    folded = shown[shown.index("not on this record") :]
    assert "Sugar rises." in folded


def test_the_endurance_runner_is_warned_of_the_injection(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    services.update_patient(patient=episode.patient, member=owner, version=1, weekly_km=70)
    shown = page(client_for(owner), episode)
    assert "Rupture in the endurance runner." in shown[: shown.index('id="treatments"')]
    assert "70 km a week" in shown


def test_own_words_for_a_known_treatment_ask_for_the_reason_too(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    note(episode, owner, "Diabetes", "comorbidity", "diabetes")
    address = reverse("triage:plan-treatment-new", args=[episode.pk])
    given = {"text": "cortison injection", "stage": "second_line"}
    asked = client_for(owner).post(address, given)
    assert asked.status_code == 422
    assert "Sugar rises." in asked.content.decode()
    client_for(owner).post(address, given | {"caution_reason": "One only"})
    assert PlannedTreatment.objects.get().caution_reason == "One only"
    client_for(owner).post(address, {"text": "Warm baths", "stage": "adjunct"})
    assert PlannedTreatment.objects.filter(text="Warm baths", caution_reason="").exists()


def test_a_contributing_factor_is_said_until_something_addresses_it(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    begin(episode, owner)
    client = client_for(owner)
    assert "Found and not addressed yet: Weak hip (left)" in page(client, episode)
    address = reverse("triage:plan-treatment-add", args=[episode.pk])
    client.post(address, {"treatment": "hip_work", "factor": "weak_hip"})
    row = PlannedTreatment.objects.get()
    assert (row.factor_code, row.stage) == ("weak_hip", "adjunct")
    assert "not addressed yet" not in page(client, episode)
    client.post(reverse("triage:plan-treatment-set", args=[row.pk]), {"set": "off", "version": "1"})
    assert "not addressed yet" in page(client, episode)


def exercise(plan: Plan, member: Membership, **values: Any) -> HomeExercise:
    return services.add_part(HomeExercise, plan=plan, member=member, **({"name": "Heel raise"} | values))


def test_an_exercise_with_its_dose(owner: Membership, episode: Episode, client_for: ClientFor) -> None:
    begin(episode, owner)
    address = reverse("triage:plan-exercise-new", args=[episode.pk])
    given = {
        "name": "Heel raise", "sets": "3", "repetitions": "12", "hold_seconds": "5", "times_a_day": "2",
        "days_a_week": "6", "load": "5 kg", "pain_rule": "up to 3 of 10", "status": "planned",
    }  # fmt: skip
    assert client_for(owner).post(address, given).status_code == 302
    assert "3 sets of 12, hold 5 s, twice a day, 6 days a week, 5 kg" in page(client_for(owner), episode)
    for wrong in ({"sets": "0"}, {"sets": "many"}, {"name": ""}, {"days_a_week": "8"}, {"status": "stopped"}):
        assert client_for(owner).post(address, given | wrong).status_code == 422, wrong
    assert HomeExercise.objects.count() == 1


def test_weeks_of_running_once_each(owner: Membership, episode: Episode, client_for: ClientFor) -> None:
    begin(episode, owner)
    address = reverse("triage:plan-load-new", args=[episode.pk])
    client = client_for(owner)
    assert client.post(address, {"week": "1", "running_km": "12.5"}).status_code == 302
    assert client.post(address, {"week": "1", "running_minutes": "60"}).status_code == 422
    assert client.post(address, {"week": "2"}).status_code == 422
    assert "12.5 km" in page(client, episode)
    assert LoadStep.objects.count() == 1


def refer(plan: Plan, member: Membership, **values: Any) -> Referral:
    day = timezone.localdate()
    given = {"to_whom": "Dr Vein", "reason": "Swollen calf", "urgency": "same_day", "referred_on": day}
    return services.add_referral(plan=plan, member=member, due_on=day, **(given | values))


def test_a_referral_stands_on_the_worklist_until_it_is_answered(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    plan, client = begin(episode, owner), client_for(owner)
    day = str(timezone.localdate())
    address = reverse("triage:plan-referral-new", args=[episode.pk])
    given = {
        "to_whom": "Dr Vein",
        "reason": "Swollen calf",
        "urgency": "same_day",
        "referred_on": day,
        "due_on": day,
    }
    assert client.post(address, given).status_code == 302
    assert "Answer from Dr Vein" in client.get("/").content.decode()
    referral = Referral.objects.get(plan=plan)
    edit = reverse("triage:plan-referral-edit", args=[referral.pk])
    answered = given | {"version": "1", "answered_on": day, "answer": "No clot"}
    assert client.post(edit, answered).status_code == 302
    assert FollowUp.objects.get().done_on is not None
    client.post(reverse("triage:plan-referral-set", args=[referral.pk]), {"set": "undo", "version": "2"})
    assert FollowUp.objects.get().done_on is None
    assert Referral.objects.get().answered_on is None
    client.post(reverse("triage:plan-referral-set", args=[referral.pk]), {"set": "off", "version": "3"})
    assert FollowUp.objects.get().done_on is not None


def test_a_referral_sent_twice_is_one(owner: Membership, episode: Episode) -> None:
    plan, submission = begin(episode, owner), uuid.uuid4()
    assert refer(plan, owner, submission_id=submission) == refer(plan, owner, submission_id=submission)
    assert FollowUp.objects.count() == 1


def test_statuses_by_one_press_and_back(owner: Membership, episode: Episode, client_for: ClientFor) -> None:
    row = services.add_treatment(plan=begin(episode, owner), member=owner, treatment_code="load")
    client, address = client_for(owner), reverse("triage:plan-treatment-set", args=[row.pk])
    client.post(address, {"set": "started", "version": "1"})
    row.refresh_from_db()
    assert (row.status, row.started_on) == ("started", timezone.localdate())
    client.post(address, {"set": "undo", "version": "2"})
    row.refresh_from_db()
    assert (row.status, row.started_on) == ("planned", None)
    client.post(address, {"set": "nonsense", "version": "3"})
    client.post(address, {"set": "done", "version": "1"})
    row.refresh_from_db()
    assert (row.status, row.version) == ("planned", 3)


def test_stopping_asks_for_the_reason(owner: Membership, episode: Episode, client_for: ClientFor) -> None:
    row = services.add_treatment(plan=begin(episode, owner), member=owner, treatment_code="load")
    address = reverse("triage:plan-treatment-edit", args=[row.pk])
    given = {"version": "1", "status": "stopped", "note": ""}
    assert client_for(owner).post(address, given).status_code == 422
    assert client_for(owner).post(address, given | {"stop_reason": "Pain"}).status_code == 302
    assert "Stopped because: Pain" in page(client_for(owner), episode)
    wrong = {"version": "2", "status": "done", "started_on": "2026-05-02", "ended_on": "2026-05-01"}
    assert client_for(owner).post(address, wrong).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        PlannedTreatment.objects.filter(pk=row.pk).update(stop_reason="")


def test_two_people_change_one_plan(
    owner: Membership, teammate: Membership, episode: Episode, client_for: ClientFor
) -> None:
    plan = begin(episode, owner, goal="First")
    services.update_plan(plan=plan, member=owner, version=1, goal="Mine")
    address = reverse("triage:plan-edit", args=[episode.pk])
    answer = client_for(teammate).post(address, {"version": "1", "condition_code": "a", "goal": "Theirs"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Mine" in shown
    assert "Theirs" in shown
    assert Plan.objects.get().goal == "Mine"
    with pytest.raises(StaleVersion):
        services.undo_change(row=plan, member=teammate, version=1)


def test_undo_of_the_plan_and_undo_of_the_undo(
    owner: Membership, episode: Episode, client_for: ClientFor
) -> None:
    plan = begin(episode, owner, goal="First")
    client, address = client_for(owner), reverse("triage:plan-undo", args=[episode.pk])
    client.post(address, {"version": "1"})
    assert Plan.objects.get().version == 1
    services.update_plan(plan=plan, member=owner, version=1, goal="Second")
    client.post(address, {"version": "2"})
    assert Plan.objects.get().goal == "First"
    client.post(address, {"version": "3"})
    assert Plan.objects.get().goal == "Second"


def test_an_added_line_is_undone_by_taking_it_off(owner: Membership, episode: Episode) -> None:
    row = exercise(begin(episode, owner), owner)
    assert services.undo_change(row=row, member=owner, version=1).dropped
    assert not services.undo_change(row=row, member=owner, version=2).dropped


def test_the_database_wants_a_reason_for_a_caution(owner: Membership, episode: Episode) -> None:
    row = services.add_treatment(plan=begin(episode, owner), member=owner, treatment_code="load")
    with pytest.raises(IntegrityError), transaction.atomic():
        PlannedTreatment.objects.filter(pk=row.pk).update(cautions=[{"text": "x"}])
    note(episode, owner, "ciprofloxacin", code="quinolone")
    with pytest.raises(CautionApplies):
        services.add_treatment(plan=row.plan, member=owner, text="heavy loading")


def test_a_stranger_finds_nothing(
    owner: Membership, stranger: Membership, episode: Episode, client_for: ClientFor
) -> None:
    plan = begin(episode, owner)
    rows = {
        "treatment": services.add_treatment(plan=plan, member=owner, treatment_code="load"),
        "exercise": exercise(plan, owner),
        "load": services.add_part(LoadStep, plan=plan, member=owner, week=1, running_km=5),
        "referral": refer(plan, owner),
    }
    client = client_for(stranger)
    for name in (
        "detail",
        "edit",
        "undo",
        "treatment-add",
        "treatment-new",
        "exercise-new",
        "load-new",
        "referral-new",
    ):
        address = reverse(f"triage:plan-{name}", args=[episode.pk])
        assert client.post(address).status_code in (404, 405), name
        assert client.get(address).status_code in (404, 405), name
    for name, row in rows.items():
        for verb in ("edit", "set"):
            address = reverse(f"triage:plan-{name}-{verb}", args=[row.pk])
            assert client.post(address, {"set": "off", "version": "1"}).status_code == 404, address
    with pytest.raises(WrongClinic):
        services.update_plan(plan=plan, member=stranger, version=1, goal="x")
    assert not PlannedTreatment.objects.filter(dropped=True).exists()


CODES = ("quinolone", "diabetes", "long_distance_running")
ITEMS = st.lists(
    st.tuples(st.sampled_from(["comorbidity", "medicine", "allergy"]), st.sampled_from(["", *CODES])),
    max_size=4,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(items=ITEMS)
def test_a_caution_that_is_on_the_record_is_never_missing_from_the_page(
    owner: Membership, episode: Episode, client_for: ClientFor, items: list[tuple[str, str]]
) -> None:
    with transaction.atomic():
        begin(episode, owner)
        for number, (kind, code) in enumerate(items):
            note(episode, owner, f"Item {number}", kind, code)
        shown = page(client_for(owner), episode)
        transaction.set_rollback(True)
    loud = shown[: shown.index('id="treatments"')].partition("not on this record")[0]
    holds = {code for kind, code in items if code and kind != "allergy"}
    for use in USES:
        for caution in use["cautions"]:
            code = next(iter(caution.get("if", {}).values()), "")
            assert caution["text"] in (loud if code in holds else shown), caution


def test_the_page_asks_few_questions(
    owner: Membership, episode: Episode, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    plan = begin(episode, owner)
    for number in range(6):
        exercise(plan, owner, name=f"Exercise {number}")
    services.add_treatment(plan=plan, member=owner, treatment_code="load")
    client = client_for(owner)
    page(client, episode)
    with django_assert_max_num_queries(34):
        page(client, episode)


def test_a_signed_visit_offers_its_first_conditions(owner: Membership, client_for: ClientFor) -> None:
    episode = make_signed(owner).episode
    assert "?for=" in page(client_for(owner), episode)


def test_before_anything_is_published_the_form_says_so(owner: Membership, client_for: ClientFor) -> None:
    address = reverse("triage:plan-edit", args=[make_episode(owner).pk])
    assert client_for(owner).get(address).status_code == 200
    answer = client_for(owner).post(address, {"condition_code": "", "text": "Anything"})
    assert answer.status_code == 422
    assert "No knowledge has been published yet" in answer.content.decode()
