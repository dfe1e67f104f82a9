"""The editor of the working copy: what an editor does on its pages."""

from __future__ import annotations

from typing import Any

import pghistory.models
import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, User
from knowledge.editing.parts import ENTITIES
from knowledge.models import Condition, Evidence, Finding, KeptForm, Source
from knowledge.publishing import publish
from knowledge.reviewing import submit
from tests.knowledge.editor_desk import ENTITY, HTMX, NEW_ROW, filled, row_address


def test_a_sensitivity_is_changed_and_on_record(desk: Client, counted: Evidence, editor: User) -> None:
    address = row_address(counted)
    answer = desk.post(address, filled(desk, address, positives="26", n="44"))
    assert answer.status_code == 302, answer.context["form"].errors
    counted.refresh_from_db()
    assert (counted.positives, counted.n) == (26, 44)
    event = pghistory.models.Events.objects.tracks(counted).get(pgh_label="update")
    assert event.pgh_context["user"] == str(editor.pk)
    told = AuditEvent.objects.get(action="knowledge.changed")
    assert (told.clinic_id, told.user_id) == (None, editor.pk)
    assert told.detail == {"entity": "conditions/fasciitis", "part": "evidence", "fields": ["n", "positives"]}
    assert desk.get(answer.url.partition("#")[0]).context["change"]


def test_what_is_sent_unchanged_changes_nothing(desk: Client, counted: Evidence) -> None:
    for address in (row_address(counted), ENTITY):
        answer = desk.post(address, filled(desk, address))
        assert answer.status_code == 302, answer.context["form"].errors
    assert not AuditEvent.objects.filter(action__startswith="knowledge.").exists()


def test_a_line_is_added_by_name_and_taken_back(desk: Client, draft: None) -> None:
    data = {"finding": "sore heel bone", "level": "yes", "positives": "7", "n": "9", "source": "rose2003"}
    answer = desk.post(NEW_ROW, data | {"locator": "page 3", "weight": "0.7", "basis": "study"})
    assert answer.status_code == 422, "a synonym is offered, not guessed"
    assert "Tender heel" in answer.content.decode()
    answer = desk.post(NEW_ROW, data | {"finding": "tender heel", "locator": "page 3", "weight": "0.7"})
    assert answer.status_code == 302, answer.context["form"].errors
    row = Evidence.objects.get(condition="fasciitis", positives=7)
    assert (row.finding_id, row.level, row.n, row.basis) == ("tender_heel", "present", 9, "study")
    change = desk.get(answer.url.partition("#")[0]).context["change"]
    back = desk.post(reverse("knowledge:change-undo", args=[change]))
    assert back.status_code == 302
    assert not Evidence.objects.filter(pk=row.pk).exists()
    again = desk.get(back.url).context["change"]
    assert desk.post(reverse("knowledge:change-undo", args=[again])).status_code == 302
    assert Evidence.objects.get(pk=row.pk).positives == 7, "taking back can be taken back"


def test_the_same_form_sent_twice_adds_one_line(desk: Client, draft: None) -> None:
    data = {"finding": "tender_heel", "class": "rare", "basis": "expert_estimate", "weight": "1"}
    for _ in range(2):
        assert desk.post(NEW_ROW, data).status_code == 302
    assert Evidence.objects.filter(condition="fasciitis", frequency_class="rare").count() == 1


def test_a_line_of_several_answers_is_written_by_their_names(desk: Client, draft: None) -> None:
    row = Evidence.objects.get(condition="fasciitis", finding="worst_when")
    form = desk.get(row_address(row)).context["form"]
    assert form["counts"].value() == "evening: 1\nmorning: 8\nnight: 1"
    answer = desk.post(row_address(row), filled(desk, row_address(row), counts="morning: 9\nnight: 1"))
    assert answer.status_code == 302, answer.context["form"].errors
    assert {count.level: count.value for count in row.counts.all()} == {"morning": 9, "night": 1}


def test_a_line_is_taken_out_and_put_back(desk: Client, counted: Evidence) -> None:
    page = desk.get(ENTITY)
    token = next(
        row.token
        for part, rows in page.context["tables"]
        for row in rows
        if row.pk == counted.pk and part.slug == "evidence"
    )
    remove = reverse("knowledge:part-remove", args=["conditions", "fasciitis", "evidence", counted.pk])
    answer = desk.post(remove, {"token": token}, headers=HTMX)
    assert answer.status_code == 200
    assert not Evidence.objects.filter(pk=counted.pk).exists()
    assert desk.post(reverse("knowledge:change-undo", args=[answer.context["change"]])).status_code == 302
    assert Evidence.objects.get(pk=counted.pk).positives == 18


