"""A fired red flag is put aside by a person with a reason, stays on record, and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Membership
from tests.ranking.releases import finding
from tests.triage.factories import answer, make_document, make_encounter, make_release
from triage import services
from triage.errors import EmptyReason, NotFired, SignedEncounter
from triage.models import Encounter, RedFlagDismissal
from triage.services.replays import Outcome, replay_assessments

ClientFor = Callable[[Membership], Client]
REASON = "Swelling is from an old sprain"


def raised(owner: Membership) -> Encounter:
    """A visit at which the rule “stop” has fired; the rule forbids hopping."""
    make_release()
    either = [{"finding": code, "level": "present"} for code in ("f", "tingling")]
    rules = [{"code": "stop", "name": "Suspected fracture", "urgency": "same_day", "when": {"any": either}}]
    hop = finding("hop", package="history", group="Pain", avoid_if=[{"rule": "stop"}])
    make_release(rules=rules, findings=[*make_document()["findings"], hop])
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    return encounter


def address(name: str, encounter: Encounter, *more: str) -> str:
    return reverse(f"triage:{name}", args=[encounter.pk, *more])


def test_a_flag_is_put_aside_with_a_reason(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = raised(owner), client_for(owner)
    where = address("red-flag-dismiss", encounter, "stop")
    assert where in client.get(address("encounter-detail", encounter)).content.decode()
    assert "Suspected fracture" in client.get(where).content.decode()
    assert client.post(where, {"reason": REASON}).status_code == 302
    page = client.get(address("encounter-detail", encounter))
    text = page.content.decode()
    assert f"“{REASON}” – Olu Owner" in text
    assert "Put aside – Suspected fracture" in text
    assert (len(page.context["panel"].red_flags), page.context["panel"].open_flags) == (1, ())
    assert "hop" not in [test.code for test in page.context["panel"].next_tests]
    event = AuditEvent.objects.get(action="red_flag.dismissed")
    assert (event.user, REASON in json.dumps(event.detail)) == (owner.user, False)


def test_without_a_reason_nothing_is_put_aside(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = raised(owner), client_for(owner)
    for typed in ({}, {"reason": "  "}):
        page = client.post(address("red-flag-dismiss", encounter, "stop"), typed)
        assert page.status_code == 422
        assert "the reason stays on record" in page.content.decode()
    with pytest.raises(EmptyReason):
        services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason=" ")
    assert not RedFlagDismissal.objects.exists()


def test_only_a_fired_flag_can_be_put_aside(owner: Membership, client_for: ClientFor) -> None:
    encounter = raised(owner)
    with pytest.raises(NotFired):
        services.dismiss_red_flag(encounter=encounter, member=owner, rule="other", reason=REASON)
    assert client_for(owner).get(address("red-flag-dismiss", encounter, "other")).status_code == 404


def test_another_answer_raises_it_again(owner: Membership, client_for: ClientFor) -> None:
    encounter = raised(owner)
    services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason=REASON)
    answer(encounter, owner, "tingling", "present", "left")
    page = client_for(owner).get(address("encounter-detail", encounter))
    assert [flag.code for flag in page.context["panel"].open_flags] == ["stop"]
    assert f"Put aside for other answers: “{REASON}”" in page.content.decode()


def test_it_is_taken_back(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = raised(owner), client_for(owner)
    client.post(address("red-flag-restore", encounter, "stop"))
    services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason=REASON)
    client.post(address("red-flag-restore", encounter, "stop"))
    page = client.get(address("encounter-detail", encounter))
    assert [flag.code for flag in page.context["panel"].open_flags] == ["stop"]
    assert [row.dismissed for row in RedFlagDismissal.objects.oldest_first()] == [True, False]


def test_the_signed_visit_keeps_it_and_still_replays(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = raised(owner), client_for(owner)
    services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason=REASON)
    sign = client.get(address("encounter-sign", encounter)).content.decode()
    assert "red flag open" not in sign
    assert REASON in sign
    assessment = services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    (kept,) = assessment.dismissals_json
    assert (kept["rule"], kept["reason"], kept["by"]) == ("stop", REASON, "Olu Owner")
    assert json.loads(bytes(assessment.output))["red_flags"][0]["rule"] == "stop"
    assert [replay.outcome for replay in replay_assessments()] == [Outcome.EQUAL]
    text = client.get(address("encounter-detail", encounter)).content.decode()
    assert f"“{REASON}” – Olu Owner" in text
    assert address("red-flag-restore", encounter, "stop") not in text
    for change in (
        lambda: services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason="x"),
        lambda: services.restore_red_flag(encounter=encounter, member=owner, rule="stop"),
    ):
        with pytest.raises(SignedEncounter):
            change()


def test_the_database_keeps_every_row_and_takes_none_for_a_signed_visit(owner: Membership) -> None:
    encounter = raised(owner)
    row = services.dismiss_red_flag(encounter=encounter, member=owner, rule="stop", reason=REASON)
    services.sign_encounter(encounter=encounter, member=owner, version=encounter.version)
    late = RedFlagDismissal(
        clinic=owner.clinic, encounter=encounter, rule_code="stop", reason="x", by=owner.user
    )
    for change in (row.save, row.delete, late.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert RedFlagDismissal.objects.get().reason == REASON
