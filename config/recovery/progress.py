"""How far a long step is: a bar where a person watches, one line a step in a log."""

from __future__ import annotations

import time
from typing import TextIO

WIDTH = 30


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.watched = stream.isatty()
        self.seconds: dict[str, float] = {}  # of each finished step, by its title
        self._title = ""
        self._done = self._total = 0
        self._began = 0.0

    def begin(self, title: str, total: int) -> None:
        self.end()
        self._title, self._done, self._total, self._began = title, 0, max(total, 1), time.monotonic()
        self._draw()

    def step(self) -> None:
        self._done = min(self._done + 1, self._total)
        self._draw()

    def end(self) -> None:
        """Write down how long the step took that is under way, if any."""
        if not self._title:
            return
        self.seconds[self._title] = time.monotonic() - self._began
        clear = f"\r{'':{WIDTH + 50}}\r" if self.watched else ""
        self.stream.write(f"{clear}{self._title}: {self.seconds[self._title]:.1f} s\n")
        self._title = ""

    def _draw(self) -> None:
        if self.watched:
            filled = WIDTH * self._done // self._total
            bar = "#" * filled + "-" * (WIDTH - filled)
            self.stream.write(f"\r{self._title:<24} [{bar}] {self._done}/{self._total}")
            self.stream.flush()
