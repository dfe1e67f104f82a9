"""`python -m tests.attack.people N`: fills a fresh installation and tells, as one line of JSON, who may do
what.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django


def fill(clinicians: int) -> dict[str, Any]:
    from django.conf import settings

    from tests.factories import Browser as Client
    from tests.factories import make_clinic, make_member
    from tests.triage.factories import make_encounter, make_episode, make_patient

    clinic = make_clinic("Harbour Physiotherapy")
    members = [make_member(clinic, name=f"Clinician {number}") for number in range(clinicians)]
    episode = make_episode(members[0], patient=make_patient(members[0]))
    shared = make_encounter(members[0], episode=episode)
    people = []
    for member in members:
        client = Client()
        client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        own = make_encounter(member, episode=episode)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        people.append({"session": session, "user": str(member.user_id), "encounter": str(own.pk)})
    return {"people": people, "shared": str(shared.pk), "episode": str(episode.pk), "clinic": str(clinic.pk)}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(fill(int(sys.argv[1]))))
