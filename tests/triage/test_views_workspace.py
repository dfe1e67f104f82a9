"""The workspace: what it shows, how one answer is saved, what happens when it cannot be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import Membership
from tests.ranking.releases import finding, study
from tests.triage.factories import answer, make_document, make_encounter, make_episode, make_release
from triage.models import Encounter, Observation
from triage.ranking import RankingError
from triage.services import discard_draft

ClientFor = Callable[[Membership], Client]
HTMX = {"HX-Request": "true"}


def address(name: str, encounter: Encounter, *more: object) -> str:
    return reverse(f"triage:{name}", args=[encounter.pk, *more])


def said(encounter: Encounter) -> dict[tuple[str, str], tuple[str, str]]:
    return {(row.finding_code, row.side): row.answer for row in encounter.observations.all()}


def give(client: Client, encounter: Encounter, field: str, value: str, version: int = 0, **more: str):
    data = {f"o:{field}": value, f"v:{field}": version, **more}
    return client.post(address("observation-set", encounter), data, headers=HTMX)


def test_the_page_holds_every_question_with_nothing_answered(
    owner: Membership, client_for: ClientFor
) -> None:
    page = client_for(owner).get(address("encounter-detail", make_encounter(owner)))
    rows = [row for section in page.context["sections"] for group in section.groups for row in group.rows]
    assert {"f", "tender", "worst_when", "heavy", "weak_hip"} <= {row.code for row in rows}
    assert not any(row.answered for row in rows)
    assert "Nothing is recorded yet" in page.content.decode()


def test_the_side_of_the_complaint_comes_first(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner, episode=make_episode(owner, side="right"))
    page = client_for(owner).get(address("encounter-detail", encounter))
    rows = {row.code: row for s in page.context["sections"] for g in s.groups for row in g.rows}
    assert [(c.side, c.complaint) for c in rows["tender"].controls] == [("right", True), ("left", False)]
    assert [c.side for c in rows["f"].controls] == [""]


def test_an_answer_is_saved_and_the_differential_comes_back(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    response = give(client_for(owner), encounter, "tender:left", "present")
    text = response.content.decode()
    row = encounter.observations.get()
    assert response.status_code == 200
    assert (row.finding_code, row.side, row.level_code) == ("tender", "left", "present")
    assert text.strip().startswith("<section")
    assert 'id="differential"' in text
    assert f'name="v:tender:left" value="{row.version}"' in text
    assert 'id="differential-brief"' in text
    assert "<html" not in text
    assert response.context["panel"].first.condition == "b"


def test_a_reload_shows_every_answer(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    give(client, encounter, "tender:left", "present")
    give(client, encounter, "tender:right", "absent")
    give(client, encounter, "worst_when:", "rest")
    give(client, encounter, "f:", "~equivocal")
    page = client.get(address("encounter-detail", encounter))
    recorded = {
        (c.code, c.side): c.recorded
        for section in page.context["sections"]
        for group in section.groups
        for row in group.rows
        for c in row.controls
        if c.answered
    }
    assert set(recorded) == {("tender", "left"), ("tender", "right"), ("worst_when", ""), ("f", "")}
    assert recorded["worst_when", ""] == "rest"
    assert recorded["f", ""] == "equivocal"


def test_not_tested_takes_the_answer_back(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    give(client, encounter, "f:", "present")
    response = give(client, encounter, "f:", "", encounter.observations.get().version)
    assert response.status_code == 200
    assert not encounter.observations.exists()
    assert 'name="v:f:" value="0"' in response.content.decode()


def test_a_stale_answer_shows_mine_and_theirs_and_changes_nothing(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter = make_encounter(owner)
    theirs = answer(encounter, teammate, "f", "absent")
    response = give(client_for(owner), encounter, "f:", "present")
    text = response.content.decode()
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#conflict"
    assert "Mine" in text
    assert "Theirs" in text
    assert f'data-version="{theirs.version}"' in text
    assert said(encounter) == {("f", ""): ("observed", "absent")}
    assert give(client_for(owner), encounter, "f:", "present", theirs.version).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("unheard_of:", "present", 422),
        ("f:", "rest", 422),
        ("f:left", "present", 422),
        ("tender:", "present", 422),
        ("tender:above", "present", 422),
        ("f", "present", 400),
        ("f:left:right", "present", 400),
    ],
)
def test_wrong_input_is_refused_beside_the_list(
    owner: Membership, client_for: ClientFor, field: str, value: str, status: int
) -> None:
    encounter = make_encounter(owner)
    response = give(client_for(owner), encounter, field, value)
    assert response.status_code == status
    assert response["HX-Retarget"] == "#conflict"
    assert 'role="alert"' in response.content.decode()
    assert not Observation.objects.exists()


def test_half_a_form_is_refused(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    where = address("observation-set", encounter)
    assert client.post(where, {}).status_code == 400
    assert client.post(where, {"o:f:": "present", "v:f:": "one"}).status_code == 400
    assert client.post(where, {"o:f:": "present", "o:tender:left": "present"}).status_code == 400
    assert not Observation.objects.exists()


def test_other_answers_stay_as_they_were(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    answer(encounter, owner, "worst_when", "rest")
    other = make_encounter(owner)
    give(client_for(owner), encounter, "f:", "present")
    assert said(encounter) == {("f", ""): ("observed", "present"), ("worst_when", ""): ("observed", "rest")}
    assert said(other) == {}


def test_a_discarded_draft_takes_no_answer(owner: Membership, client_for: ClientFor) -> None:
    encounter = make_encounter(owner)
    discard_draft(encounter=encounter, member=owner, version=encounter.version)
    response = give(client_for(owner), encounter, "f:", "present")
    assert response["HX-Redirect"] == address("encounter-detail", encounter)
    assert not Observation.objects.exists()


def test_without_javascript_the_whole_form_is_saved(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    form = {
        "o:f:": "present",
        "v:f:": "0",
        "o:tender:left": "",
        "v:tender:left": "0",
        "o:worst_when:": "after",
        "v:worst_when:": "0",
    }
    response = client.post(address("encounter-save", encounter), form, follow=True)
    assert "Saved: 2 answers changed" in response.content.decode()
    assert said(encounter) == {("f", ""): ("observed", "present"), ("worst_when", ""): ("observed", "after")}


def test_without_javascript_a_conflict_is_offered_and_settled(
    owner: Membership, teammate: Membership, client_for: ClientFor
) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    answer(encounter, teammate, "f", "absent")
    form = {"o:f:": "present", "v:f:": "0", "o:worst_when:": "after", "v:worst_when:": "0"}
    page = client.post(address("encounter-save", encounter), form)
    assert page.status_code == 409
    assert said(encounter) == {("f", ""): ("observed", "absent")}
    (conflict,) = page.context["conflicts"]
    again = dict(page.context["kept"]) | {
        conflict.field: conflict.mine_value,
        conflict.version_field: conflict.version,
    }
    assert client.post(address("encounter-save", encounter), again).status_code == 302
    assert said(encounter) == {("f", ""): ("observed", "present"), ("worst_when", ""): ("observed", "after")}


def test_a_whole_form_with_a_fault_saves_nothing(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    page = client.post(address("encounter-save", encounter), {"o:f:": "present", "o:gone:": "present"})
    assert page.status_code == 422
    assert "gone" in page.content.decode()
    assert client.post(address("encounter-save", encounter), {"o:f": "present"}).status_code == 400
    assert not Observation.objects.exists()


def test_a_row_opens_in_the_panel_and_on_its_own_page(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    give(client, encounter, "tender:left", "present")
    fragment = client.get(address("hypothesis-detail", encounter, "b"), headers=HTMX).content.decode()
    page = client.get(address("hypothesis-detail", encounter, "b")).content.decode()
    assert 'id="differential"' in fragment
    assert "<html" not in fragment
    assert 'id="detail-b"' in fragment
    assert 'aria-expanded="true"' in fragment
    assert 'id="detail-b"' in page
    assert "<html" in page
    assert client.get(address("hypothesis-detail", encounter, "unheard-of")).status_code == 404


def test_an_opened_row_leads_to_all_its_evidence_as_the_visit_knows_it(
    owner: Membership, client_for: ClientFor
) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    make_release(name="Newer")
    page = client.get(address("hypothesis-detail", encounter, "b")).content.decode()
    whole = f"/knowledge/conditions/b/?release={encounter.release.sha256}"
    assert whole in page
    assert client.get(whole).context["release"] == encounter.release
    other = client.get(address("hypothesis-detail", encounter, "other")).content.decode()
    assert "/knowledge/conditions/other/" not in other


def test_an_opened_row_stays_open_with_the_next_answer(owner: Membership, client_for: ClientFor) -> None:
    response = give(client_for(owner), make_encounter(owner), "tender:left", "present", open="a")
    assert response.context["panel"].opened.condition == "a"


def test_the_reasons_shown_are_the_bars_of_the_ranking(owner: Membership, client_for: ClientFor) -> None:
    response = give(client_for(owner), make_encounter(owner), "tender:left", "present", open="b")
    detail = response.context["panel"].opened
    assert {line.name for line in detail.lines} | set(detail.silent) >= {
        "tender",
        "How common it is in your setting",
    }
    tender = next(line for line in detail.lines if line.name == "tender")
    assert (tender.direction, tender.sign, tender.side, tender.estimate) == ("for", "+", "left", True)
    assert tender.ratio.startswith("× ")


def test_something_else_is_always_listed(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    for response in (
        client.get(address("encounter-detail", encounter)),
        give(client, encounter, "f:", "present"),
    ):
        assert "other" in {row.condition for row in response.context["panel"].rows}


def test_an_engine_error_shows_no_part_of_a_list(
    owner: Membership, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RankingError([])

    rule = {
        "code": "look",
        "name": "Stop and look",
        "urgency": "same_day",
        "when": {"finding": "f", "level": "present"},
    }
    make_release()
    make_release(rules=[rule | {"action": "Image it.", "basis": "expert_estimate"}])
    encounter = make_encounter(owner)
    answer(encounter, owner, "f", "present")
    monkeypatch.setattr("triage.views.differential.rank_encounter", broken)
    page = client_for(owner).get(address("encounter-detail", encounter))
    text = page.content.decode()
    assert "Ranking unavailable" in text
    assert 'data-condition="' not in text
    assert page.context["panel"].red_flags[0].name == "Stop and look"


def test_search_knows_what_is_answered(owner: Membership, client_for: ClientFor) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    answer(encounter, owner, "tender", "present", "left")
    found = client.get(address("encounter-search", encounter), {"q": "tendr"}, headers=HTMX)
    (first, *_) = found.context["results"]
    assert (first.code, first.side, first.binary, first.recorded) == ("tender", "left", True, "left: yes")
    assert 'role="listbox"' in found.content.decode()
    assert "<html" not in found.content.decode()
    assert "<html" in client.get(address("encounter-search", encounter), {"q": "tender"}).content.decode()


def test_search_waits_for_the_second_letter(owner: Membership, client_for: ClientFor) -> None:
    found = client_for(owner).get(
        address("encounter-search", make_encounter(owner)), {"q": "t"}, headers=HTMX
    )
    assert found.context["results"] is None


def test_queries_of_the_workspace(
    owner: Membership, client_for: ClientFor, django_assert_num_queries: Callable
) -> None:
    encounter, client = make_encounter(owner), client_for(owner)
    give(client, encounter, "f:", "present")
    give(client, encounter, "tender:left", "present")
    client.get(address("encounter-detail", encounter))
    with django_assert_num_queries(WORKSPACE_QUERIES):
        client.get(address("encounter-detail", encounter))
    with django_assert_num_queries(ANSWER_QUERIES):
        give(client, encounter, "worst_when:", "rest")


WORKSPACE_QUERIES = 10
ANSWER_QUERIES = 9


@pytest.mark.parametrize(
    "words", ["Local anaesthetics", "allergic to lidocaine", "Xylocaine", "local anesthetic"]
)
def test_an_allergy_takes_the_block_out_of_the_proposals(
    owner: Membership, client_for: ClientFor, words: str
) -> None:
    make_release()
    block = finding(
        "block_tunnel", package="history", group="Pain", avoid_if=[{"allergy": "local_anaesthetic"}]
    )
    findings = [*make_document()["findings"], block]
    make_release(findings=findings, evidence=[study("a", "block_tunnel", 19, 20)])
    encounter, client = make_encounter(owner), client_for(owner)
    page = client.get(address("encounter-detail", encounter))
    assert [test.code for test in page.context["panel"].next_tests] == ["block_tunnel"]
    item = {"kind": "allergy", "text": words}
    client.post(reverse("triage:patient-item-new", args=[encounter.episode.patient_id]), item)
    page = client.get(address("encounter-detail", encounter))
    assert page.context["panel"].next_tests == ()
    assert "Would change this most" not in page.content.decode()


def test_another_allergy_leaves_the_proposals_alone(owner: Membership, client_for: ClientFor) -> None:
    make_release()
    block = finding(
        "block_tunnel", package="history", group="Pain", avoid_if=[{"allergy": "local_anaesthetic"}]
    )
    findings = [*make_document()["findings"], block]
    make_release(findings=findings, evidence=[study("a", "block_tunnel", 19, 20)])
    encounter, client = make_encounter(owner), client_for(owner)
    item = {"kind": "allergy", "text": "Penicillin"}
    client.post(reverse("triage:patient-item-new", args=[encounter.episode.patient_id]), item)
    page = client.get(address("encounter-detail", encounter))
    assert [test.code for test in page.context["panel"].next_tests] == ["block_tunnel"]
