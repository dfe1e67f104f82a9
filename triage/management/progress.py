"""How far a long command is: a bar with rate and time left where a person watches, plain lines in a log."""

from __future__ import annotations

import time
from typing import TextIO

WIDTH = 30  # characters
LINES = 10  # in a log, for the whole way


class Progress:
    """`total` things called `what`; `step` says how many more are done, first how many were at the start."""

    def __init__(self, stream: TextIO, what: str, total: int) -> None:
        self.stream, self.what, self.total = stream, what, total
        self.watched = stream.isatty()
        self.done = self.said = 0
        self.before: int | None = None  # done when it began
        self.began = time.monotonic()

    def step(self, count: int) -> None:
        self.done += count
        if self.before is None:
            self.before, self.began = count, time.monotonic()
        tenth = LINES * self.done // max(self.total, 1)
        if self.watched:
            self.stream.write(f"\r{self._bar()} {self._words()}\033[K")
            self.stream.flush()
        elif tenth > self.said:
            self.said = tenth
            self.stream.write(f"{self._words()}\n")

    def end(self) -> None:
        if self.watched:
            self.stream.write("\r\033[K")

    def _bar(self) -> str:
        filled = WIDTH * self.done // max(self.total, 1)
        return "█" * filled + "░" * (WIDTH - filled)

    def _words(self) -> str:
        seconds = time.monotonic() - self.began
        new = self.done - (self.before or 0)
        rate = new / seconds if seconds > 0 else 0.0
        speed = f", {rate:.1f} a second" if new else ""
        if new and self.done < self.total:
            speed += f", {round((self.total - self.done) / rate)} s left"
        percent = 100 * self.done // max(self.total, 1)
        return f"{percent:3} %  {self.done} of {self.total} {self.what}{speed}"
