"""Clinicians of the load measurement, in a process of their own: a thread and a kept-alive connection each.

Reads one JSON object from standard input – `port`, `seconds`, `think`, `spoken` (answers that each gives
first, uncounted) and `clinicians`, each with `cookie`, `token`, `path` and `findings` – and writes one:
`milliseconds` of every answer in the time, `errors`, and every save that was acknowledged.
"""

from __future__ import annotations

import json
import random
import re
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

LEVELS = ("present", "absent")
TIMEOUT = 30
OK = 200


class Clinician(threading.Thread):
    """Answers one question after the other; the second time round with the other answer."""

    def __init__(self, job: dict[str, Any], who: dict[str, Any], start: threading.Barrier) -> None:
        super().__init__()
        self.job, self.who, self.barrier = job, who, start
        self.versions: dict[str, int] = {}
        self.given = 0
        self.milliseconds: list[float] = []
        self.errors: list[str] = []
        self.saved: list[tuple[str, str, int]] = []
        self.connection = HTTPConnection("127.0.0.1", job["port"], timeout=TIMEOUT)

    def run(self) -> None:
        for _ in range(self.job["spoken"]):
            self._answer()
        self.milliseconds.clear()
        self.barrier.wait()
        think = self.job["think"]
        time.sleep(random.uniform(0, think))
        ends = time.monotonic() + self.job["seconds"]
        while time.monotonic() < ends:
            self._answer()
            time.sleep(think)

    def _answer(self) -> None:
        findings = self.who["findings"]
        finding = findings[self.given % len(findings)]
        level = LEVELS[self.given // len(findings) % len(LEVELS)]
        self.given += 1
        began = time.perf_counter()
        try:
            status, text = self._post(finding, level)
        except (OSError, HTTPException) as error:
            self.errors.append(type(error).__name__)
            self.connection.close()
            return
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        version = re.search(rf'name="v:{finding}:" value="(\d+)"', text)
        if status != OK or version is None:
            self.errors.append(str(status))
            return
        self.versions[finding] = int(version[1])
        self.saved.append((finding, level, self.versions[finding]))

    def _post(self, finding: str, level: str) -> tuple[int, str]:
        known = self.versions.get(finding, 0)
        headers = {
            "Cookie": self.who["cookie"],
            "X-CSRFToken": self.who["token"],
            "HX-Request": "true",
            "Host": "localhost",
            "Origin": "https://localhost",
            "X-Forwarded-Proto": "https",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({f"o:{finding}:": level, f"v:{finding}:": known})
        self.connection.request("POST", self.who["path"], body, headers)
        response = self.connection.getresponse()
        return response.status, response.read().decode()


def main() -> None:
    job = json.load(sys.stdin)
    began: list[float] = []
    start = threading.Barrier(len(job["clinicians"]), lambda: began.append(time.monotonic()))
    clinicians = [Clinician(job, who, start) for who in job["clinicians"]]
    for clinician in clinicians:
        clinician.start()
    for clinician in clinicians:
        clinician.join()
    found = {
        "seconds": time.monotonic() - began[0],
        "milliseconds": [took for clinician in clinicians for took in clinician.milliseconds],
        "errors": [error for clinician in clinicians for error in clinician.errors],
        "saved": [
            (clinician.who["encounter"], *save) for clinician in clinicians for save in clinician.saved
        ],
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
