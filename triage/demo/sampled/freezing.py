"""The differential of a case file as signing freezes it: the engine alone, without Django or database, so
that several processes can do it at once.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Any

from triage.packing import Packed, packed
from triage.ranking import CompiledModel, compile_release, compile_with_clinic, rank, read_case
from triage.ranking.panel import NOT_SCREENED

Document = Mapping[str, Any]
ALONE_UP_TO = 300  # patients; below, another process costs more than it saves
AT_ONCE = 20  # cases handed to a process
_models: dict[str, CompiledModel] = {}  # of this process


@dataclass(frozen=True)
class Knowledge:
    """What ranks: a release, and a clinic's own numbers where it has any."""

    document: Document
    release_sha256: str
    settings: Document | None = None
    settings_sha256: str = ""

    def model(self) -> CompiledModel:
        if self.settings is None:
            return compile_release(self.document, self.release_sha256)
        return compile_with_clinic(
            self.document, self.settings, release_hash=self.release_sha256, settings_hash=self.settings_sha256
        )


@dataclass(frozen=True)
class Said:
    """The bytes to keep, packed, the same without what explains them, and what signing looks at."""

    output: Packed
    brief: bytes
    red_flags: Sequence[Mapping[str, Any]]
    unscreened: tuple[str, ...]


class Freezer:
    """Ranks cases in other processes, or at once in this one."""

    def __init__(self, knowledge: Knowledge, pool: ProcessPoolExecutor | None) -> None:
        self.pool = pool
        if pool is None:
            _begin(knowledge)

    def freeze(self, cases: Sequence[Document]) -> list[Future[list[Said]]]:
        """In parts, in order; `said_of` waits for them."""
        parts = [cases[at : at + AT_ONCE] for at in range(0, len(cases), AT_ONCE)]
        if self.pool is not None:
            return [self.pool.submit(_freeze, part) for part in parts]
        futures: list[Future[list[Said]]] = []
        for part in parts:
            future: Future[list[Said]] = Future()
            future.set_result(_freeze(part))
            futures.append(future)
        return futures


def said_of(futures: Sequence[Future[list[Said]]]) -> list[Said]:
    return [said for future in futures for said in future.result()]


@contextmanager
def freezer(knowledge: Knowledge, patients: int) -> Iterator[Freezer]:
    """For so many patients. Processes begin empty: none inherits a connection to the database."""
    processes = os.cpu_count() or 1
    if patients <= ALONE_UP_TO or processes == 1:
        yield Freezer(knowledge, None)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin_apart, (knowledge,)) as pool:
        yield Freezer(knowledge, pool)


def _begin_apart(knowledge: Knowledge) -> None:
    """In a process that ends with the one that began it, however that ends."""
    parent = parent_process()
    assert parent is not None

    def end_with_it() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_it, daemon=True).start()
    _begin(knowledge)


def _begin(knowledge: Knowledge) -> None:
    _models.clear()
    _models[""] = knowledge.model()


def _freeze(cases: Sequence[Document]) -> list[Said]:
    return [_said(_models[""], case) for case in cases]


def _said(model: CompiledModel, case: Document) -> Said:
    ranking = rank(model, read_case(case, model))
    short = ranking.to_dict(explained=())
    not_screened = [row["condition"] for row in short.get("cant_miss", ()) if row["state"] == NOT_SCREENED]
    return Said(
        packed(ranking.to_json()), json.dumps(short).encode(), short["red_flags"], tuple(not_screened)
    )