def test_everything_of_a_condition_is_edited(desk: Client, draft: None) -> None:
    data = filled(
        desk, ENTITY, name="Fasciitis of the sole", synonyms="heel spur\npoliceman's heel",
        sites="Heel\nfoot",
        recovery__text="Slow.", recovery__weeks="6–12", recovery__basis="expert_estimate",
        pain_from="Fascia: 0.8", icd10cm__1__code="M77.3-", icd10cm__1__title="Calcaneal spur",
        excluded_by__0__finding="Tender heel", excluded_by__0__level="no",
        excluded_by__0__basis="expert_estimate",
        prevention="Change worn shoes.",
    )  # fmt: skip
    answer = desk.post(ENTITY, data)
    assert answer.status_code == 302, answer.context["form"].errors
    row = Condition.objects.get(pk="fasciitis")
    assert (row.name, row.synonyms) == ("Fasciitis of the sole", ["heel spur", "policeman's heel"])
    assert (row.recovery_weeks, row.prevention) == ([6, 12], "Change worn shoes.")
    assert set(row.sites.values_list("pk", flat=True)) == {"heel", "foot"}
    assert [entry.code for entry in row.icd10cm.order_by("position")] == ["M72.2", "M77.3-"]
    assert row.excluded_by.get().level == "absent"
    assert row.evidence.count() == 3, "the tables are no part of this form"
    change = desk.get(answer.url).context["change"]
    back = desk.post(reverse("knowledge:change-undo", args=[change]))
    assert back.status_code == 302, back.context["reason"]
    row.refresh_from_db()
    assert (row.name, row.recovery_text, row.icd10cm.count()) == ("Fasciitis", "", 1)
    assert set(row.sites.values_list("pk", flat=True)) == {"heel"}


def test_a_new_condition_begins_unfinished_and_says_so(desk: Client, draft: None) -> None:
    new = reverse("knowledge:entity-new", args=["conditions"])
    answer = desk.post(new, {"code": "bruise", "name": "Bruise"})
    assert answer.status_code == 302, answer.context["form"].errors
    check = desk.get(reverse("knowledge:entity-check", args=["conditions", "bruise"]), headers=HTMX)
    assert {trouble.problem for trouble in check.context["troubles"]} == {
        "condition bruise has no definition",
        "condition bruise has no nature",
        "condition bruise has no prior",
    }
    assert desk.post(new, {"code": "bruise", "name": "Another"}).status_code == 422
    assert Condition.objects.get(pk="bruise").name == "Bruise"


def test_levels_are_added_and_renamed_but_keep_their_codes(desk: Client, draft: None) -> None:
    address = reverse("knowledge:entity-edit", args=["findings", "worst_when"])
    data = filled(
        desk, address, levels__0__name="On waking", levels__0__code="waking",
        levels__3__code="always", levels__3__name="All day",
    )  # fmt: skip
    assert desk.post(address, data).status_code == 302
    levels = Finding.objects.get(pk="worst_when").levels.order_by("position")
    assert (levels[0].code, levels[0].name) == ("morning", "On waking")
    assert [level.code for level in levels] == ["morning", "evening", "night", "always"]


def test_a_level_that_evidence_names_cannot_go(desk: Client, draft: None) -> None:
    address = reverse("knowledge:entity-edit", args=["findings", "tender_heel"])
    data = filled(desk, address, replaced_by="first_steps")
    answer = desk.post(address, data)
    assert answer.status_code == 422
    assert "retired" in answer.content.decode()
    assert Finding.objects.get(pk="tender_heel").replaced_by is None


def test_a_circle_of_parents_is_refused(desk: Client, draft: None) -> None:
    for child, parent in (("first_steps", "tender_heel"), ("tender_heel", "first_steps")):
        address = reverse("knowledge:entity-edit", args=["findings", child])
        answer = desk.post(address, filled(desk, address, parents=parent))
    assert answer.status_code == 422
    assert "its own ancestor" in answer.content.decode()


def test_a_red_flag_is_written_in_its_language(desk: Client, draft: None) -> None:
    address = reverse("knowledge:entity-edit", args=["rules", "image_now"])
    said = filled(desk, address, when="any:\n- {finding: tender_heel, level: present}\n- {age_at_least: 65}")
    assert desk.post(address, said).status_code == 302
    for wrong in ("any: [", "any: []", "{finding: nowhere, level: present}", "&a [*a]", "- " * 400):
        answer = desk.post(address, filled(desk, address, when=wrong))
        assert answer.status_code == 422, wrong


@pytest.mark.parametrize(
    "given", ["https://doi.org/10.1000/heel.7", "doi: 10.1000/heel.7", "10.1000/HEEL.7."]
)
def test_a_source_is_added_by_its_doi_once(desk: Client, draft: None, given: str) -> None:
    new = reverse("knowledge:entity-new", args=["sources"])
    data = {"code": "may2020", "citation": "May C. Heels again. 2020", "status": "verified", "doi": given}
    assert desk.post(new, data).status_code == 302
    assert Source.objects.get(pk="may2020").doi.lower() == "10.1000/heel.7"
    twice = desk.post(new, data | {"code": "may2020b", "doi": "10.1000/heel.7"})
    assert twice.status_code == 422
    assert "may2020 already has it" in twice.content.decode()
    assert desk.post(new, data | {"code": "june", "doi": "heel.7"}).status_code == 422


