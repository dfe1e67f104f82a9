"""Every route of the record × every person: nobody outside the clinic learns that a row exists."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import Membership
from tests.triage.block_factories import BLOCK, declare, give, read
from tests.triage.factories import answer, make_encounter, make_release, make_signed
from triage.models import (
    EpisodeProgramme,
    FollowUp,
    HomeExercise,
    LoadStep,
    OutcomeRequest,
    OutcomeScore,
    PatientItem,
    PlannedTreatment,
    Referral,
    Run,
    Shoe,
)
from triage.services import (
    add_item,
    add_part,
    add_referral,
    add_shoe,
    add_treatment,
    begin_programme,
    create_link,
    log_run,
    plan_follow_up,
    record_outcome,
    start_plan,
)
from triage.urls import urlpatterns

ClientFor = Callable[[Membership], Client]
OPEN_TO_EVERY_MEMBER = {"worklist", "clinic-model", "own-list-settings", "patient-list", "patient-new"}
OF_A_PATIENT = {
    "patient-detail",
    "patient-opened",
    "patient-edit",
    "patient-item-new",
    "episode-new",
    "shoe-new",
}
# Asked in tests/triage/test_restricted.py: a colleague gets 403, or is asked to sign in afresh.
OF_RESTRICTED_RECORDS = {"glass-break", "glass-list", "glass-review", "patient-restriction"}
# Asked in tests/triage/test_impact.py: pages of leads, and of those who make the knowledge.
OF_RELEASES = {
    "clinic-release",
    "clinic-release-choose",
    "clinic-release-impact",
    "review-impact",
    "review-impact-begin",
    "review-impact-step",
}
# Asked in tests/triage/test_clinic_results.py: pages of leads.
OF_RESULTS = {"clinic-results", "clinic-table"}
# Open to whoever holds a token: tests/triage/test_outcome_links.py.
OF_A_LINK = {"outcome-link-open", "outcome-link-answer", "outcome-link-done"}
OF_A_SCORE = {"outcome-correct", "alarm-seen"}
OF_A_REQUEST = {"outcome-link-revoke"}
OF_A_PROGRAMME = {"programme-detail", "programme-sheet", "criterion-tick", "step-change"}
OF_A_RUN = {"run-edit", "run-remove"}
OF_A_SHOE = {"shoe-edit", "shoe-retire"}
OF_AN_ITEM = {"patient-item-end"}
OF_AN_EPISODE = {
    "episode-detail",
    "episode-edit",
    "encounter-new",
    "diagnosis-new",
    "follow-up-new",
    "episode-outcomes",
    "episode-running",
    "programme-begin",
    "run-new",
}
# Asked in tests/triage/test_letters.py: an export asks for a fresh sign-in; a letter needs a signed visit.
OF_LETTERS = {
    "plan-pdf",
    "letter-new",
    "letter-detail",
    "letter-edit",
    "letter-send",
    "letter-pdf",
}
OF_A_PLAN = {
    "plan-detail",
    "plan-edit",
    "plan-undo",
    "plan-treatment-add",
    "plan-treatment-new",
    "plan-exercise-new",
    "plan-load-new",
    "plan-referral-new",
}
PLAN_PARTS = {
    "treatment": PlannedTreatment,
    "exercise": HomeExercise,
    "load": LoadStep,
    "referral": Referral,
}
OF_A_FOLLOW_UP = {"follow-up-settle"}
OF_A_DRAFT = {
    "encounter-detail",
    "encounter-edit",
    "observation-set",
    "encounter-save",
    "encounter-changes",
    "encounter-search",
    "hypothesis-detail",
    "own-list",
    "encounter-newer",
    "encounter-move",
    "encounter-move-undo",
    "encounter-sign",
    "encounter-discard",
    "encounter-restore",
    "red-flag-dismiss",
    "red-flag-restore",
}
OF_A_SIGNED_VISIT = {"addendum-new"}
OF_A_DECLARED_BLOCK = {"block-give", "block-call-off"}
OF_A_GIVEN_BLOCK = {"block-detail", "block-reading-new", "block-note", "block-level"}
POST_ONLY = {
    "block-call-off",
    "block-level",
    "block-reading-new",
    "programme-begin",
    "criterion-tick",
    "step-change",
    "run-remove",
    "shoe-retire",
    "alarm-seen",
    "outcome-link-new",
    "outcome-link-revoke",
    "patient-item-new",
    "patient-item-end",
    "follow-up-settle",
    "observation-set",
    "encounter-save",
    "encounter-move",
    "encounter-move-undo",
    "encounter-discard",
    "encounter-restore",
    "red-flag-restore",
    "addendum-new",
    "plan-undo",
    "plan-treatment-add",
    *(f"plan-{part}-set" for part in PLAN_PARTS),
}
GET_ONLY = {
    "block-detail",
    "plan-detail",
    "episode-running",
    "programme-detail",
    "programme-sheet",
    "episode-detail",
    "episode-outcomes",
    "worklist",
    "patient-detail",
    "patient-opened",
    "encounter-changes",
    "encounter-detail",
    "encounter-search",
    "encounter-newer",
    "hypothesis-detail",
}
CANARY = "Quetzalcoatlus"


@pytest.fixture
def routes(owner: Membership) -> dict[str, str]:
    """The address of every route, each on a record of the owner's clinic that carries the canary."""
    make_release()
    make_release(
        rules=[{"code": "stop", "urgency": "same_day", "when": {"finding": "f", "level": "present"}}]
    )
    draft, signed = make_encounter(owner), make_signed(owner)
    answer(draft, owner, "f", "present")
    given = give(owner, declare(owner, task=CANARY))
    declared = declare(owner, given.encounter, side="right", task=CANARY)
    patient = draft.episode.patient
    item = make_item(owner, draft)
    keys = {
        **dict.fromkeys(OPEN_TO_EVERY_MEMBER, ()),
        **dict.fromkeys(OF_A_PATIENT, (patient.pk,)),
        **dict.fromkeys(OF_AN_ITEM, (item.pk,)),
        **dict.fromkeys(OF_AN_EPISODE, (draft.episode.pk,)),
        **dict.fromkeys(OF_A_FOLLOW_UP, (make_follow_up(owner, draft).pk,)),
        **dict.fromkeys(OF_A_DRAFT, (draft.pk,)),
        **dict.fromkeys(OF_A_SIGNED_VISIT, (signed.pk,)),
        **dict.fromkeys(OF_A_SCORE, (make_score(owner, draft).pk,)),
        **dict.fromkeys(OF_A_REQUEST, (make_request(owner, draft).pk,)),
        **dict.fromkeys(OF_A_DECLARED_BLOCK, (declared.pk,)),
        **dict.fromkeys(OF_A_GIVEN_BLOCK, (given.pk,)),
        "block-new": (given.encounter_id, BLOCK),
        "block-reading-edit": (read(owner, given, 10, 2, note=CANARY).pk,),
        **dict.fromkeys(OF_A_PROGRAMME, (make_programme(owner, draft).pk,)),
        **dict.fromkeys(OF_A_RUN, (make_run(owner, draft).pk,)),
        **dict.fromkeys(OF_A_SHOE, (make_shoe(owner, draft).pk,)),
        "outcome-new": (draft.episode.pk, "nprs"),
        "outcome-link-new": (draft.episode.pk,),
        "encounter-changes": (make_encounter(owner, episode=signed.episode).pk,),
        "hypothesis-detail": (draft.pk, "a"),
        "red-flag-dismiss": (draft.pk, "stop"),
        "red-flag-restore": (draft.pk, "stop"),
    }
    keys |= make_plan(owner, draft)
    return {name: reverse(f"triage:{name}", args=args) for name, args in keys.items()}


