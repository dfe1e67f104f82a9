"""A link that a patient opens without an account: once, for seven days, and nothing but the questions."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from clinics.acting import Acting, act, acting_in
from clinics.models import AuditEvent, Membership
from tests.factories import Browser, work_in
from tests.triage.factories import make_episode
from triage import services
from triage.errors import LinkClosed, WrongClinic
from triage.models import Episode, OutcomeRequest, OutcomeScore, Patient

ClientFor = Callable[[Membership], Browser]
ANSWER = "triage:outcome-link-answer"
DONE = "triage:outcome-link-done"
NAMES = ["Run 10 km", "Stairs", "Stand at work"]


@pytest.fixture
def episode(owner: Membership) -> Episode:
    return make_episode(owner)


def link_for(episode: Episode, owner: Membership, *measures: str) -> str:
    codes = measures or ("nprs",)
    return services.create_link(episode=episode, member=owner, measure_codes=codes)[1]


def make(client: Browser, episode: Episode, *measures: str) -> Any:
    return client.post(reverse("triage:outcome-link-new", args=[episode.pk]), {"measures": measures})


def opened(token: str) -> Browser:
    client = Browser()
    answer = client.get(reverse("triage:outcome-link-open", args=[token]))
    assert answer.url == reverse(ANSWER)  # the token leaves the address
    return client


def same(page: Any) -> str:
    return re.sub(r'value="[^"]+"', "", page.content.decode())


def test_a_patient_answers_once_and_the_clinic_sees_it(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    clinician = client_for(owner)
    made = make(clinician, episode, "nprs").content.decode()
    token = re.search(r"http://testserver/answer/([\w-]+)/", made)[1]
    assert token not in str(OutcomeRequest.objects.values())
    patient = opened(token)
    page = patient.get(reverse(ANSWER))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "<script" not in page.content.decode()
    done = patient.post(reverse(ANSWER), {"pain": "3"}, follow=True)
    assert "Thank you" in done.content.decode()
    row = OutcomeScore.objects.get()
    assert (row.score, row.source, row.recorded_by, row.episode) == (3, "link", None, episode)
    assert OutcomeRequest.objects.get().answered_at == row.answered_at
    event = AuditEvent.objects.get(action="outcome.answered")
    assert (event.clinic_id, event.user, event.patient_id) == (owner.clinic_id, None, episode.patient_id)
    outcomes = clinician.get(reverse("triage:episode-outcomes", args=[episode.pk])).content.decode()
    assert "By link · the patient" in outcomes


def test_the_page_reveals_nothing_but_the_questions(episode: Episode, owner: Membership) -> None:
    services.record_outcome(
        episode=episode, member=owner, measure_code="nprs", answers={"pain": 9, "rest_pain": 1}
    )
    page = opened(link_for(episode, owner)).get(reverse(ANSWER)).content.decode()
    patient = episode.patient
    for word in (patient.given_name, patient.family_name, episode.title, owner.clinic.name, owner.user.name):
        assert word not in page
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", page.replace(_submission(page), ""))


def _submission(page: str) -> str:
    return re.search(r'name="submission_id" value="([^"]+)"', page)[1]


def test_used_old_withdrawn_and_never_made_look_the_same(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    used, old, withdrawn = (link_for(make_episode(owner), owner) for _ in range(3))
    opened(used).post(reverse(ANSWER), {"pain": "3"})
    requests = OutcomeRequest.objects.order_by("created_at")
    OutcomeRequest.objects.filter(pk=requests[1].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    episode_page = reverse("triage:episode-detail", args=[requests[2].episode_id])
    withdraw = reverse("triage:outcome-link-revoke", args=[requests[2].pk])
    assert withdraw in client_for(owner).get(episode_page).content.decode()
    client_for(owner).post(withdraw)
    pages = []
    for token in (used, old, withdrawn, "never-made"):
        client = opened(token)
        pages += [client.get(reverse(ANSWER)), client.post(reverse(ANSWER), {"pain": "3"})]
        pages.append(client.post(reverse(ANSWER), {"pain": "wrong"}))
    pages += [Browser().get(reverse(ANSWER)), Browser().get(reverse(DONE))]
    assert {page.status_code for page in pages} == {410}
    assert len({same(page) for page in pages}) == 1
    assert OutcomeScore.objects.count() == 1


def test_a_new_link_voids_the_one_before(episode: Episode, owner: Membership) -> None:
    first, second = link_for(episode, owner), link_for(episode, owner)
    assert opened(first).get(reverse(ANSWER)).status_code == 410
    assert opened(second).get(reverse(ANSWER)).status_code == 200
    link_for(episode, owner, "lefs")
    assert OutcomeRequest.objects.open().count() == 2


def test_a_link_is_good_for_seven_days(episode: Episode, owner: Membership) -> None:
    link_for(episode, owner)
    row = OutcomeRequest.objects.get()
    assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize("wrong", [{"pain": "11"}, {"pain": ""}, {"pain": "3", "saddle": "9"}])
def test_wrong_input_spends_nothing(episode: Episode, owner: Membership, wrong: dict[str, str]) -> None:
    client = opened(link_for(episode, owner))
    assert client.post(reverse(ANSWER), wrong).status_code == 422
    assert not OutcomeScore.objects.exists()
    assert client.post(reverse(ANSWER), {"pain": "3"}).status_code == 302


def test_an_alarming_answer_is_advised_on_at_once_and_tops_the_worklist(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    client = opened(link_for(episode, owner))
    page = client.post(reverse(ANSWER), {"pain": "10", "rest_pain": "1", "new_deficit": "1"}, follow=True)
    assert "Go to an emergency department now" in page.content.decode()
    assert "Go to an emergency department now" in client.get(reverse(DONE)).content.decode()
    assert "! Emergency:" in client_for(owner).get("/").content.decode()


def test_an_alarming_answer_is_never_held_back_by_a_missing_one(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    page = opened(link_for(episode, owner, "faam-adl")).post(reverse(ANSWER), {"saddle": "1"}, follow=True)
    assert "emergency department now" in page.content.decode()
    row = OutcomeScore.objects.get()
    assert (row.score, row.alarms) == (None, ["saddle"])
    assert "! Emergency:" in client_for(owner).get("/").content.decode()
    shown = client_for(owner).get(reverse("triage:episode-outcomes", args=[episode.pk])).content.decode()
    assert "too few answers" in shown


def test_advice_stands_also_above_a_refused_form(episode: Episode, owner: Membership) -> None:
    page = opened(link_for(episode, owner)).post(reverse(ANSWER), {"pain": "99", "saddle": "1"})
    assert page.status_code == 422
    assert "emergency department now" in page.content.decode()


def test_the_same_form_sent_twice_thanks_twice_and_counts_once(episode: Episode, owner: Membership) -> None:
    client, submission = opened(link_for(episode, owner)), str(uuid.uuid4())
    for pain in ("3", "9"):
        answer = client.post(reverse(ANSWER), {"pain": pain, "submission_id": submission})
        assert answer.url == reverse(DONE)
    assert OutcomeScore.objects.get().score == 3


@pytest.mark.django_db(transaction=True)
def test_answered_twice_at_once_counts_once(owner: Membership) -> None:
    digest = services.fingerprint(link_for(make_episode(owner), owner))
    start, outcome = threading.Barrier(2), []

    def answer(pain: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                services.answer_link(
                    digest=digest,
                    answered=[services.MeasureAnswered("nprs", {"pain": pain})],
                    safety={},
                    submission_id=uuid.uuid4(),
                )
            outcome.append("kept")
        except LinkClosed:
            outcome.append("closed")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=answer, args=[pain]) for pain in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["closed", "kept"]
    with acting_in(owner.clinic_id):
        assert OutcomeScore.objects.count() == 1


def test_activities_named_before_are_rated_again(episode: Episode, owner: Membership) -> None:
    answers = {f"activity_{n}": n for n in (1, 2, 3)}
    services.record_outcome(
        episode=episode, member=owner, measure_code="psfs", activities=NAMES, answers=answers
    )
    client = opened(link_for(episode, owner, "psfs"))
    page = client.get(reverse(ANSWER)).content.decode()
    assert all(name in page for name in NAMES)
    sent = {"activity_1": "5", "activity_2": "5", "activity_3": "8", "activity_4": "9", "name_1": "Fly"}
    assert client.post(reverse(ANSWER), sent).status_code == 302
    row = OutcomeScore.objects.get(source="link")
    assert (row.activities, row.score) == (NAMES, 6)


def test_without_earlier_ones_the_patient_names_them(episode: Episode, owner: Membership) -> None:
    client = opened(link_for(episode, owner, "psfs"))
    sent = {f"name_{n}": name for n, name in enumerate(NAMES, start=1)}
    assert client.post(reverse(ANSWER), sent).status_code == 422
    assert client.post(reverse(ANSWER), sent | {f"activity_{n}": "4" for n in (1, 2, 3)}).status_code == 302
    assert OutcomeScore.objects.get().activities == NAMES


def test_trying_tokens_is_limited(db: None) -> None:
    client = Browser()
    codes = [client.get(reverse("triage:outcome-link-open", args=[f"t{n}"])).status_code for n in range(31)]
    assert codes == [302] * 30 + [429]
    assert Browser().post(reverse(ANSWER), {"pain": "3"}).status_code == 429


def test_the_holder_of_a_token_sees_one_request_and_changes_nothing(
    episode: Episode, owner: Membership, other_clinic: Any
) -> None:
    token = link_for(episode, owner)
    link_for(episode, owner, "lefs")
    services.record_outcome(episode=episode, member=owner, measure_code="nprs", answers={"pain": 3})
    with transaction.atomic():
        act(Acting(outcome_link=services.fingerprint(token)))
        assert OutcomeRequest.objects.get().measures == ["nprs"]
        assert OutcomeRequest.objects.update(clinic=other_clinic) == 0
        assert not OutcomeScore.objects.exists()
        assert not Patient.objects.exists()
        assert not Episode.objects.exists()
        act(Acting(invitation=services.fingerprint(token)))
        assert not OutcomeRequest.objects.exists()
        act(Acting(clinic=owner.clinic_id))


def test_another_clinic_neither_makes_nor_withdraws(
    episode: Episode, owner: Membership, stranger: Membership, client_for: ClientFor
) -> None:
    request, _ = services.create_link(episode=episode, member=owner, measure_codes=["nprs"])
    client = client_for(stranger)
    for name, args in (("outcome-link-new", [episode.pk]), ("outcome-link-revoke", [request.pk])):
        assert client.post(reverse(f"triage:{name}", args=args)).status_code == 404
    with pytest.raises(WrongClinic):
        services.create_link(episode=episode, member=stranger, measure_codes=["nprs"])
    work_in(owner.clinic_id)
    assert OutcomeRequest.objects.get().is_open


def test_making_and_withdrawing_are_on_record(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    client = client_for(owner)
    make(client, episode, "mood")
    for _ in range(2):
        client.post(reverse("triage:outcome-link-revoke", args=[OutcomeRequest.objects.get().pk]))
    actions = list(
        AuditEvent.objects.filter(action__startswith="outcome_link").values_list("action", flat=True)
    )
    assert sorted(actions) == ["outcome_link.created", "outcome_link.revoked"]


SEVERAL = ("nprs", "psfs", "mood")
ALL_ANSWERED = {
    "nprs-pain": "3",
    **{f"psfs-name_{n}": name for n, name in enumerate(NAMES, start=1)},
    **{f"psfs-activity_{n}": "4" for n in (1, 2, 3)},
    **{f"mood-{code}": "1" for code in ("low", "healing", "movement", "sleep")},
}


def test_one_link_asks_several_measures_and_scores_each(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    clinician = client_for(owner)
    made = make(clinician, episode, *SEVERAL).content.decode()
    token = re.search(r"http://testserver/answer/([\w-]+)/", made)[1]
    patient = opened(token)
    page = patient.get(reverse(ANSWER)).content.decode()
    assert page.count("What should not wait") == 1
    assert "Part 3 of 3" in page
    assert "Thank you" in patient.post(reverse(ANSWER), ALL_ANSWERED, follow=True).content.decode()
    rows = {row.measure: row for row in OutcomeScore.objects.all()}
    assert {code: row.score for code, row in rows.items()} == {"nprs": 3, "psfs": 4, "mood": 4}
    assert rows["psfs"].activities == NAMES
    assert len({row.request_id for row in rows.values()}) == 1
    assert AuditEvent.objects.filter(action="outcome.answered").count() == 3
    assert opened(token).get(reverse(ANSWER)).status_code == 410


def test_one_incomplete_measure_of_several_spends_nothing(episode: Episode, owner: Membership) -> None:
    client = opened(link_for(episode, owner, *SEVERAL))
    page = client.post(reverse(ANSWER), ALL_ANSWERED | {"mood-low": ""})
    assert page.status_code == 422
    assert "#questions-mood" in page.content.decode()
    assert 'value="Run 10 km"' in page.content.decode()
    assert not OutcomeScore.objects.exists()
    assert client.post(reverse(ANSWER), ALL_ANSWERED).status_code == 302


def test_an_alarm_among_several_is_kept_once_and_holds_for_all(
    episode: Episode, owner: Membership, client_for: ClientFor
) -> None:
    client = opened(link_for(episode, owner, "lefs", "nprs", "mood"))
    sent = {"nprs-pain": "10", "rest_pain": "1", "new_deficit": "1", "mood-low": "3"}
    done = client.post(reverse(ANSWER), sent, follow=True).content.decode()
    assert "Go to an emergency department now" in done
    alarms = {row.measure: row.alarms for row in OutcomeScore.objects.all()}
    assert alarms == {"lefs": [], "nprs": ["limb"], "mood": ["mood"]}
    assert client_for(owner).get("/").content.decode().count("! Emergency:") == 1


def test_several_sent_twice_count_once(episode: Episode, owner: Membership) -> None:
    client = opened(link_for(episode, owner, *SEVERAL))
    sent = ALL_ANSWERED | {"submission_id": str(uuid.uuid4())}
    assert [client.post(reverse(ANSWER), sent).url for _ in range(2)] == [reverse(DONE)] * 2
    assert OutcomeScore.objects.count() == 3


def test_a_link_that_asks_any_of_the_same_voids_the_one_before(episode: Episode, owner: Membership) -> None:
    first, other = link_for(episode, owner, *SEVERAL), link_for(episode, owner, "lefs")
    link_for(episode, owner, "mood", "faam-adl")
    assert opened(first).get(reverse(ANSWER)).status_code == 410
    assert opened(other).get(reverse(ANSWER)).status_code == 200


@pytest.mark.parametrize("measures", [(), ("sf-36",), ("nprs", "sf-36")])
def test_a_link_for_nothing_or_the_unknown_is_refused(
    episode: Episode, owner: Membership, client_for: ClientFor, measures: tuple[str, ...]
) -> None:
    page = make(client_for(owner), episode, *measures)
    assert page.status_code == 422
    assert "Please check one thing" in page.content.decode()
    assert not OutcomeRequest.objects.exists()