def test_kept_while_typing_offered_again_and_forgotten_when_saved(desk: Client, counted: Evidence) -> None:
    address = row_address(counted)
    data = filled(desk, address, note="half a sen")
    assert desk.post(address, data | {"unsent": "keep"}).json()["kept"]
    assert desk.get(address).context["form"]["note"].value() == "half a sen"
    counted.refresh_from_db()
    assert counted.note == ""
    assert desk.post(address, data).status_code == 302
    assert not KeptForm.objects.exists()
    assert desk.post(address, data | {"note": "x" * 100_001, "unsent": "keep"}).status_code == 422


def test_changes_since_the_release_and_last_changes_are_told(desk: Client, counted: Evidence) -> None:
    publish(notes="first")
    desk.post(row_address(counted), filled(desk, row_address(counted), positives="26", n="44"))
    page = desk.get(reverse("knowledge:edit-index"), {"since": "1"})
    assert page.context["since"].count == 1
    text = page.content.decode()
    for words in ("1 change since release 1", "26 of 44", "Edda Editor"):
        assert words in text
    assert desk.get(reverse("knowledge:entity-changes", args=["conditions", "fasciitis"])).context["changes"]


def test_names_are_offered_with_slips_forgiven(desk: Client, draft: None) -> None:
    choose = reverse("knowledge:edit-choose")
    page = desk.get(
        choose, {"of": "findings", "finding": "tendr heel"}, headers=HTMX | {"HX-Trigger-Name": "finding"}
    )
    assert "Tender heel" in page.content.decode()
    assert desk.get(choose, {"of": "nonsense", "q": "heel"}).content.decode().strip() == ""


def test_pages_ask_the_database_no_more_for_more_rows(
    desk: Client, draft: None, django_assert_max_num_queries: Any
) -> None:
    rows = [
        Evidence(condition_id="fasciitis", finding_id="tender_heel", level="present", frequency_class="rare",
                 basis="expert_estimate", note=f"line {number}")
        for number in range(90)
    ]  # fmt: skip
    Evidence.objects.bulk_create(rows)
    with django_assert_max_num_queries(32):
        page = desk.get(ENTITY)
    assert page.content.decode().count('id="evidence-') > 90


def test_a_red_flag_is_said_in_words_while_it_is_typed(desk: Client, draft: None) -> None:
    address = reverse("knowledge:entity-edit", args=["rules", "image_now"])
    preview = reverse("knowledge:part-preview", args=["rules", "image_now", "rules"])
    parts = ("{finding: tender_heel, level: present}", "{risk_factor: heavy}", "{age_at_least: 65}")
    when = "at_least: 2\nof:\n" + "".join(f"- {part}\n" for part in parts)
    page = desk.post(preview, filled(desk, address, when=when))
    assert page.context["sentence"] == "at least 2 of: “Tender heel” is yes; “Heavy”; age 65 or more"
    other = desk.post(preview, filled(desk, address, when="not: {any: [{sex: male}, {age_below: 9}]}"))
    assert other.context["sentence"] == "not (male or age below 9), and recorded so"


@pytest.mark.parametrize("kind", list(ENTITIES))
def test_every_kind_is_listed_opened_and_sent_back_unchanged(desk: Client, draft: None, kind: str) -> None:
    assert desk.get(reverse("knowledge:entity-list", args=[kind])).status_code == 200
    assert desk.get(reverse("knowledge:entity-new", args=[kind])).status_code == 200
    for code in ENTITIES[kind].main.shape.model._default_manager.values_list("pk", flat=True):
        address = reverse("knowledge:entity-edit", args=[kind, code])
        page = desk.get(address)
        assert desk.post(address, filled(desk, address)).status_code == 302, code
        for part, rows in page.context["tables"]:
            for row in rows:
                own = reverse("knowledge:part-edit", args=[kind, code, part.slug, row.pk])
                answer = desk.post(own, filled(desk, own))
                assert answer.status_code == 302, answer.context["form"].errors
    assert not AuditEvent.objects.filter(action__startswith="knowledge.").exists()


def test_who_changed_a_line_on_its_page_took_part_in_the_review(
    desk: Client, counted: Evidence, editor: User, reviewer: User
) -> None:
    publish(notes="first")
    desk.post(row_address(counted), filled(desk, row_address(counted), positives="26", n="44"))
    review = submit(by=reviewer, note="A larger study of it.")
    assert {editor.pk, reviewer.pk} == set(review.contributors)
