"""What goes out on paper: it says what was frozen, takes no text for markup, and stays as it was sent."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinics.models import AuditEvent, Membership
from tests.triage.factories import make_encounter, make_episode, make_patient, make_signed
from triage import services
from triage.errors import LetterSent, NotSigned
from triage.letters import pdf
from triage.models import HomeExercise, Letter, LoadStep, Plan, SentLetter

ClientFor = Callable[[Membership], Client]
HOSTILE = [
    "#let x = 1 #x #sys.inputs",
    "$x^2$ \\ * _ ` @ref <label>",
    "<script>alert(1)</script>",
    "[content] { code } /* comment */ // end",
    "W" * 300,
    "Иван Łukasz Müller–Öst",
    "~ 'quotes' \"double\" = Heading\n- list\n+ enum",
]
ODD = [
    "محمد عبد الله",
    "דוד כהן",
    "🏃 Runner 👩‍⚕️",
    "王小明",
    "a\u202egnp.exe",
    "null\x00bell\x07",
    "\ud83c half",
]
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
GIVEN = {"recipient": "Dr Vein", "asked": "Is it a nerve?", "opening": "Dear colleague", "closing": "Thanks"}


def text_of(made: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


def squeezed(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "").replace("\u00ad", "")


def plan_of(member: Membership, **values: Any) -> Plan:
    episode = make_signed(member, episode=make_episode(member, **values)).episode
    return services.start_plan(episode=episode, member=member, condition_code="a", goal="Run in May")


def write(plan: Plan, member: Membership, **values: Any) -> Letter:
    visit = plan.episode.encounters.get()
    return services.write_letter(episode=plan.episode, encounter=visit, member=member, **(GIVEN | values))


def paper(said: str) -> dict[str, Any]:
    line = {"what": said, "words": said, "more": [said]}
    return {
        "title": said, "clinic": said, "footer": said, "facts": [[said, said]], "goal": said,
        "sections": [{"title": said, "lines": [line]}], "load": [[said, said, said]], "load_note": said,
        "stop_title": said, "stop": said,
    }  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE)
def test_what_somebody_wrote_is_text_and_never_markup(said: str) -> None:
    assert squeezed(text_of(pdf.plan_pdf(paper(said), at=NOON))).count(squeezed(said)) >= 8


@pytest.mark.parametrize("said", ODD)
def test_signs_without_a_letter_shape_break_nothing(said: str) -> None:
    made = pdf.plan_pdf(paper(f"{said} stays"), at=NOON)
    assert "stays" in text_of(made)


def test_right_to_left_words_are_there() -> None:
    assert "דוד" in text_of(pdf.plan_pdf(paper("דוד כהן"), at=NOON))


def test_the_same_data_give_the_same_bytes_tagged_for_screen_readers() -> None:
    made = pdf.plan_pdf(paper("Rosa"), at=NOON)
    assert made == pdf.plan_pdf(paper("Rosa"), at=NOON)
    root = PdfReader(io.BytesIO(made)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"


@pytest.mark.parametrize("name", HOSTILE[:4])
def test_a_patient_of_any_name_gets_plan_and_letter(
    owner: Membership, fresh_client_for: ClientFor, name: str
) -> None:
    patient = make_patient(owner, given_name=name, family_name="Runner")
    plan = plan_of(owner, patient=patient, title=name)
    client = fresh_client_for(owner)
    letter = write(plan, owner, opening=name)
    for route, row in (("plan-pdf", plan.episode), ("letter-pdf", letter)):
        answer = client.get(reverse(f"triage:{route}", args=[row.pk]))
        assert answer.status_code == 200, route
        assert squeezed(name) in squeezed(text_of(answer.content)), route


def test_the_plan_on_paper(owner: Membership, fresh_client_for: ClientFor) -> None:
    plan = plan_of(owner)
    services.add_part(
        HomeExercise, plan=plan, member=owner, name="Heel raise", sets=3, repetitions=12, pain_rule="up to 3"
    )
    services.add_part(LoadStep, plan=plan, member=owner, week=1, running_km=12)
    answer = fresh_client_for(owner).get(reverse("triage:plan-pdf", args=[plan.episode_id]))
    said = text_of(answer.content)
    for words in ("Run in May", "Heel raise", "3 sets of 12", "up to 3", "12 km", "When to stop"):
        assert words in said, words
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert AuditEvent.objects.filter(action="plan.exported", user=owner.user).count() == 1


def test_an_export_asks_for_proof_again(owner: Membership, client_for: ClientFor) -> None:
    plan = plan_of(owner)
    for route, row in (("plan-pdf", plan.episode), ("letter-pdf", write(plan, owner))):
        answer = client_for(owner).get(reverse(f"triage:{route}", args=[row.pk]))
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert not AuditEvent.objects.filter(action__endswith=".exported").exists()


def test_the_letter_says_what_was_frozen(owner: Membership, fresh_client_for: ClientFor) -> None:
    plan = plan_of(owner)
    services.add_item(patient=plan.episode.patient, member=owner, kind="medicine", text="Apixaban")
    about = {"to_whom": "Dr Vein", "reason": "Numb sole", "urgency": "days"}
    day = timezone.localdate()
    referral = services.add_referral(plan=plan, member=owner, due_on=day, referred_on=day, **about)
    letter = write(plan, owner, referral=referral)
    client = fresh_client_for(owner)
    page = client.get(reverse("triage:letter-detail", args=[letter.pk])).content.decode()
    paper = text_of(client.get(reverse("triage:letter-pdf", args=[letter.pk])).content)
    for said in (page, paper):
        for words in (
            "Dear colleague",
            "Is it a nerve?",
            "Numb sole",
            "within days",
            "tender",
            "Apixaban",
            "band",
        ):
            assert words in said, words
        assert "Allergies" in said
        assert "none recorded" in said
    assert "Draft" in paper


def test_written_from_the_page_with_the_words_of_the_referral(
    owner: Membership, client_for: ClientFor
) -> None:
    plan = plan_of(owner)
    day = timezone.localdate()
    referral = services.add_referral(
        plan=plan, member=owner, due_on=day, referred_on=day, to_whom="Dr Vein", reason="Numb sole"
    )
    client, address = client_for(owner), reverse("triage:letter-new", args=[plan.episode_id])
    assert "Numb sole" in client.get(f"{address}?referral={referral.pk}").content.decode()
    assert client.post(address, GIVEN | {"referral_id": str(referral.pk)}).status_code == 302
    assert Letter.objects.get().referral == referral
    assert client.post(address, GIVEN | {"asked": ""}).status_code == 422
    assert client.post(address, GIVEN | {"referral_id": "nonsense"}).status_code == 422
    assert Letter.objects.count() == 1


def test_without_a_signed_visit_there_is_nothing_to_tell(owner: Membership, client_for: ClientFor) -> None:
    draft = make_encounter(owner)
    address = reverse("triage:letter-new", args=[draft.episode_id])
    page = client_for(owner).get(address, follow=True).content.decode()
    assert "sign one first" in page
    with pytest.raises(NotSigned):
        services.write_letter(episode=draft.episode, encounter=draft, member=owner, **GIVEN)


def test_a_sent_letter_is_frozen(owner: Membership, fresh_client_for: ClientFor) -> None:
    plan = plan_of(owner)
    letter = write(plan, owner)
    client, send = fresh_client_for(owner), reverse("triage:letter-send", args=[letter.pk])
    client.post(send, {"version": "7"})
    assert not SentLetter.objects.exists()
    client.post(send, {"version": "1"})
    client.post(send, {"version": "1"})
    copy = SentLetter.objects.get()
    assert hashlib.sha256(bytes(copy.pdf)).hexdigest() == copy.sha256
    assert "Draft" not in text_of(bytes(copy.pdf))
    services.update_plan(plan=plan, member=owner, version=1, goal="Another goal")
    assert client.get(reverse("triage:letter-pdf", args=[letter.pk])).content == bytes(copy.pdf)
    with pytest.raises(LetterSent):
        services.change_letter(letter=letter, member=owner, version=2, asked="Else?")
    client.post(reverse("triage:letter-edit", args=[letter.pk]), GIVEN | {"version": "2", "asked": "Else?"})
    assert Letter.objects.get().asked == "Is it a nerve?"
    for statement in (
        "UPDATE triage_letter SET asked = 'x'",
        "DELETE FROM triage_letter",
        "UPDATE triage_sentletter SET sha256 = 'x'",
        "DELETE FROM triage_sentletter",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    listed = client.get(reverse("triage:plan-detail", args=[plan.episode_id])).content.decode()
    assert "Dr Vein" in listed
    assert AuditEvent.objects.filter(action="letter.sent").count() == 1


def test_two_people_change_one_letter(owner: Membership, teammate: Membership, client_for: ClientFor) -> None:
    letter = write(plan_of(owner), owner)
    services.change_letter(letter=letter, member=owner, version=1, asked="Mine?")
    address = reverse("triage:letter-edit", args=[letter.pk])
    answer = client_for(teammate).post(address, GIVEN | {"version": "1", "asked": "Theirs?"})
    assert answer.status_code == 409
    assert Letter.objects.get().asked == "Mine?"


def test_a_stranger_finds_nothing(
    owner: Membership, stranger: Membership, fresh_client_for: ClientFor
) -> None:
    plan = plan_of(owner)
    letter = write(plan, owner)
    client = fresh_client_for(stranger)
    for name, row in (("plan-pdf", plan.episode), ("letter-new", plan.episode), ("letter-detail", letter),
                      ("letter-edit", letter), ("letter-pdf", letter)):  # fmt: skip
        assert client.get(reverse(f"triage:{name}", args=[row.pk])).status_code == 404, name
    assert client.post(reverse("triage:letter-send", args=[letter.pk]), {"version": "1"}).status_code == 404
    assert not SentLetter.objects.exists()
    assert client.get(reverse("triage:letter-send", args=[letter.pk])).status_code == 405