def make_item(owner: Membership, draft) -> PatientItem:
    return add_item(patient=draft.episode.patient, member=owner, kind="medicine", text=CANARY)


def make_follow_up(owner: Membership, draft) -> FollowUp:
    day = timezone.localdate()
    return plan_follow_up(episode=draft.episode, member=owner, kind="review", text=CANARY, due_on=day)


def make_score(owner: Membership, draft) -> OutcomeScore:
    names = [CANARY, "walking", "standing"]
    answers = {"activity_1": 1, "activity_2": 2, "activity_3": 3, "saddle": 1}
    return record_outcome(
        episode=draft.episode, member=owner, measure_code="psfs", activities=names, answers=answers
    )


def make_plan(owner: Membership, draft) -> dict[str, tuple]:
    plan = start_plan(episode=draft.episode, member=owner, text=CANARY)
    day = timezone.localdate()
    about = {"to_whom": CANARY, "reason": CANARY, "referred_on": day}
    parts = {
        "treatment": add_treatment(plan=plan, member=owner, text=CANARY),
        "exercise": add_part(HomeExercise, plan=plan, member=owner, name=CANARY),
        "load": add_part(LoadStep, plan=plan, member=owner, week=1, note=CANARY),
        "referral": add_referral(plan=plan, member=owner, due_on=day, **about),
    }
    lines = {f"plan-{part}-{verb}": (row.pk,) for part, row in parts.items() for verb in ("edit", "set")}
    return {**dict.fromkeys(OF_A_PLAN, (draft.episode.pk,)), **lines}


