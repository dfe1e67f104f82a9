"""From the letter to the first page, once, for one address, within seven days."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from clinics.members import invitations
from clinics.models import AuditEvent, Invitation, Membership, User
from tests.factories import PASSWORD, make_user
from tests.factories import Browser as Client

ACCEPT = "members:invitation-accept"
ACCOUNT = {"name": "Nia New", "password1": "a-quiet-hill-at-dawn", "password2": "a-quiet-hill-at-dawn"}


@pytest.fixture
def invite(owner, fresh_client_for):
    client = fresh_client_for(owner)

    def send(email="nia@example.org", role="clinician"):
        return client.post(reverse("members:member-invite"), {"email": email, "role": role})

    send.client = client
    return send


def letter_address(number=-1):
    return re.search(r"http://testserver(\S+)", mail.outbox[number].body)[1]


def open_letter(client=None, number=-1):
    client = client or Client()
    client.get(letter_address(number))
    return client


def test_invited_person_makes_an_account_and_works_in_the_clinic(invite, clinic):
    invite(email="Nia@Example.org", role="lead")
    assert mail.outbox[-1].to == ["nia@example.org"]
    client = open_letter()
    assert client.get(reverse(ACCEPT)).status_code == 200
    answer = client.post(reverse(ACCEPT), ACCOUNT, follow=True)
    assert answer.wsgi_request.membership.clinic == clinic
    person = User.objects.get(email="nia@example.org")
    assert person.memberships.get().role == "lead"
    assert person.emailaddress_set.filter(verified=True).exists()
    actions = AuditEvent.objects.filter(clinic=clinic).values_list("action", flat=True)
    assert {"invitation.send", "invitation.accept"} <= set(actions)


def test_address_of_the_letter_does_not_stay_in_the_browser(invite):
    invite()
    answer = Client().get(letter_address())
    assert answer.url == reverse(ACCEPT)


def test_token_is_not_kept(invite):
    invite()
    token = letter_address().rstrip("/").split("/")[-1]
    assert token not in str(Invitation.objects.values())


def test_letter_opens_once(invite):
    invite()
    open_letter().post(reverse(ACCEPT), ACCOUNT)
    second = open_letter()
    for answer in (second.get(reverse(ACCEPT)), second.post(reverse(ACCEPT), ACCOUNT)):
        assert answer.status_code == 410
        assert "not open" in answer.content.decode()


def test_too_old_withdrawn_and_never_written_look_the_same(invite):
    invite()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    pages = [open_letter().get(reverse(ACCEPT))]
    invite(email="second@example.org")
    withdrawn = Invitation.objects.get(email="second@example.org")
    invite.client.post(reverse("members:invitation-revoke", args=[withdrawn.pk]))
    pages.append(open_letter().get(reverse(ACCEPT)))
    invented = Client()
    invented.get(reverse("members:invitation-open", args=["an-invented-token"]))
    pages.append(invented.get(reverse(ACCEPT)))
    pages.append(Client().get(reverse(ACCEPT)))
    assert {page.status_code for page in pages} == {410}
    assert len({re.sub(r'value="[^"]+"', "", page.content.decode()) for page in pages}) == 1


def test_sent_again_the_first_letter_is_void(invite):
    invite()
    first = Invitation.objects.get()
    invite.client.post(reverse("members:invitation-resend", args=[first.pk]))
    assert open_letter(number=0).get(reverse(ACCEPT)).status_code == 410
    assert open_letter(number=1).get(reverse(ACCEPT)).status_code == 200
    assert Invitation.objects.unanswered().count() == 1


def test_who_has_an_account_signs_in_and_joins(invite, clinic):
    person = make_user(email="known@example.org")
    invite(email="known@example.org")
    client = open_letter()
    page = client.get(reverse(ACCEPT)).content.decode()
    assert "Sign in and join" in page
    assert 'type="password"' not in page
    assert client.post(reverse(ACCEPT), ACCOUNT).status_code == 200
    assert not person.memberships.exists()
    answer = client.post(
        f"{reverse('account_login')}?next={reverse(ACCEPT)}", {"login": person.email, "password": PASSWORD}
    )
    assert answer.url == reverse(ACCEPT)
    client.post(reverse(ACCEPT))
    assert person.memberships.get().clinic == clinic


def test_somebody_else_cannot_use_the_letter(invite, stranger, client_for, clinic):
    invite()
    client = open_letter(client_for(stranger))
    answer = client.post(reverse(ACCEPT), ACCOUNT)
    assert answer.status_code == 403
    assert not Membership.objects.filter(clinic=clinic, user=stranger.user).exists()


def test_inviting_tells_nobody_whether_an_account_exists(invite, stranger):
    answers = []
    for email in (stranger.user.email, "nobody@example.org"):
        page = invite.client.get(invite(email=email).url).content.decode()
        answers.append("An invitation is on its way to" in page and email in page)
    assert answers == [True, True]
    assert len(mail.outbox) == 2


def test_a_member_is_not_invited_again(invite, teammate):
    answer = invite(email=teammate.user.email)
    assert answer.status_code == 422
    assert "list of members already" in answer.content.decode()
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password2": "something-else-entirely"}, "match"),
        ({"password1": "short", "password2": "short"}, "at least 12"),
        ({"password1": "password1234", "password2": "password1234"}, "too common"),
        ({"name": ""}, "required"),
    ],
)
def test_wrong_input_makes_no_account(invite, change, words):
    invite()
    answer = open_letter().post(reverse(ACCEPT), ACCOUNT | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not User.objects.filter(email="nia@example.org").exists()
    assert Invitation.objects.open().count() == 1


def test_long_password_is_kept_whole(invite):
    invite()
    password = "a word and another, " * 8
    open_letter().post(reverse(ACCEPT), ACCOUNT | {"password1": password, "password2": password})
    person = User.objects.get(email="nia@example.org")
    assert person.check_password(password.strip()) or person.check_password(password)
    assert not person.check_password(password[:64])


def test_trying_tokens_is_limited(db):
    client = Client()
    answers = [client.post(reverse(ACCEPT), ACCOUNT).status_code for _ in range(21)]
    assert answers == [410] * 20 + [429]


@pytest.mark.django_db(transaction=True)
def test_accepted_twice_at_once_makes_one_account(owner):
    _, token = invitations.invite(email="nia@example.org", role="clinician", by=owner)
    start, outcomes = threading.Barrier(2), []

    def accept():
        start.wait()
        try:
            user = invitations.accept_as_new_user(
                digest=invitations.fingerprint(token), name="Nia", password="a-quiet-hill-at-dawn"
            )
            outcomes.append(user.email)
        except invitations.NotOpen:
            outcomes.append("not open")
        finally:
            connections["default"].close()

    hands = [threading.Thread(target=accept) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(outcomes) == ["nia@example.org", "not open"]
    assert Membership.objects.filter(user__email="nia@example.org").count() == 1
