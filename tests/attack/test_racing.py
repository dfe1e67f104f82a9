"""Many clinicians write at once: nothing acknowledged is lost, doubled or silently overwritten."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import defaultdict

from tests.attack.clients import PATIENCE_SECONDS, Clinician, Save, clinicians
from tests.attack.conftest import rounds
from tests.attack.installation import Installation

WRITES = rounds(short=240, long=10_000)
KILLS = rounds(short=3, long=200)

HISTORY = """
    SELECT finding_code, side, level_code, version, recorded_by_id::text FROM triage_observationevent
    WHERE encounter_id = %s AND pgh_label <> 'delete' ORDER BY pgh_id
"""
STANDING = """
    SELECT finding_code, side, level_code, version FROM triage_observation WHERE encounter_id = %s
"""


def test_racing_writes_in_one_visit(installation: Installation) -> None:
    writers = clinicians(installation, shared=True, seed=1)
    _in_threads(writers, lambda writer: _times(WRITES // len(writers), writer.answer_until_heard))
    saves = [save for writer in writers for save in writer.saves]
    assert not [fault for writer in writers for fault in writer.unexpected]
    assert not [fault for writer in writers for fault in writer.unsure]
    assert sum(writer.refused for writer in writers), "nobody ever met a colleague: this was no race"
    recorded = _recorded(installation, installation.people["shared"])
    states = {(key, level, version) for key, level, version, _ in recorded}
    assert {(save.key, save.level, save.became) for save in saves} == states
    saves = [save for save in saves if (save.key, save.level, save.became, save.user) in recorded]
    assert len(recorded) == len(saves), "an acknowledged save was doubled"
    _assert_each_save_follows_the_one_it_saw(saves)
    _assert_what_stands_is_the_last(installation, installation.people["shared"], saves)


def test_the_same_form_sent_by_many_hands_at_once_makes_one_patient(installation: Installation) -> None:
    writers = clinicians(installation, shared=False, seed=2)
    before = installation.query("SELECT count(*) FROM triage_patient")[0][0]
    submissions = [str(uuid.uuid4()) for _ in range(rounds(short=5, long=200))]
    answers: list[int] = []

    def send(writer: Clinician) -> None:
        for submission in submissions:
            fields = {"given_name": "Ada", "family_name": "Once", "birth_date": "1990-01-02", "sex": "female"}
            status, _ = writer.post("/patients/new/", {**fields, "submission_id": submission}, accept="false")
            answers.append(status)

    _in_threads(writers, send)
    assert set(answers) == {302}
    assert installation.query("SELECT count(*) FROM triage_patient")[0][0] == before + len(submissions)


def test_kills_in_the_middle_of_saves(installation: Installation) -> None:
    """Web and database are killed in turn while everybody writes; the pages repeat what got no answer."""
    writers = clinicians(installation, shared=False, seed=3)
    starts = {writer.encounter: _recorded(installation, writer.encounter) for writer in writers}
    over = threading.Event()

    def work(writer: Clinician) -> None:
        while not over.is_set():
            writer.answer_until_heard()

    def strike() -> None:
        chance = random.Random(7)
        for number in range(KILLS):
            _wait_for_work(writers)
            time.sleep(chance.uniform(0, 0.3))
            if number % 2:
                installation.kill_database()
            else:
                installation.kill_web()
                installation.start_web()
        _wait_for_work(writers)
        over.set()

    striker = threading.Thread(target=strike)
    striker.start()
    _in_threads(writers, work)
    striker.join()
    for writer in writers:
        assert not writer.unexpected, writer.unexpected
        recorded = _recorded(installation, writer.encounter) - starts[writer.encounter]
        acknowledged = {(save.key, save.level, save.became, save.user) for save in writer.saves}
        acknowledged -= starts[writer.encounter]
        assert acknowledged <= recorded, "an acknowledged save was lost"
        unacknowledged = [(key, level) for key, level, _, _ in recorded - acknowledged]
        assert all(entry in writer.unsure for entry in unacknowledged), "something nobody sent was recorded"
        _assert_what_stands_is_recorded_last(installation, writer.encounter)
    assert sum(len(writer.saves) for writer in writers) > KILLS, "too little was written to prove anything"


def _wait_for_work(writers: list[Clinician]) -> None:
    """Until saves are acknowledged again: a kill while nobody gets through would prove nothing."""
    before, deadline = _saved(writers), time.monotonic() + PATIENCE_SECONDS
    while _saved(writers) < before + len(writers) and time.monotonic() < deadline:
        time.sleep(0.02)


def _saved(writers: list[Clinician]) -> int:
    return sum(len(writer.saves) for writer in writers)


def _in_threads(writers: list[Clinician], work) -> None:
    threads = [threading.Thread(target=work, args=[writer]) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.drop()


def _times(number: int, act) -> None:
    for _ in range(number):
        act()


def _recorded(installation: Installation, encounter: str) -> set[tuple]:
    rows = installation.query(HISTORY, encounter)
    assert len(rows) == len(set(rows)), "one version was recorded twice"
    return {((finding, side), level, version, user) for finding, side, level, version, user in rows}


def _assert_each_save_follows_the_one_it_saw(saves: list[Save]) -> None:
    """No silent overwrite: every save of a finding was made over the version that stood there."""
    by_key: dict[tuple[str, str], list[Save]] = defaultdict(list)
    for save in saves:
        by_key[save.key].append(save)
    for chain in by_key.values():
        stood = 0
        for save in sorted(chain, key=lambda save: save.became):
            assert save.over == stood, f"{save} was written over version {stood}"
            stood = save.became


def _assert_what_stands_is_the_last(installation: Installation, encounter: str, saves: list[Save]) -> None:
    last = {save.key: save for save in sorted(saves, key=lambda save: save.became)}
    standing = {
        (finding, side): (level, version)
        for finding, side, level, version in installation.query(STANDING, encounter)
    }
    assert standing == {key: (save.level, save.became) for key, save in last.items()}


def _assert_what_stands_is_recorded_last(installation: Installation, encounter: str) -> None:
    last = {}
    for finding, side, level, version, _ in installation.query(HISTORY, encounter):
        last[finding, side] = (level, version)
    standing = {
        (finding, side): (level, version)
        for finding, side, level, version in installation.query(STANDING, encounter)
    }
    assert standing == last
