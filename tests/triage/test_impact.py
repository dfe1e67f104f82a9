"""Whose differential would change, counted inside each clinic; what leaves it are five or more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from clinics.acting import acting_in
from clinics.models import Membership, User
from knowledge.loading import SHIPPED, load
from knowledge.models import Release, Review
from tests import factories
from tests.ranking.releases import opinion
from tests.triage.factories import answer, make_encounter, make_episode, make_release
from triage import impact, services
from triage.models import Assessment, ClinicImpact
from triage.ranking import compile_release, rank, rank_now, read_case, standing

ClientFor = Callable[[Membership | User], Client]
pytestmark = pytest.mark.django_db
B_FIRST = [opinion("b", "f", "always"), opinion("b", "tender", "always")]


@pytest.fixture
def before(db: None) -> Release:
    return make_release()


@pytest.fixture
def reviewer(db: None) -> User:
    return factories.make_member(name="Rhea Reviewer", is_knowledge_reviewer=True).user


@pytest.fixture
def review(before: Release) -> Review:
    """Proposes that `f`, until now of condition a, belongs to b."""
    document = before.document | {"evidence": B_FIRST}
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    row = Review.objects.create(
        document_bytes=written,
        sha256=hashlib.sha256(written).hexdigest(),
        note="f is of b.",
        submitted_by=factories.make_user("Edda"),
    )
    row.refresh_from_db()
    return row


def sign(member: Membership, times: int, finding: str = "f") -> None:
    with acting_in(member.clinic_id):
        _sign(member, times, finding)


def _sign(member: Membership, times: int, finding: str) -> None:
    episode = make_episode(member)
    for _ in range(times):
        visit = make_encounter(member, episode=episode)
        answer(visit, member, finding, "present", "left" if finding == "tender" else "")
        services.sign_encounter(encounter=visit, member=member, version=visit.version)


def counted(review: Review) -> None:
    assert review.base is not None
    impact.begin(before=review.base.sha256, after=review.sha256)
    while impact.step(before=review.base.sha256, after=review.sha256):
        pass


def of(member: Membership) -> ClinicImpact:
    with acting_in(member.clinic_id):
        return ClinicImpact.objects.get()


def page(client: Client, review: Review) -> str:
    shown = client.get(reverse("triage:review-impact", args=[review.pk]))
    assert shown.status_code == 200
    return " ".join(unescape(shown.content.decode()).split())


def test_a_standing_is_what_the_whole_ranking_says(release: Release) -> None:
    model = compile_release(release.document, release.sha256)
    for golden in load(SHIPPED).cases:
        case = read_case({"age_years": None, "sex": None, **golden.case.plain()}, model)
        whole, short = rank(model, case).to_dict(), standing(model, case)
        assert short.first_three == tuple(row["condition"] for row in whole["hypotheses"][:3])
        alerts = {row["condition"] for row in whole["cant_miss"] if row["state"] == "alert"}
        assert set(short.alerts) == alerts
        now = rank_now(model, case).to_dict()
        assert now == {key: value for key, value in whole.items() if key in now}
        assert set(whole) - set(now) == {"next", "pairs"}


def test_visits_move_from_one_condition_to_another(owner: Membership, review: Review) -> None:
    sign(owner, 6)
    sign(owner, 5, "tender")
    counted(review)
    told = impact.disclosed(of(owner))
    assert told.visits == 11
    assert [(move.before, move.after, move.count) for move in told.moves] == [("a", "b", 6)]
    assert told.same == 5


def test_fewer_than_five_never_leave(owner: Membership, review: Review) -> None:
    sign(owner, 4)
    sign(owner, 7, "tender")
    counted(review)
    told = impact.disclosed(of(owner))
    assert told.moves == ()
    assert told.same == 7
    assert told.visits is None  # 11 would give the four away
    assert impact.exact(of(owner)).moves[0].count == 4


@pytest.mark.parametrize(("small", "large"), [(0, 6), (1, 5), (3, 9), (4, 5), (5, 5)])
def test_what_is_told_gives_no_smaller_count_away(small: int, large: int) -> None:
    tallies = {"first": {"a>b": small, "same": large}, "enters": {"b": small}}
    told = impact.disclosed(ClinicImpact(tallies=tallies))
    numbers = {told.visits, told.same, *(move.count for move in told.moves)} - {None}
    assert all(number >= 5 for number in numbers)
    if told.visits is not None:
        assert told.visits - sum(numbers - {told.visits}) in {0, *range(5, 100)} or small == large
    assert all(count >= 5 for _, count in told.enters)


def test_each_clinic_by_itself(
    owner: Membership, stranger: Membership, review: Review, reviewer: User
) -> None:
    sign(owner, 6)
    sign(stranger, 2)
    counted(review)
    assert of(owner).counted == 6
    assert of(stranger).counted == 2
    with acting_in(stranger.clinic_id):
        assert [row.clinic for row in ClinicImpact.objects.all()] == [stranger.clinic]


def test_counting_goes_in_steps(owner: Membership, review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impact, "STEP", 2)
    sign(owner, 5)
    assert review.base is not None
    between = {"before": review.base.sha256, "after": review.sha256}
    impact.begin(**between)
    assert impact.step_in(owner.clinic_id, **between)
    assert (of(owner).counted, of(owner).finished_at) == (2, None)
    steps = 1
    while impact.step_in(owner.clinic_id, **between):
        steps += 1
    assert (of(owner).counted, steps) == (5, 3)
    assert sum(of(owner).tallies["first"].values()) == 5


def test_a_case_that_the_new_release_cannot_read_is_counted_as_such(
    owner: Membership, before: Release
) -> None:
    sign(owner, 5)
    others = [row for row in before.document["findings"] if row["code"] != "f"]
    evidence = [row for row in before.document["evidence"] if row["finding"] != "f"]
    after = make_release(findings=others, evidence=evidence)
    impact.begin(before=before.sha256, after=after.sha256)
    assert impact.step(before=before.sha256, after=after.sha256)
    assert impact.disclosed(of(owner)).unreadable == 5


def test_the_page_counts_and_tells(
    owner: Membership, review: Review, reviewer: User, client_for: ClientFor
) -> None:
    sign(owner, 6)
    client = client_for(reviewer)
    assert "Count the signed visits" in page(client, review)
    begin = reverse("triage:review-impact-begin", args=[review.pk])
    step = reverse("triage:review-impact-step", args=[review.pk])
    assert client.post(begin).url == reverse("triage:review-impact", args=[review.pk])
    shown = client.post(begin, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-post="{step}"' in shown
    assert "<html" not in shown
    for _ in range(3):
        shown = client.post(step, headers={"HX-Request": "true"}).content.decode()
    assert "All counted" in shown
    assert "hx-trigger" not in shown
    assert "a → b: 6" in unescape(shown)
    assert "fewer than five" in shown


def test_the_impact_is_for_those_who_make_the_knowledge(
    owner: Membership, teammate: Membership, review: Review, client_for: ClientFor
) -> None:
    for person in (owner, teammate):
        for name, method in (("", "get"), ("-begin", "post"), ("-step", "post")):
            address = reverse(f"triage:review-impact{name}", args=[review.pk])
            assert getattr(client_for(person), method)(address).status_code == 403
    assert not ClinicImpact.objects.exists()


def test_a_lead_sees_the_own_clinic_whole_and_moves_it(
    owner: Membership, teammate: Membership, before: Release, client_for: ClientFor
) -> None:
    sign(owner, 3)
    after = make_release(evidence=B_FIRST)
    lead = client_for(owner)
    address, choose = reverse("triage:clinic-release"), reverse("triage:clinic-release-choose")
    assert lead.post(choose, {"release": str(before.number)}).status_code == 302
    shown = " ".join(unescape(lead.get(address).content.decode()).split())
    assert f"release {after.number} is newer" in shown
    counting = reverse("triage:clinic-release-impact")
    lead.post(counting, {"to": after.number, "begin": "yes"})
    lead.post(counting, {"to": after.number})
    shown = " ".join(unescape(lead.get(address).content.decode()).split())
    assert "a → b: 3" in shown
    assert services.release_for(Membership.objects.get(pk=owner.pk)) == before
    lead.post(choose, {"release": "newest"})
    assert services.release_for(Membership.objects.get(pk=owner.pk)) == after
    for method, path in (("get", address), ("post", choose), ("post", counting)):
        assert getattr(client_for(teammate), method)(path).status_code == 403


def test_every_stored_assessment_replays_after_publishing(owner: Membership, before: Release) -> None:
    sign(owner, 2)
    kept = {row.pk: bytes(row.output) for row in Assessment.objects.all()}
    after = make_release(evidence=B_FIRST)
    assert Release.objects.current() == after
    assert {replay.outcome.value for replay in services.replay_assessments()} == {"equal"}
    assert {row.pk: bytes(row.output) for row in Assessment.objects.all()} == kept
    assert services.start_encounter(episode=make_episode(owner), member=owner).release == after


def test_a_newer_release_is_said(owner: Membership, before: Release, client_for: ClientFor) -> None:
    draft = make_encounter(owner)
    services.choose_release(member=owner, release=before)
    client = client_for(owner)
    workspace = reverse("triage:encounter-detail", args=[draft.pk])
    assert "is newer" not in client.get("/").content.decode() + client.get(workspace).content.decode()
    after = make_release(evidence=B_FIRST)
    assert f"Release {after.number} of the knowledge is newer" in client.get("/").content.decode()
    assert "Your clinic uses release" not in client.get(workspace).content.decode()  # it chose to stay
    services.choose_release(member=owner, release=after)
    told = f"Your clinic uses release {after.number} now; this draft has release {before.number}"
    assert told in client.get(workspace).content.decode()
