"""The pages of a follow-up: earlier answers stand beside today's, each with its day."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.ranking.releases import finding, opinion
from tests.triage.factories import make_episode, make_release
from tests.triage.test_carrying import DAYS, later_release, signed, visit
from triage.models import Encounter, Episode

ClientFor = Callable[[Membership], Client]


@pytest.fixture
def episode(owner: Membership) -> Episode:
    """Three answers at a signed visit on 16 May."""
    made = make_episode(owner)
    signed(owner, made, DAYS[0], ("f", "present"), ("tender", "present", "left"), ("worst_when", "rest"))
    return made


def page(client: Client, encounter: Encounter, name: str = "encounter-detail", *more: str) -> str:
    answer = client.get(reverse(f"triage:{name}", args=[encounter.pk, *more]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_rows_show_the_earlier_answer_and_record_nothing(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    draft = visit(owner, episode, DAYS[1])
    text = page(client_for(owner), draft)
    assert "16 May: <b>yes</b>" in text
    assert "16 May: <b>rest</b>" in text
    assert 'name="o:tender:left" value="present" data-still' in text
    assert 'data-filter="last"' in text
    assert "<b>3 earlier answers</b> count until asked again" in text
    assert "Nothing is recorded yet" not in text
    assert draft.observations.count() == 0


def test_a_first_visit_says_nothing_of_it(owner: Membership, client_for: ClientFor) -> None:
    text = page(client_for(owner), visit(owner, make_episode(owner), DAYS[0]))
    assert "data-still" not in text
    assert 'data-filter="last"' not in text


def test_still_so_records_the_same_level_of_today(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    """As a browser without script sends it: the group as shown, then the button pressed."""
    draft = visit(owner, episode, DAYS[1])
    sent = "o%3Atender%3Aleft=&o%3Aworst_when%3A=&o%3Atender%3Aleft=present"
    client_for(owner).post(
        reverse("triage:encounter-save", args=[draft.pk]),
        sent,
        content_type="application/x-www-form-urlencoded",
    )
    row = draft.observations.get()
    assert (row.finding_code, row.side, row.level_code) == ("tender", "left", "present")
    text = page(client_for(owner), draft)
    assert "<b>2 earlier answers</b>" in text


def test_the_first_button_of_the_form_saves_and_says_nothing_more(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    """Enter in a field presses the first button: it must not be a “still so”."""
    text = page(client_for(owner), visit(owner, episode, DAYS[1]))
    form = text[text.index('<form id="answers"') :]
    first = re.search(r"<button[^>]*>", form)
    assert first is not None
    assert "name=" not in first.group()


def test_the_explanation_marks_what_rests_on_an_earlier_answer(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    draft = visit(owner, episode, DAYS[1], ("f", "present"))
    text = page(client_for(owner), draft, "hypothesis-detail", "b")
    assert "answered on 16 May, not asked since" in text
    assert "answered on 16 May" not in page(client_for(owner), draft, "hypothesis-detail", "a")


def test_a_flag_on_earlier_answers_alone_says_so(owner: Membership, client_for: ClientFor) -> None:
    when = {"any": [{"finding": "f", "level": "present"}, {"finding": "worst_when", "level": "rest"}]}
    make_release()
    make_release(rules=[{"code": "stop", "name": "Stop", "urgency": "same_day", "when": when}])
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"))
    draft = visit(owner, episode, DAYS[1])
    text = page(client_for(owner), draft)
    assert "Stands on earlier answers alone, from 16 May – ask again." in text
    assert "Because of f (16 May)" in text
    client_for(owner).post(reverse("triage:encounter-save", args=[draft.pk]), {"o:f:": "present"})
    text = page(client_for(owner), draft)
    assert "Stop" in text
    assert "Stands on earlier answers alone" not in text


def test_a_signed_follow_up_keeps_today_and_earlier_apart(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    second = signed(owner, episode, DAYS[1], ("f", "absent"))
    text = page(client_for(owner), second)
    today, stands = text.split("Still stands from earlier visits")
    assert "<span>f</span><b>no</b>" in today
    assert "tender" not in today.split("<h2>Recorded</h2>")[1]
    assert '<b>left: yes <span class="soft">(16 May)</span></b>' in stands


def test_what_the_release_has_no_words_for_is_asked_again(owner: Membership, client_for: ClientFor) -> None:
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("tingling", "present", "left"), ("f", "present"))
    later_release()
    draft = visit(owner, episode, DAYS[1])
    text = page(client_for(owner), draft)
    assert "Ask again: the release changed (1)" in text
    assert "tingling (left) – 16 May: yes" in text
    assert '<input type="radio" name="o:g:" value="present">' in text
    assert "16 May: <b>yes</b>" in text


def test_a_follow_up_begins_with_what_was_tried(owner: Membership, client_for: ClientFor) -> None:
    tried = finding("relief_laces", package="response", group="Tried", stage="intake")
    pain = finding("f", package="history", group="Pain")
    rows = [pain, tried, finding("other_side_painful")]
    make_release()
    make_release(findings=rows, evidence=[opinion("a", "f", "frequent")])
    episode = make_episode(owner)
    signed(owner, episode, DAYS[0], ("f", "present"))
    first, second = (
        page(client_for(owner), draft)
        for draft in (visit(owner, make_episode(owner), DAYS[1]), visit(owner, episode, DAYS[1]))
    )
    assert first.index('id="section-history"') < first.index('id="section-response"')
    assert second.index('id="section-response"') < second.index('id="section-history"')
    assert "What has been tried, and what did it do?" in second
    assert "What has been tried, and what did it do?" not in first


@pytest.mark.parametrize(("day", "queries"), [(0, FIRST := 9), (1, FIRST + 1)])
def test_an_answer_at_a_follow_up_costs_one_query_more(
    owner: Membership,
    client_for: ClientFor,
    django_assert_num_queries: Callable,
    day: int,
    queries: int,
) -> None:
    episode = make_episode(owner)
    if day:
        signed(owner, episode, DAYS[0], ("f", "present"))
    draft, client = visit(owner, episode, DAYS[day]), client_for(owner)
    address = reverse("triage:observation-set", args=[draft.pk])
    client.post(address, {"o:f:": "present"}, headers={"HX-Request": "true"})
    with django_assert_num_queries(queries):
        client.post(address, {"o:worst_when:": "after"}, headers={"HX-Request": "true"})


def test_what_changed_names_the_findings_that_moved_it(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    draft = visit(owner, episode, DAYS[1], ("f", "absent"))
    client = client_for(owner)
    assert reverse("triage:encounter-changes", args=[draft.pk]) in page(client, draft)
    text = page(client, draft, "encounter-changes")
    assert "What changed since 16 May, and why" in text
    assert "f – yes → no" in text
    assert "<html" in text
    fragment = client.get(
        reverse("triage:encounter-changes", args=[draft.pk]), headers={"HX-Request": "true"}
    )
    assert "<html" not in fragment.content.decode()
    assert 'id="changes"' in fragment.content.decode()


def test_nothing_asked_changed_nothing(owner: Membership, client_for: ClientFor, episode: Episode) -> None:
    draft = visit(owner, episode, DAYS[1])
    assert "Nothing moved in the first five places." in page(client_for(owner), draft, "encounter-changes")


def test_another_release_is_named_with_what_it_cannot_explain(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    make_release(evidence=[opinion("a", "f", "occasional"), opinion("b", "tender", "very_frequent")])
    text = page(client_for(owner), visit(owner, episode, DAYS[1]), "encounter-changes")
    assert "Ranked under another release" in text
    assert "cannot be attributed to an answer" in text
    assert "still yes, weighs otherwise" in text


def test_a_first_visit_has_nothing_to_compare(owner: Membership, client_for: ClientFor) -> None:
    first = visit(owner, make_episode(owner), DAYS[0])
    answer = client_for(owner).get(reverse("triage:encounter-changes", args=[first.pk]))
    assert answer["Location"] == reverse("triage:encounter-detail", args=[first.pk])


def test_the_timeline_keeps_each_first_three_and_says_what_moved(
    owner: Membership, client_for: ClientFor, episode: Episode
) -> None:
    signed(owner, episode, DAYS[1], ("f", "absent"), ("tender", "absent", "left"))
    text = re.sub(
        r"\s+",
        " ",
        client_for(owner).get(reverse("triage:episode-detail", args=[episode.pk])).content.decode(),
    )
    assert text.count('<ol class="first-three">') == 2
    assert "since 16 May: " in text
    assert "tender – yes (left) → no (left)" in text
