"""Clinicians reduced to their requests: each keeps one connection, its session and what the page showed."""

from __future__ import annotations

import http.client
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.attack.installation import Installation, connection_faults

CSRF = "a" * 32
VERSION = re.compile(rb'name="v:[^"]*"\s+value="(\d+)"')
THEIRS = re.compile(rb'data-keep="mine"[^>]*data-version="(\d+)"')
KEYS = [("f", ""), ("tender", "left"), ("tender", "right"), ("tingling", "left"), ("worst_when", "")]
LEVELS = {"worst_when": ["first_steps", "after", "rest"]}
PATIENCE_SECONDS = 90


@dataclass(frozen=True)
class Save:
    """One acknowledged answer: what was sent, over which version, and the version it became.

    Whoever says what a colleague has just recorded gets the colleague's row: nothing is written then.
    """

    key: tuple[str, str]
    level: str
    over: int
    became: int
    user: str


@dataclass
class Clinician:
    installation: Installation
    session: str
    user: str
    encounter: str
    seed: int
    saves: list[Save] = field(default_factory=list)
    unsure: list[tuple[tuple[str, str], str]] = field(default_factory=list)
    refused: int = 0
    unexpected: list[str] = field(default_factory=list)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def answer_once(self) -> bool:
        """Send one answer over the version last seen. True when an answer came back."""
        key = self.random.choice(KEYS)
        level = self.random.choice(LEVELS.get(key[0], ["present", "absent"]))
        over, name = self.versions.get(key, 0), f"{key[0]}:{key[1]}"
        try:
            status, body = self.post(
                f"/encounters/{self.encounter}/observations/", {f"o:{name}": level, f"v:{name}": str(over)}
            )
        except connection_faults():
            self.drop()
            self.unsure.append((key, level))
            return False
        self._read(status, body, key, level, over)
        return True

    def _read(self, status: int, body: bytes, key: tuple[str, str], level: str, over: int) -> None:
        if status == 200 and (found := VERSION.search(body)):
            became = int(found[1])
            if became != over:
                self.saves.append(Save(key, level, over, became, self.user))
            self.versions[key] = became
        elif status == 409 and (found := THEIRS.search(body)):
            self.refused += 1
            self.versions[key] = int(found[1])
        elif status >= 500:
            self.unsure.append((key, level))
            self.drop()
        else:
            self.unexpected.append(f"{status} {body[:200]!r}")

    def answer_until_heard(self) -> None:
        """As the page does: the same again until the server answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.answer_once():
            if time.monotonic() > deadline:
                self.unexpected.append("no answer")
                return
            time.sleep(0.05)

    def post(self, path: str, fields: dict[str, Any], *, accept: str = "true") -> tuple[int, bytes]:
        connection = self._connected()
        connection.request("POST", path, urlencode(fields), self._headers(accept))
        response = connection.getresponse()
        return response.status, response.read()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = self._connected()
        connection.request("GET", path, headers=self._headers("false"))
        response = connection.getresponse()
        return response.status, response.read()

    def _headers(self, fragment: str) -> dict[str, str]:
        headers = {
            "Host": self.installation.host,
            "Cookie": f"__Host-session={self.session}; __Host-csrf={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return headers | ({"HX-Request": "true"} if fragment == "true" else {})

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.installation.port, timeout=10)
        return self._connection

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def clinicians(installation: Installation, *, shared: bool, seed: int = 1) -> list[Clinician]:
    """All clinicians of the installation, in one visit together or in one each."""
    return [
        Clinician(
            installation,
            person["session"],
            person["user"],
            installation.people["shared"] if shared else person["encounter"],
            seed * 1000 + number,
        )
        for number, person in enumerate(installation.people["people"])
    ]
