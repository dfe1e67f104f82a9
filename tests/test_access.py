"""Every route of the whole site × anonymous, stranger and teammate. A route that no list names fails the run.

What a stranger may see of a patient's record is asked route by route in tests/triage/test_views_access.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from tests.factories import Browser as Client

pytestmark = pytest.mark.django_db

NOWHERE = UUID(int=7)
VALUES = {
    "app_label": "clinics",
    "code": "sciatica",
    "condition": "sciatica",
    "finding": "block_sural",
    "content_type_id": 1,
    "key": "abc",
    "measure": "nprs",
    "object_id": NOWHERE,
    "pk": 1,
    "session_id": 1,
    "table": "calibration",
    "uidb36": "abc",
    "token": "abc",
    "url": "nowhere",
}

# Routes that answer everybody, and what they answer to GET without a session.
OPEN = {
    "account_login": 200,
    "account_logout": 302,
    "account_signup": 200,
    "account_inactive": 200,
    "account_reset_password": 200,
    "account_reset_password_done": 200,
    "account_reset_password_from_key": 200,
    "account_reset_password_from_key_done": 200,
    "account_email_verification_sent": 200,
    "account_confirm_email": 200,
    "mfa_authenticate": 302,  # to sign-in: there is no half-finished sign-in to continue
    "account_confirm_login_code": 302,
    "mfa_login_webauthn": 302,  # to sign-in, which asks for its data by script
    "csp-report": 405,  # browsers post here, without a session
    "members:invitation-open": 302,  # to the page of the invitation
    "members:invitation-accept": 410,
    "triage:outcome-link-open": 302,  # to the questions
    "triage:outcome-link-answer": 410,
    "triage:outcome-link-done": 410,
}
# Routes of one's own account, and what they answer a member; 302 leads to re-authentication or to another.
OWN = {
    "account_change_password": 200,
    "account_set_password": 302,
    "account_email": 200,
    "account_reauthenticate": 200,
    "mfa_index": 200,
    "mfa_activate_totp": 302,
    "mfa_deactivate_totp": 404,
    "mfa_reauthenticate": 302,
    "mfa_view_recovery_codes": 404,
    "mfa_generate_recovery_codes": 302,
    "mfa_download_recovery_codes": 404,
    "mfa_add_webauthn": 302,
    "mfa_list_webauthn": 200,
    "mfa_edit_webauthn": 302,
    "mfa_remove_webauthn": 302,
    "mfa_reauthenticate_webauthn": 302,
    "usersessions_list": 200,
    "sessions:session-lock": 405,
    "sessions:session-locked": 302,  # it is not
    "sessions:session-resume": 302,
    "sessions:session-held": 302,
    "sessions:session-state": 200,
    "sessions:session-alive": 405,
    "sessions:session-end": 405,
    "clinics:clinic-choice": 200,
    "clinics:clinic-switch": 405,
    "knowledge:condition-detail": 404,  # nothing is published in these tests
    "knowledge:source-detail": 404,
}
# Routes of the clinic's leads: 403 for every other member.
LEADS = {
    "audit:log": 200,
    "audit:export": 302,  # to re-authentication
    "members:member-list": 200,
    "members:member-invite": 405,
    "members:second-factor-require": 405,
    "members:member-role": 302,  # to re-authentication
    "members:member-deactivate": 405,
    "members:member-reactivate": 405,
    "members:invitation-resend": 405,
    "members:invitation-revoke": 405,
}
STAFF = ("admin",)  # closed to everybody who is not staff, whole namespaces
ELSEWHERE = ("knowledge", "triage")  # listed route by route in the tests of those parts


@dataclass(frozen=True)
class Route:
    name: str
    keys: tuple[str, ...]

    @property
    def space(self) -> str:
        return self.name.partition(":")[0] if ":" in self.name else ""

    @property
    def address(self) -> str:
        values = {key: VALUES.get(key, NOWHERE) for key in self.keys}
        return reverse(self.name, kwargs=values)


def walk(resolver: URLResolver, spaces: tuple[str, ...] = (), keys: tuple[str, ...] = ()) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        found = keys + tuple(entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            yield from walk(entry, spaces + ((entry.namespace,) if entry.namespace else ()), found)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Route(":".join([*spaces, entry.name]), found)


def routes() -> list[Route]:
    return sorted(set(walk(get_resolver())), key=lambda route: route.name)


def unnamed() -> list[str]:
    """Patterns without a name escape the lists below; the administration's own are redirects."""

    def look(resolver: URLResolver) -> Iterator[str]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from look(entry)
            elif not entry.name:
                yield f"{entry.lookup_str} {entry.pattern}"

    return [line for line in look(get_resolver()) if not line.startswith("django.")]


def listed(route: Route) -> bool:
    return route.name in OPEN.keys() | OWN.keys() | LEADS.keys() or route.space in STAFF + ELSEWHERE


def test_every_route_is_listed():
    assert [route.name for route in routes() if not listed(route)] == []
    assert unnamed() == []


def test_no_list_names_a_route_that_is_gone():
    assert (OPEN.keys() | OWN.keys() | LEADS.keys()) - {route.name for route in routes()} == set()


def test_every_route_can_be_addressed():
    wrong = []
    for route in routes():
        try:
            assert route.address
        except NoReverseMatch:
            wrong.append(route)
    assert wrong == []


def test_anonymous_is_sent_to_sign_in_everywhere_else():
    client = Client()
    for route in routes():
        if route.name in OPEN:
            assert client.get(route.address).status_code == OPEN[route.name], route.name
            continue
        for answer in (client.get(route.address), client.post(route.address)):
            assert answer.status_code == 302, route.name
            assert "login" in answer.url, route.name


def test_anonymous_fragment_is_never_answered_by_a_form():
    client = Client(headers={"HX-Request": "true"})
    for route in routes():
        if route.name not in OPEN and route.space not in STAFF:
            answer = client.get(route.address)
            assert answer.headers["HX-Redirect"].startswith(reverse("account_login")), route.name
            assert answer.content == b"", route.name


@pytest.mark.parametrize("person", ["teammate", "stranger"])
def test_member_reaches_their_own_account(person, request, client_for):
    client = client_for(request.getfixturevalue(person))
    for route in routes():
        if route.name in OWN:
            assert client.get(route.address).status_code == OWN[route.name], route.name


def test_pages_of_leads_open_for_them_alone(owner, teammate, stranger, client_for):
    lead, others = client_for(owner), [client_for(teammate), client_for(stranger)]
    for route in routes():
        if route.name in LEADS:
            assert lead.get(route.address).status_code == LEADS[route.name], route.name
            for client in others:
                assert client.get(route.address).status_code in (403, 405), route.name
                assert client.post(route.address).status_code in (403, 405), route.name


@pytest.mark.parametrize("person", ["owner", "teammate", "stranger"])
def test_administration_is_closed_to_members_and_leads(person, request, client_for):
    client = client_for(request.getfixturevalue(person))
    for route in routes():
        if route.space in STAFF and route.name != "admin:logout":
            for answer in (client.get(route.address), client.post(route.address)):
                assert answer.status_code in (302, 403, 404), route.name
                if answer.status_code == 302:
                    assert "login" in answer.url or answer.url in ("/", "/accounts/password/change/"), (
                        route.name,
                        answer.url,
                    )
