"""The lock after fifteen minutes, the end after twelve hours, and leaving nothing behind."""

from pathlib import Path

import pytest
from django.urls import reverse

from clinics.models import AuditEvent
from clinics.sessions import clock
from tests.factories import PASSWORD, start_clock
from tests.factories import Browser as Client

MINUTE = 60
LOCKED = "sessions:session-locked"
NEW_PATIENT = "triage:patient-new"


def unlock(client, password=PASSWORD):
    return client.post(reverse(LOCKED), {"password": password})


def test_fourteen_minutes_do_not_lock_sixteen_do(owner, client_for):
    client = client_for(owner)
    start_clock(client, seen=14 * MINUTE)
    assert client.get("/").status_code == 200
    start_clock(client, seen=16 * MINUTE)
    assert client.get("/").url == reverse(LOCKED)


def test_lock_stays_until_the_same_person_proves_it(owner, client_for):
    client = client_for(owner)
    place = reverse("triage:patient-list") + "?q=x"
    start_clock(client, seen=16 * MINUTE)
    client.get(place)
    page = client.get(reverse(LOCKED))
    assert "data-locked" in page.content.decode()
    assert unlock(client, "a-wrong-password").status_code == 422
    assert client.get(place).url == reverse(LOCKED)
    assert unlock(client).url == place
    assert client.get(place).status_code == 200
    assert AuditEvent.objects.filter(action="session.unlock", user=owner.user).exists()


def test_fragment_of_a_locked_page_sends_the_whole_page_to_the_lock(owner, client_for):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/patients/"}
    answer = client.get("/", headers=headers)
    assert (answer.headers["HX-Redirect"], answer.content) == (reverse(LOCKED), b"")
    assert unlock(client).url == "/patients/"


@pytest.mark.parametrize("name", ["mfa_index", "account_change_password", "usersessions_list", "admin:index"])
def test_account_pages_are_locked_too(owner, client_for, name):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    assert client.get(reverse(name)).url == reverse(LOCKED)


def test_form_sent_while_locked_is_kept_and_sent_on(owner, client_for):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    client.post(reverse(NEW_PATIENT), {"given_name": "Maren\nline", "family_name": '"Ok"</textarea>afor'})
    assert unlock(client).url == reverse("sessions:session-held")
    page = client.get(reverse("sessions:session-held"))
    assert page.context["address"] == reverse(NEW_PATIENT)
    assert dict(page.context["fields"])["given_name"] == "Maren\nline"
    assert "&lt;/textarea&gt;afor" in page.content.decode()
    assert client.get(reverse("sessions:session-held")).status_code == 302  # shown once


@pytest.mark.parametrize("name", ["account_change_password", "account_reauthenticate"])
def test_passwords_are_never_kept(owner, client_for, name):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    client.post(reverse(name), {"password": PASSWORD, "oldpassword": PASSWORD})
    assert PASSWORD not in str(dict(client.session))


def test_a_page_that_asks_by_itself_is_no_activity(owner, client_for):
    client = client_for(owner)
    start_clock(client, seen=14 * MINUTE)
    before = client.session[clock.CLOCK]
    answer = client.get(reverse("sessions:session-state"))
    assert 0 < answer.json()["seconds"] <= MINUTE
    assert client.session[clock.CLOCK] == before
    client.post(reverse("sessions:session-alive"))
    assert client.session[clock.CLOCK]["seen"] > before["seen"]


def test_activity_is_written_once_a_minute_at_most(owner, client_for):
    client = client_for(owner)
    before = client.session[clock.CLOCK]
    client.get(reverse("clinics:clinic-choice"))
    assert client.session[clock.CLOCK] == before
    start_clock(client, seen=2 * MINUTE)
    before = client.session[clock.CLOCK]
    client.get(reverse("clinics:clinic-choice"))
    assert client.session[clock.CLOCK]["seen"] > before["seen"]


def test_person_can_lock_at_once(owner, client_for):
    client = client_for(owner)
    client.post(reverse("sessions:session-lock"), {"next": "/patients/"})
    assert client.get("/").url == reverse(LOCKED)
    assert client.get(reverse("sessions:session-resume")).url == reverse(LOCKED)
    assert unlock(client).url == "/"


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example/", "/accounts/logout/"])
def test_unlocking_leads_nowhere_else(owner, client_for, place):
    client = client_for(owner)
    client.post(reverse("sessions:session-lock"), {"next": place})
    assert unlock(client).url == "/"


def test_another_person_starts_afresh(owner, teammate, client_for):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    client.post(reverse(NEW_PATIENT), {"given_name": "Maren"})
    client.post(reverse("account_logout"))
    client.post(reverse("account_login"), {"login": teammate.user.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(teammate.user_id)
    assert client.get("/").status_code == 200
    assert "held_form" not in client.session


def test_guessing_at_the_lock_is_limited(owner, client_for):
    client = client_for(owner)
    start_clock(client, seen=16 * MINUTE)
    answers = [unlock(client, "a-wrong-password").status_code for _ in range(11)]
    assert answers[-1] == 429
    assert 200 not in answers


def test_twelve_hours_end_a_session_however_busy(owner, client_for):
    client = client_for(owner)
    start_clock(client, began=12 * 60 * MINUTE + 1)
    answer = client.get("/patients/")
    assert answer.url == f"{reverse('account_login')}?next=/patients/"
    assert "_auth_user_id" not in client.session


def test_sign_out_clears_what_the_browser_kept(owner, client_for):
    client = client_for(owner)
    assert "Clear-Site-Data" not in client.get("/").headers
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(answer.url).status_code == 200


def sign_in(member):
    client = Client()
    client.post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    return client


def test_each_session_is_listed_and_can_be_ended(owner):
    here, there = sign_in(owner), sign_in(owner)
    page = here.get(reverse("usersessions_list"))
    sessions = page.context["sessions"]
    assert len(sessions) == 2
    other = next(session for session in sessions if session.session_key == there.session.session_key)
    here.post(reverse("sessions:session-end", args=[other.pk]))
    assert there.get("/").url.startswith(reverse("account_login"))
    assert here.get("/").status_code == 200
    assert AuditEvent.objects.filter(action="session.end-others", user=owner.user).exists()


def test_sessions_of_others_are_not_mine_to_end(owner, teammate):
    theirs, mine = sign_in(teammate), sign_in(owner)
    session = theirs.get(reverse("usersessions_list")).context["sessions"][0]
    assert mine.post(reverse("sessions:session-end", args=[session.pk])).status_code == 404
    assert theirs.get("/").status_code == 200


def test_new_password_ends_all_other_sessions(owner):
    here, there = sign_in(owner), sign_in(owner)
    new = "another-long-walk-at-dusk"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").url.startswith(reverse("account_login"))
    assert AuditEvent.objects.filter(action="account.password-change").exists()


def test_page_and_server_wait_equally_long():
    page = Path("templates/base.html").read_text()
    assert f'data-seconds="{clock.LOCKS_AFTER}"' in page