def make_programme(owner: Membership, draft) -> EpisodeProgramme:
    step = {"title": "1 Rest", "text": CANARY, "stop_rules": ["Pain."]}
    programmes = [{"code": "back", "name": "Back", "basis": "expert_estimate", "steps": [step]}]
    return begin_programme(
        episode=draft.episode,
        member=owner,
        release=make_release(programmes=programmes),
        programme_code="back",
        begun_on=timezone.localdate(),
    )


def make_run(owner: Membership, draft) -> Run:
    return log_run(episode=draft.episode, member=owner, ran_on=timezone.localdate(), minutes=20, note=CANARY)


def make_shoe(owner: Membership, draft) -> Shoe:
    return add_shoe(patient=draft.episode.patient, member=owner, name=CANARY)


def make_request(owner: Membership, draft) -> OutcomeRequest:
    return create_link(episode=draft.episode, member=owner, measure_codes=["psfs"])[0]


def test_every_route_is_listed(routes: dict[str, str]) -> None:
    assert set(routes) | OF_RESTRICTED_RECORDS | OF_RELEASES | OF_RESULTS | OF_A_LINK | OF_LETTERS == {
        route.name for route in urlpatterns
    }


def test_a_visitor_is_sent_to_sign_in(routes: dict[str, str], client: Client) -> None:
    for name, address in routes.items():
        for reply in (client.get(address), client.post(address)):
            assert reply.status_code == 302, name
            assert reply["Location"].startswith(reverse("account_login")), name


def test_a_stranger_finds_nothing(
    routes: dict[str, str], stranger: Membership, client_for: ClientFor
) -> None:
    client = client_for(stranger)
    for name in routes.keys() - OPEN_TO_EVERY_MEMBER:
        answer = client.post(routes[name]) if name in POST_ONLY else client.get(routes[name])
        assert answer.status_code == 404, name
        assert CANARY.encode() not in answer.content, name
        assert b"Runner" not in answer.content, name


def test_lists_of_a_stranger_are_empty(
    routes: dict[str, str], stranger: Membership, client_for: ClientFor
) -> None:
    client = client_for(stranger)
    assert b"No visits yet" in client.get(routes["worklist"]).content
    assert b"No patients yet" in client.get(routes["patient-list"]).content
    assert b"Nobody found" in client.post(routes["patient-list"], {"q": "Runner"}).content


def test_a_colleague_may_read_what_the_owner_wrote(
    routes: dict[str, str], teammate: Membership, client_for: ClientFor
) -> None:
    client = client_for(teammate)
    for name in routes.keys() - POST_ONLY:
        assert client.get(routes[name]).status_code == 200, name


def test_a_wrong_method_is_refused(routes: dict[str, str], owner: Membership, client_for: ClientFor) -> None:
    client = client_for(owner)
    for name in POST_ONLY:
        assert client.get(routes[name]).status_code == 405, name
    for name in GET_ONLY:
        assert client.post(routes[name]).status_code == 405, name
    for name, address in routes.items():
        assert client.delete(address).status_code == 405, name


def test_no_page_of_the_record_is_kept_by_a_cache(
    routes: dict[str, str], owner: Membership, client_for: ClientFor
) -> None:
    client = client_for(owner)
    for name in routes.keys() - POST_ONLY:
        assert "no-store" in client.get(routes[name])["Cache-Control"], name
